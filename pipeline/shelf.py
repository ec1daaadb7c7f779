"""Where originals and notices lie: in a folder, or in an object store as fsspec names it (`s3://bucket/folder`).

A thing on a shelf is there whole or not at all. The names are the caller's; a mark in the shelf itself tells it from a
mount point to which nothing is mounted, or from a mistyped place: what is put there would be lost.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from fsspec.core import split_protocol, url_to_fs

from pipeline.errors import OriginalsAway

INCOMING = ".incoming-"
"""How files begin that are being written."""

MARK = ".faxforms"

LEFT_BEHIND = 24 * 3600.0
"""Seconds after which nobody is writing such a file any more: the program was killed meanwhile."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that is being written; `put` lays it on the shelf, else it is gone with the block."""

    file: BinaryIO
    put: Callable[[str], None]


class Shelf(Protocol):
    """Things by name.

    OriginalsAway where the shelf does not answer; FileNotFoundError where there is no such thing.
    """

    def writing(self) -> AbstractContextManager[Incoming]:
        """A file to write to, in the block."""

    def open(self, name: str) -> BinaryIO:
        """The bytes of that name."""

    def exists(self, name: str) -> bool:
        """Whether there is something of that name."""

    def laid_at(self, name: str) -> float:
        """When it was laid there, in Unix time."""

    def touch(self, name: str) -> None:
        """Lay something empty there."""

    def remove(self, name: str) -> None:
        """Take it away, if it is there."""

    def names(self) -> Iterator[str]:
        """Every name, in order, but what is being written and the mark."""

    def is_there(self) -> bool:
        """Whether the shelf bears the mark."""

    def establish(self) -> None:
        """Make the shelf, with its mark."""

    def can_write(self) -> bool:
        """Whether something could be laid there now, as far as can be told without trying."""

    def free_bytes(self) -> int | None:
        """How many bytes fit on it; None: nobody knows."""

    def clear_left_behind(self, now: Callable[[], float] = time.time) -> int:
        """Delete what writers that were killed left half written; how many files."""


