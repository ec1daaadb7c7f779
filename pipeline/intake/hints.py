"""Hints that a folder has changed (`watchfiles`), so that nobody waits for the next look at it.

They are no more than hints: network folders send none, and a queue of events may overflow. Whatever depends on them
would lose files; here they only shorten the wait, and tell of files that were renamed into place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Set
from pathlib import Path

from watchfiles import Change, watch

from pipeline import logs
from pipeline.intake.folder import UNFINISHED

AGAIN_AFTER = 5.0
"""Seconds until a folder that cannot be watched, or was unmounted, is tried again."""

CHECKED_EVERY_MS = 5_000
"""How often a watched folder is looked at: is it still the same, or was something else mounted there?"""

Told = Callable[[Set[Path]], object]
"""Is called when something changed, with the files that were renamed into place."""


def tell_changes(folder: Path, told: Told, stop: threading.Event) -> None:
    """Tell of changes in the folder until `stop`, also when it goes away and comes back."""
    while not stop.is_set():
        try:
            watched = _identity(folder)
            told(frozenset())  # what happened while nobody watched
            for changes in watch(
                folder,
                watch_filter=None,
                stop_event=stop,
                rust_timeout=CHECKED_EVERY_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if changes:
                    told(renamed_into_place(changes))
                if _identity(folder) != watched:
                    break
        except (OSError, RuntimeError) as error:
            logs.logger().debug("folder cannot be watched", error=type(error).__name__)
        stop.wait(AGAIN_AFTER)


def renamed_into_place(changes: Iterable[tuple[Change, str]]) -> frozenset[Path]:
    """The files that came when a file with an unfinished name went: `0007.tif.part`, or `.0007.tif.Xy12` of rsync."""
    told = [(change, Path(name)) for change, name in changes]
    went = [path for change, path in told if change is Change.deleted and _is_unfinished(path)]
    came = [path for change, path in told if change is not Change.deleted and not _is_unfinished(path)]
    return frozenset(path for path in came if any(_was(path, before) for before in went))


def _was(path: Path, before: Path) -> bool:
    return before.parent == path.parent and before.name.removeprefix(".").startswith(path.stem)


def _is_unfinished(path: Path) -> bool:
    return path.name.startswith(".") or path.suffix.lower() in UNFINISHED


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
