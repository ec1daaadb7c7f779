"""The form revisions that are known here: those shipped with this package, and those that the installation was taught.

A process works for one installation. Whoever opens it says where its own revisions lie (`use`); a revision that another
process saves there meanwhile is known from the next question on. A revision never changes, so names tell what is new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from extractors.definition import FormDefinition
from extractors.definition_files import load_definition, load_definitions
from extractors.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class _Known:
    names: tuple[str, ...]
    definitions: tuple[FormDefinition, ...]


class _Installation:
    """Where this process's own revisions lie, and all that it knows by now."""

    folder: Path | None = None
    known: _Known | None = None


def use(folder: Path | None) -> None:
    """From now on the revisions of `folder` are known beside the shipped ones; it need not be there yet.

    Raises:
        DefinitionError: a revision in it is not whole, or has the name of a shipped one.
    """
    if folder != _Installation.folder:
        _Installation.folder, _Installation.known = folder, None
    _Installation.known = _looked_up(_Installation.known)


def folder() -> Path | None:
    """Where this process's own revisions lie; None before `use`."""
    return _Installation.folder


def known_definitions() -> tuple[FormDefinition, ...]:
    """All revisions, sorted by form_id; the same tuple as long as none has come.

    One that came broken while this process runs is left out, with all that came with it: what was known stays.
    """
    before = _Installation.known
    try:
        _Installation.known = _looked_up(before)
    except DefinitionError:
        if before is None:
            raise
        return before.definitions
    return _Installation.known.definitions


def by_id() -> Mapping[str, FormDefinition]:
    """The same by form_id."""
    return {definition.form_id: definition for definition in known_definitions()}


def _looked_up(known: _Known | None) -> _Known:
    folder = _Installation.folder
    names = _names(folder)
    if known is not None and known.names == names:
        return known
    shipped = _shipped()
    had = {d.form_id: d for d in (known.definitions if known else ()) if d not in shipped}
    taught = [] if folder is None else [had.get(name) or load_definition(folder / name) for name in names]
    for definition in taught:
        if any(definition.form_id == other.form_id for other in shipped):
            raise DefinitionError(definition.form_id, "form_id", "is that of a shipped revision")
    return _Known(names, tuple(sorted((*shipped, *taught), key=lambda definition: definition.form_id)))


@cache
def _shipped() -> tuple[FormDefinition, ...]:
    return load_definitions()


def _names(folder: Path | None) -> tuple[str, ...]:
    if folder is None or not folder.is_dir():
        return ()
    return tuple(sorted(e.name for e in folder.iterdir() if e.is_dir() and not e.name.startswith((".", "_"))))
