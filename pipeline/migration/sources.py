"""The files of an archive: in folders, and inside zip and tar archives. Nothing is unpacked to disk.

A member's name is only a name: it is never used as a path, so none can lead out of the archive. What a member unpacks
to is bounded while it is read, because the size in its header may lie.
"""

from __future__ import annotations

import csv
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import yaml

from pipeline.errors import ManifestError
from pipeline.intake.folder import UNFINISHED

LIMITS_FILE = Path(__file__).with_name("migration.yaml")
INSIDE = "!/"
"""Between the name of an archive and that of its member."""

ZIP, TAR = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


class Refused(StrEnum):
    """Why a file of an archive is not taken in."""

    EMPTY_NAME = "no_file_name"
    LINK = "link_or_device"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    BOMB = "unpacks_to_too_much"
    NESTED = "archive_in_archive"
    BROKEN = "broken_archive"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an archive; `size` (bytes, unpacked) is what its header says, `refused` why it is not taken in."""

    name: str = field(repr=False)
    size: int
    fingerprint: str
    refused: Refused | None = None


class Opened(Protocol):
    """Opens a file that was found."""

    def __call__(self) -> BinaryIO:
        """Its bytes, unpacked, as a stream; to be read before the next one is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """What a migration was pointed at: a folder, or a manifest that lists files beside it."""

    path: Path = field(repr=False)

    @property
    def root(self) -> Path:
        """The folder that names are told from."""
        return self.path if self.path.is_dir() else self.path.parent


def place_of(path: Path) -> Place:
    """Where to look.

    Raises:
        ManifestError: there is nothing.
    """
    if not path.exists():
        raise ManifestError("migrate: the folder or manifest that was named does not exist")
    return Place(path.resolve())


def walk(place: Place, largest: int) -> Iterator[tuple[Found, Opened]]:
    """Every file of the archive in the order of names, those inside archives in their order there.

    Args:
        place: the folder or manifest.
        largest: bytes that one file may have.
    """
    for path in _files(place):
        name = path.relative_to(place.root).as_posix()
        if path.is_symlink() and not path.resolve().is_relative_to(place.root):
            yield Found(name, 0, "", Refused.LINK), _nothing
        elif path.name.lower().endswith(ZIP):
            yield from _zip(path, name, largest)
        elif path.name.lower().endswith(TAR):
            yield from _tar(path, name, largest)
        else:
            stat = path.stat()
            refused = Refused.TOO_LARGE if stat.st_size > largest else None
            yield Found(name, stat.st_size, f"{stat.st_size}:{stat.st_mtime_ns}", refused), _opener(path)


@contextmanager
def reading(open_file: Opened, largest: int) -> Iterator[BinaryIO]:
    """The bytes of a file that was found, of which no more than `largest` can be read.

    Raises:
        NotUsable: there are more, or they cannot be read; also from the stream's own `read`.
    """
    with _Bounded(open_file, largest) as stream:
        yield cast("BinaryIO", stream)


class NotUsable(Exception):
    """A file that turns out not to be usable while it is read; it is refused, the others are taken in."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why.value)
        self.why = why


BROKEN_MEMBER = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, RuntimeError)
"""What the unpackers raise on damaged, encrypted and unknown members; on reading only, so a full disk is none of it."""


class _Bounded(io.RawIOBase):
    def __init__(self, open_file: Opened, largest: int) -> None:
        self._left = largest
        try:
            self._stream = open_file()
        except BROKEN_MEMBER:
            raise NotUsable(Refused.UNREADABLE) from None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except BROKEN_MEMBER:
            raise NotUsable(Refused.UNREADABLE) from None
        self._left -= len(data)
        if self._left < 0:
            raise NotUsable(Refused.BOMB)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_stream"):
            self._stream.close()
        super().close()


def _files(place: Place) -> Iterable[Path]:
    """The files themselves: of a folder all that are documents or archives, of a manifest those that it lists."""
    if not place.path.is_dir():
        return _listed(place)
    return (path for path in sorted(place.path.rglob("*")) if path.is_file() and _is_document(path, place.root))


def _listed(place: Place) -> list[Path]:
    """The files that a manifest lists, of members their archive; the plan tells what does not exist."""
    with place.path.open(newline="", encoding="utf-8-sig") as lines:
        names = [line.get("file", "").strip().replace("\\", "/") for line in csv.DictReader(lines)]
    paths = dict.fromkeys(place.root / name.partition(INSIDE)[0] for name in names if name)
    return [path for path in paths if path.is_file() and path.resolve().is_relative_to(place.root)]


def _is_document(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and path.suffix.lower() not in {*UNFINISHED, ".json", ".csv"}


def _zip(path: Path, name: str, largest: int) -> Iterator[tuple[Found, Opened]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            bomb = _is_bomb(len(members), sum(member.file_size for member in members))
            for member in members:
                refused = bomb or _refused_in_zip(member, largest)
                fingerprint = f"{member.file_size}:{member.CRC:08x}"
                found = Found(f"{name}{INSIDE}{member.filename}", member.file_size, fingerprint, refused)
                yield found, _member_of_zip(archive, member)
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        yield Found(name, path.stat().st_size, "", Refused.BROKEN), _nothing


def _refused_in_zip(member: zipfile.ZipInfo, largest: int) -> Refused | None:
    if member.flag_bits & 0x1:
        return Refused.ENCRYPTED
    if member.file_size and member.compress_size < member.file_size * _limits()["smallest_ratio"]:
        return Refused.BOMB
    return _refused(member.filename, member.file_size, largest)


def _tar(path: Path, name: str, largest: int) -> Iterator[tuple[Found, Opened]]:
    """A tar archive is read from front to back: its members can be opened only while they pass by."""
    unpacked = count = 0
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                archive.members.clear()  # type: ignore[attr-defined]  # it would remember every member
                if member.isdir():
                    continue
                unpacked, count = unpacked + member.size, count + 1
                refused = _is_bomb(count, unpacked) or (
                    _refused(member.name, member.size, largest) if member.isreg() else Refused.LINK
                )
                fingerprint = f"{member.size}:{member.mtime}"
                yield (
                    Found(f"{name}{INSIDE}{member.name}", member.size, fingerprint, refused),
                    (lambda member=member: cast("BinaryIO", archive.extractfile(member))),
                )
    except (tarfile.TarError, OSError, EOFError):
        yield Found(name, path.stat().st_size, "", Refused.BROKEN), _nothing


def _refused(name: str, size: int, largest: int) -> Refused | None:
    if not name.strip("/. "):
        return Refused.EMPTY_NAME
    if name.lower().endswith((*ZIP, *TAR)):
        return Refused.NESTED
    return Refused.TOO_LARGE if size > largest else None


def _is_bomb(members: int, unpacked: int) -> Refused | None:
    """Whether an archive asks for more than any archive of faxes does."""
    limits = _limits()
    return Refused.BOMB if members > limits["members"] or unpacked > limits["unpacked_bytes"] else None


def _opener(path: Path) -> Opened:
    return lambda: path.open("rb")


def _member_of_zip(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opened:
    return lambda: cast("BinaryIO", archive.open(member))


def _nothing() -> BinaryIO:
    return io.BytesIO()


@cache
def _limits() -> Mapping[str, float]:
    limits: Mapping[str, float] = yaml.safe_load(LIMITS_FILE.read_text(encoding="utf-8"))
    return limits
