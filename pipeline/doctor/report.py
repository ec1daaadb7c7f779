"""All examinations, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from extractors.errors import FaxformsError
from pipeline.doctor import engines, keeping, machine
from pipeline.doctor.findings import Finding, Health, broken
from pipeline.settings import Settings
from pipeline.store.opening import Store, open_store


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything that there is to find, as it is found; nothing of the installation is changed.

    What needs the database and the originals is left out where these are broken: it would only say so once more.
    """
    yield from _found("cores and memory", lambda: machine.cores_and_memory(settings))
    yield from _found("packages", machine.versions)
    yield from _found("tesseract", engines.tesseract_works)
    yield from _found("networks", engines.networks_work)
    yield from _found("fonts of notices", engines.fonts)
    yield from _found("folders", lambda: keeping.folders(settings))
    yield from _found("disk", lambda: keeping.disk(settings))
    yield from _found("keys", lambda: keeping.keys(settings))
    kept = list(_found("database", lambda: keeping.database(settings)))
    yield from kept
    if all(finding.health is not Health.BROKEN for finding in kept):
        yield from _found("originals", lambda: _of_store(settings))


def worst(findings: list[Finding]) -> Health:
    """How it stands as a whole."""
    order = list(Health)
    return max((finding.health for finding in findings), key=order.index, default=Health.WELL)


def _of_store(settings: Settings) -> Iterator[Finding]:
    store: Store = open_store(settings)
    try:
        yield from _found("originals", lambda: keeping.keeps_originals(store))
        yield from _found("clock", lambda: machine.clock(store))
    finally:
        store.engine.dispose()


def _found(what: str, examination: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What an examination finds; one that breaks off has found just that."""
    try:
        return list(examination())
    except FaxformsError as error:
        return [broken(what, str(error), "see the words before")]
    except Exception as error:  # noqa: BLE001 - whatever is wrong here, the rest is to be looked at too
        return [broken(what, f"could not be looked at ({type(error).__name__})", "tell whoever keeps the program up")]
