"""When a file of a watched folder is complete: it has stood still for a while, and so has its sidecar.

Nothing else can be relied on: a network folder tells of no event, a writer may open and close a file several times, and
an empty file is often the beginning of one. Time and disk are given to this class, which holds no more than what it
saw; tests need no folder, no watcher and no waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

EMPTY_FOR = 60.0
"""Seconds that a file without bytes must stand still: most of them are about to be filled."""

PUT_OFF_FIRST, PUT_OFF_AT_MOST = 5.0, 600.0
"""Seconds until a file is tried again that could not be taken in; doubled with each try."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file looks from outside: bytes, time of change (ns), and likewise its sidecars."""

    size: int
    changed: int
    beside: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class _Standing:
    stamp: Stamp
    since: float
    whole: bool = False  # it was renamed into place
    tries: int = 0
    not_before: float = field(default=float("-inf"))


class Settling:
    """The files of one folder that are not taken in yet, and since when each of them stands still.

    Args:
        settle: seconds that a file must stand still.
        sidecars: a file that was renamed into place is whole, but waits that long for its sidecar.
        clock: seconds that only ever grow; no clock of the day, which may jump.
    """

    def __init__(self, settle: float, *, sidecars: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._settle, self._sidecars, self._clock = settle, sidecars, clock
        self._standing: dict[Path, _Standing] = {}

    def complete(self, seen: Mapping[Path, Stamp], renamed: Collection[Path] = ()) -> list[Path]:
        """Of the files that are there now those that are complete, the oldest first.

        `renamed`: those of which is known that they were given their name when they were whole.
        """
        now = self._clock()
        for gone in self._standing.keys() - seen.keys():
            del self._standing[gone]
        for path, stamp in seen.items():
            known = self._standing.get(path)
            if known is None or known.stamp != stamp:
                self._standing[path] = _Standing(stamp, now, path in renamed)
            elif path in renamed:
                known.whole = True
        ready = [path for path in seen if self._is_complete(self._standing[path], now)]
        return sorted(ready, key=lambda path: (seen[path].changed, path.name))

    def put_off(self, path: Path) -> float:
        """The file could not be taken in: it is tried again later, and ever later; the seconds until then."""
        standing = self._standing[path]
        pause = min(PUT_OFF_FIRST * 2.0**standing.tries, PUT_OFF_AT_MOST)
        standing.tries += 1
        standing.not_before = self._clock() + pause
        return pause

    def done(self, path: Path) -> None:
        """The file is taken in."""
        self._standing.pop(path, None)

    @property
    def waits(self) -> bool:
        """Whether some file is not complete yet; one that is put off does not count."""
        return any(not standing.tries for standing in self._standing.values())

    def _is_complete(self, standing: _Standing, now: float) -> bool:
        if now < standing.not_before:
            return False
        if standing.whole and (standing.stamp.beside or not self._sidecars):
            return True
        patience = self._settle if standing.stamp.size else max(self._settle, EMPTY_FOR)
        return now - standing.since >= patience
