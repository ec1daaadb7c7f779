"""A folder into which fax servers drop files: each that is complete is taken in, and only then acknowledged."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Iterator, Set
from pathlib import Path

from sqlalchemy.orm import Session

from pipeline import logs
from pipeline.errors import SourceConflict
from pipeline.intake.entering import known_source, take_in_stream
from pipeline.intake.folder import arrival_of, is_document
from pipeline.intake.settling import Settling, Stamp
from pipeline.intake.sidecar import sidecars_of
from pipeline.intake.taken_in import TakenIn
from pipeline.settings import Watch
from pipeline.store.engine import read_only
from pipeline.store.opening import Store

CHANNEL = "folder"

STORE_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Errors that are no fault of the file: every other one would fail too."""

CANNOT_BE_CHANGED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
"""Errors of a folder that we may only read: its files are left, and known by the ledger."""


class FolderDrop:
    """A watched folder with all folders in it, and how far each of its files is.

    A file stays known by its path, size and time of change: taken in and not yet acknowledged when the program was
    killed, it is the same source when it is found again.
    """

    def __init__(self, folder: Path, how: Watch, settling: Settling | None = None) -> None:
        self.folder = folder.resolve()
        self._how = how
        self._taken_in = self.folder / how.taken_in  # joining an absolute path gives that path
        self._acknowledged = TakenIn(self._taken_in, how.taken_in_days)
        self._settling = settling or Settling(how.settle_seconds, sidecars=how.sidecars)
        self._left: dict[Path, Stamp] = {}  # files that are taken in and stay where they are
        self._renamed: set[Path] = set()
        self._lock = threading.Lock()

    def tell_renamed(self, paths: Set[Path]) -> None:
        """These files were renamed into place: they are whole."""
        with self._lock:
            self._renamed |= paths

    @property
    def waits(self) -> bool:
        """Whether files are there that are not complete yet."""
        return self._settling.waits

    def look(self, store: Store) -> int:
        """Take in and acknowledge what is complete; the number of files. One that cannot be read holds up no other.

        Raises:
            OSError: the folder is away, or the disk of the originals is full.
            sqlalchemy.exc.OperationalError: the database is away.
        """
        with self._lock:
            renamed, self._renamed = self._renamed, set()
        seen = dict(self._files())
        self._left = {path: stamp for path, stamp in self._left.items() if seen.get(path) == stamp}
        taken_in = 0
        for path in self._settling.complete({p: s for p, s in seen.items() if p not in self._left}, renamed):
            try:
                self._take_in(store, path, seen[path])
                self._acknowledge(path, seen[path])
            except (OSError, SourceConflict) as error:
                if isinstance(error, OSError) and error.errno in STORE_IS_FULL:
                    raise
                self._put_off(path, error)
            else:
                self._settling.done(path)
                taken_in += 1
        self._acknowledged.clear_now_and_then(store)
        return taken_in

    def _take_in(self, store: Store, path: Path, stamp: Stamp) -> None:
        source_id = _source_id(path, stamp)
        if self._how.acknowledge == "leave" and _is_known(store, source_id):
            return
        arrival = arrival_of(path, path.relative_to(self.folder).as_posix(), source_id=source_id)
        with path.open("rb") as incoming:
            take_in_stream(store, incoming, arrival.origin, whole=lambda: _stamp(path) == stamp)

    def _acknowledge(self, path: Path, stamp: Stamp) -> None:
        """Move or delete the file, its sidecars first: what is left when we are killed between is the file."""
        if self._how.acknowledge == "leave":
            self._left[path] = stamp
            return
        try:
            for one in (*filter(Path.is_file, sidecars_of(path)), path):
                if self._how.acknowledge == "delete":
                    one.unlink()
                else:
                    _move(one, self._taken_in / one.relative_to(self.folder))
        except OSError as error:
            if error.errno not in CANNOT_BE_CHANGED:
                raise
            logs.logger().warning("left where it is", step="acknowledge", error=type(error).__name__)
            self._left[path] = stamp

    def _put_off(self, path: Path, error: Exception) -> None:
        pause = self._settling.put_off(path)
        logs.logger().warning("not taken in", step="take_in", error=type(error).__name__, seconds=pause)

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        for path in _walk(self.folder, self._taken_in):
            if is_document(path, self.folder):
                try:
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode):  # no link that leads elsewhere, no pipe that blocks
                        yield path, _stamp(path)
                except FileNotFoundError:
                    continue  # somebody was quicker


def _walk(folder: Path, without: Path) -> Iterator[Path]:
    """Every file below the folder; one below it that cannot be read is told and passed over."""
    for place, folders, files in os.walk(folder, onerror=lambda error: _unreadable(error, folder)):
        here = Path(place)
        folders[:] = [name for name in folders if here / name != without and not name.startswith(".")]
        yield from (here / name for name in files)


def _unreadable(error: OSError, folder: Path) -> None:
    if error.filename == str(folder):
        raise error
    logs.logger().warning("folder cannot be read", error=type(error).__name__)


def _stamp(path: Path) -> Stamp:
    beside = tuple((s.stat().st_size, s.stat().st_mtime_ns) for s in sidecars_of(path) if s.is_file())
    status = path.stat()
    return Stamp(status.st_size, status.st_mtime_ns, beside)


def _source_id(path: Path, stamp: Stamp) -> str:
    return hashlib.sha256(os.fsencode(f"{path}\0{stamp.changed}\0{stamp.size}")).hexdigest()


def _is_known(store: Store, source_id: str) -> bool:
    with Session(read_only(store.engine)) as session:
        return known_source(session, CHANNEL, source_id) is not None


def _move(path: Path, target: Path) -> None:
    """Move to another folder, maybe on another disk; a file of that name that lies there stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    free = target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.stem}~{number}{target.suffix}")
    shutil.move(path, free)