def shelf_at(base: str | Path, name: str) -> Shelf:
    """The shelf of that name in a folder (also by `file://`) or in an object store."""
    protocol, path = split_protocol(str(base))
    if protocol in {None, "file", "local"}:
        return Folder(Path(path) / name)
    return Bucket(f"{str(base).rstrip('/')}/{name}")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, or one that several share."""

    path: Path

    @contextmanager
    def writing(self) -> Iterator[Incoming]:
        """Written beside its place, flushed to disk, renamed."""
        self._be_there()
        handle, name = tempfile.mkstemp(dir=self.path, prefix=INCOMING)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield Incoming(file, lambda name: self._put(file, beside, name))
        finally:
            beside.unlink(missing_ok=True)

    def open(self, name: str) -> BinaryIO:
        """See `Shelf`."""
        return (self.path / name).open("rb")

    def exists(self, name: str) -> bool:
        """See `Shelf`."""
        return (self.path / name).exists()

    def laid_at(self, name: str) -> float:
        """See `Shelf`."""
        return (self.path / name).stat().st_mtime

    def touch(self, name: str) -> None:
        """See `Shelf`."""
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        flush_folder(place.parent)

    def remove(self, name: str) -> None:
        """See `Shelf`."""
        place = self.path / name
        try:
            place.unlink()
        except FileNotFoundError:
            return
        flush_folder(place.parent)

    def names(self) -> Iterator[str]:
        """See `Shelf`."""
        for place in sorted(self.path.rglob("*")):
            if place.is_file() and not place.name.startswith((INCOMING, MARK)):
                yield place.relative_to(self.path).as_posix()

    def is_there(self) -> bool:
        """See `Shelf`."""
        return (self.path / MARK).exists()

    def establish(self) -> None:
        """See `Shelf`."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.touch(MARK)

    def can_write(self) -> bool:
        """See `Shelf`."""
        return os.access(self.path, os.W_OK | os.X_OK)

    def free_bytes(self) -> int | None:
        """See `Shelf`."""
        return shutil.disk_usage(self.path).free

    def clear_left_behind(self, now: Callable[[], float] = time.time) -> int:
        """See `Shelf`."""
        left = [file for file in self.path.glob(f"{INCOMING}*") if now() - file.stat().st_mtime > LEFT_BEHIND]
        for file in left:
            file.unlink(missing_ok=True)
        return len(left)

    def _put(self, file: BinaryIO, beside: Path, name: str) -> None:
        file.flush()
        os.fsync(file.fileno())
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(place)
        for changed in (place.parent, place.parent.parent, self.path):
            flush_folder(changed)
        self._be_there()

    def _be_there(self) -> None:
        if not self.is_there():
            raise OriginalsAway("originals: the folder is not there, or another one is: is it mounted?")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place in an object store, where an object appears whole or not at all: S3, Google's or Azure's, by fsspec."""

    url: str
    _fs: Any = field(init=False, repr=False, compare=False)
    _root: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find what speaks for such a URL."""
        try:
            # a listing from memory would not know what another machine has laid there since
            fs, root = url_to_fs(self.url, use_listings_cache=False, skip_instance_cache=True)
        except (ImportError, ValueError) as error:
            raise OriginalsAway(f"originals: such a place cannot be reached from here: {error}") from None
        object.__setattr__(self, "_fs", fs)
        object.__setattr__(self, "_root", str(root).rstrip("/"))

    @contextmanager
    def writing(self) -> Iterator[Incoming]:
        """Written to a file of this machine, sent when it is whole."""
        with tempfile.NamedTemporaryFile(prefix="faxforms-") as file:
            yield Incoming(cast("BinaryIO", file), lambda name: self._put(cast("BinaryIO", file), file.name, name))

    def open(self, name: str) -> BinaryIO:
        """See `Shelf`."""
        with _answering():
            return cast("BinaryIO", self._fs.open(self._path(name), "rb"))

    def exists(self, name: str) -> bool:
        """See `Shelf`."""
        with _answering():
            return bool(self._fs.exists(self._path(name)))

    def laid_at(self, name: str) -> float:
        """See `Shelf`."""
        with _answering():
            return float(self._fs.modified(self._path(name)).timestamp())

    def touch(self, name: str) -> None:
        """See `Shelf`."""
        with _answering():
            self._fs.pipe_file(self._path(name), b"")

    def remove(self, name: str) -> None:
        """See `Shelf`."""
        with _answering():
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def names(self) -> Iterator[str]:
        """See `Shelf`."""
        with _answering():
            found = sorted(self._fs.find(self._root))
        for path in found:
            name = path.removeprefix(self._root).lstrip("/")
            if not name.startswith(MARK):
                yield name

    def is_there(self) -> bool:
        """See `Shelf`."""
        return self.exists(MARK)

    def establish(self) -> None:
        """See `Shelf`."""
        self.touch(MARK)

    def can_write(self) -> bool:
        """See `Shelf`."""
        return self.is_there()

    def free_bytes(self) -> int | None:
        """See `Shelf`."""
        return None

    def clear_left_behind(self, now: Callable[[], float] = time.time) -> int:  # noqa: ARG002 - see `Shelf`
        """See `Shelf`; nothing appears there half written."""
        return 0

    def _put(self, file: BinaryIO, beside: str, name: str) -> None:
        file.flush()
        with _answering():
            self._fs.put_file(beside, self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


@contextmanager
def _answering() -> Iterator[None]:
    """Say plainly that the store does not answer; its own words may quote what was sent."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - each client has errors of its own; none of them concerns one document
        raise OriginalsAway(f"originals: the store does not answer ({type(error).__name__})") from None


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to disk."""
    # a rename is on disk only when its folder is: without this a power cut can lose a file that the ledger already
    # names
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
