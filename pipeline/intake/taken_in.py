"""Files that were acknowledged by moving them: copies in clear of what is safe, deleted after some days."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from extractors.errors import FaxformsError
from pipeline import logs, originals
from pipeline.errors import OriginalRemoved
from pipeline.intake.sidecar import sidecars_of
from pipeline.shelf import Folder
from pipeline.store import repository
from pipeline.store.engine import read_only
from pipeline.store.opening import Store

DAY = 86_400.0

LOOK_EVERY = 3_600.0
"""Seconds between two looks through the folder."""


class TakenIn:
    """The folder to which files are moved once they are taken in, and the days for which they stay (0: for ever)."""

    def __init__(self, folder: Path, days: float, now: Callable[[], float] = time.time) -> None:
        self._folder, self._days, self._now = folder, days, now
        self._looked: float | None = None

    def clear_now_and_then(self, store: Store) -> int:
        """Delete what has had its time, if nobody looked for an hour; how many files.

        A file stays whose original is not there undamaged, whoever laid it here: it may be the only one. So does
        everything where somebody has files moved to a folder that holds our own.
        """
        if not self._days or (self._looked is not None and self._now() - self._looked < LOOK_EVERY):
            return 0
        if any(ours.is_relative_to(self._folder.resolve()) for ours in _our_folders(store)):
            return 0
        self._looked = self._now()
        before = self._now() - self._days * DAY
        deleted = 0
        for path in sorted(self._folder.rglob("*")):
            if _lies_since(path) < before and _is_safe(store, path):
                for one in (*filter(Path.is_file, sidecars_of(path)), path):
                    one.unlink(missing_ok=True)
                deleted += 1
        if deleted:
            logs.logger().info("acknowledged files deleted", files=deleted)
        return deleted


def _lies_since(path: Path) -> float:
    """When it was moved here: that changes the inode, while the file's own time stays the fax server's."""
    try:
        status = path.lstat()
    except FileNotFoundError:  # a sidecar that went with its file
        return float("inf")
    return max(status.st_ctime, status.st_mtime)


def _is_safe(store: Store, path: Path) -> bool:
    """Whether the ledger knows the file's bytes and the vault holds them, or retention has taken them there."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with Session(read_only(store.engine)) as session:
        if repository.find_document(session, sha256) is None:
            return False
    try:
        originals.fetch(store.originals, sha256)
    except OriginalRemoved:
        return True
    except FaxformsError:
        return False
    return True


def _our_folders(store: Store) -> Iterator[Path]:
    yield store.settings.data_dir.resolve()
    if isinstance(store.originals.shelf, Folder):
        yield store.originals.shelf.path.resolve()
