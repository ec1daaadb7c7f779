"""Originals, untouched, each named by its content (sha-256), so that a name says nothing of a patient.

`ab/cd/abcd…` holds the bytes whose hash begins with abcd, encrypted where there is a key. `abcd….removed` in its place
says that the original was removed when its retention had ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.encryption.keys import NO_KEYS, Keyring
from pipeline.encryption.sealing import PlainWriter, SealingWriter, opened, sealed_by
from pipeline.errors import KeyMissing, OriginalDamaged, OriginalRemoved, OriginalsAway, SealBroken
from pipeline.shelf import Folder, Shelf

CHUNK = 1 << 20
"""Bytes held in memory at a time while a file is copied."""

REMOVED = ".removed"


class Incoming(Protocol):
    """A stream of bytes that come in: a file, an upload, an attachment."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A shelf of originals (or of notices), with the keys that seal and open them."""

    shelf: Shelf
    keys: Keyring = NO_KEYS


def keep(vault: Vault, incoming: Incoming) -> tuple[str, int]:
    """Copy a stream safely to the shelf and return its sha-256 (hex) and its size in bytes.

    The original appears whole or not at all. Bytes that are there already and undamaged are left as they are.

    Raises:
        OriginalsAway: the shelf is not there.
    """
    with vault.shelf.writing() as new:
        sha256, size = _seal(vault, iter(lambda: incoming.read(CHUNK), b""), new.file)
        if not _holds(vault, sha256):
            new.put(name_of(sha256))
            vault.shelf.remove(_note_of_removal(sha256))
    return sha256, size


def fetch(vault: Vault, sha256: str) -> bytes:
    """The bytes of that hash.

    Raises:
        OriginalDamaged: they are gone or changed.
        OriginalRemoved: their retention has ended.
        OriginalsAway: the shelf is not there.
        KeyMissing: the key that sealed them is not given.
    """
    try:
        with vault.shelf.open(name_of(sha256)) as file:
            data = b"".join(opened(file, vault.keys))
    except FileNotFoundError:
        raise _why_not_there(vault, sha256) from None
    except KeyMissing as error:
        raise KeyMissing(f"fetch: the original {sha256[:12]}: {error}") from None
    except SealBroken as error:
        raise OriginalDamaged(f"fetch: the original {sha256[:12]}: {error}") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OriginalDamaged(f"fetch: the original {sha256[:12]} no longer has the bytes that came in")
    return data


def remove(vault: Vault, sha256: str) -> None:
    """Take the original away for good; a note in its place says that this was meant. Doing it again changes nothing."""
    # first the note: a crash between must not look like a loss
    vault.shelf.touch(_note_of_removal(sha256))
    vault.shelf.remove(name_of(sha256))


def seal_anew(vault: Vault, sha256: str) -> bool:
    """Seal the original with the current key; False when it was so already.

    Raises:
        OriginalDamaged, KeyMissing: it stays as it is.
    """
    current = vault.keys.current
    if sealed_by(beginning(vault, sha256, 64)) == (None if current is None else current.id):
        return False
    data = fetch(vault, sha256)
    with vault.shelf.writing() as new:
        _seal(vault, iter([data]), new.file)
        new.put(name_of(sha256))
    return True


def beginning(vault: Vault, sha256: str, size: int) -> bytes:
    """The first bytes of an original as it lies there, sealed or not; FileNotFoundError where there is none."""
    with vault.shelf.open(name_of(sha256)) as file:
        return file.read(size)


def kept(vault: Vault) -> Iterator[str]:
    """The sha-256 of everything that the vault holds, in order."""
    for name in vault.shelf.names():
        if not name.endswith(REMOVED):
            yield name.rpartition("/")[2]


def holds(vault: Vault, sha256: str) -> bool:
    """Whether the vault has something under that hash; whether it is undamaged only `fetch` tells."""
    return vault.shelf.exists(name_of(sha256))


def name_of(sha256: str) -> str:
    """Under which name the bytes of that hash lie; two levels of folders keep each one small."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def path_of(vault: Vault, sha256: str) -> Path:
    """Where the bytes of that hash lie, on a shelf that is a folder."""
    assert isinstance(vault.shelf, Folder)  # noqa: S101 - nobody else has paths
    return vault.shelf.path / name_of(sha256)


def _why_not_there(vault: Vault, sha256: str) -> OriginalsAway | OriginalRemoved | OriginalDamaged:
    if not vault.shelf.is_there():
        return OriginalsAway("fetch: the originals are not there: is their folder mounted?")
    if vault.shelf.exists(_note_of_removal(sha256)):
        return OriginalRemoved(f"fetch: the original {sha256[:12]} was removed after its retention")
    return OriginalDamaged(f"fetch: the original {sha256[:12]} is not in the store")


def _seal(vault: Vault, chunks: Iterator[bytes], file: BinaryIO) -> tuple[str, int]:
    """Write the chunks, encrypted where there is a key; the hash and size of the plain bytes."""
    digest, size = hashlib.sha256(), 0
    writer = SealingWriter(file, vault.keys.current) if vault.keys.current else PlainWriter(file)
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        writer.write(chunk)
    writer.close()
    return digest.hexdigest(), size


def _holds(vault: Vault, sha256: str) -> bool:
    try:
        with vault.shelf.open(name_of(sha256)) as file:
            digest = hashlib.sha256()
            for chunk in opened(file, vault.keys):
                digest.update(chunk)
    except (FileNotFoundError, SealBroken):
        return False
    return digest.hexdigest() == sha256


def _note_of_removal(sha256: str) -> str:
    return name_of(sha256) + REMOVED
