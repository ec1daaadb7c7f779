"""Originals, untouched, each named by its content (sha-256), so that a name says nothing of a patient.

`<folder>/ab/cd/abcd…` holds the bytes whose hash begins with abcd, encrypted where there is a key. `abcd….removed` in
its place says that the original was removed when its retention had ended.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.encryption.keys import NO_KEYS, Keyring
from pipeline.encryption.sealing import SealingWriter, opened, sealed_by
from pipeline.errors import KeyMissing, OriginalDamaged, OriginalRemoved, SealBroken

CHUNK = 1 << 20
"""Bytes held in memory at a time while a file is copied."""

INCOMING = ".incoming-"
"""How files begin that are being written."""

LEFT_BEHIND = 24 * 3600.0
"""Seconds after which nobody is writing such a file any more: the program was killed meanwhile."""

REMOVED = ".removed"


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder of originals (or of notices), with the keys that seal and open them."""

    folder: Path
    keys: Keyring = NO_KEYS


def keep(vault: Vault, incoming: BinaryIO) -> tuple[str, int]:
    """Copy a stream safely to disk and return its sha-256 (hex) and its size in bytes.

    The original appears whole or not at all: written beside its place, flushed to disk, renamed. Bytes that are there
    already and undamaged are left as they are.
    """
    with _beside(vault) as (file, beside):
        sha256, size = _seal(vault, iter(lambda: incoming.read(CHUNK), b""), file)
        place = path_of(vault, sha256)
        if not _holds(vault, sha256):
            _put(file, beside, vault, place)
            _note_of_removal(place).unlink(missing_ok=True)
    return sha256, size


def fetch(vault: Vault, sha256: str) -> bytes:
    """The bytes of that hash.

    Raises:
        OriginalDamaged: they are gone or changed.
        OriginalRemoved: their retention has ended.
        KeyMissing: the key that sealed them is not given.
    """
    place = path_of(vault, sha256)
    try:
        with place.open("rb") as file:
            data = b"".join(opened(file, vault.keys))
    except FileNotFoundError:
        if _note_of_removal(place).exists():
            raise OriginalRemoved(f"fetch: the original {sha256[:12]} was removed after its retention") from None
        raise OriginalDamaged(f"fetch: the original {sha256[:12]} is not in the store") from None
    except KeyMissing as error:
        raise KeyMissing(f"fetch: the original {sha256[:12]}: {error}") from None
    except SealBroken as error:
        raise OriginalDamaged(f"fetch: the original {sha256[:12]}: {error}") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OriginalDamaged(f"fetch: the original {sha256[:12]} no longer has the bytes that came in")
    return data


def remove(vault: Vault, sha256: str) -> None:
    """Take the original away for good; a note in its place says that this was meant. Doing it again changes nothing."""
    place = path_of(vault, sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    _note_of_removal(place).touch()
    _flush_folder(place.parent)  # first the note: a crash between must not look like a loss
    place.unlink(missing_ok=True)
    _flush_folder(place.parent)


def seal_anew(vault: Vault, sha256: str) -> bool:
    """Seal the original with the current key; False when it was so already.

    Raises:
        OriginalDamaged, KeyMissing: it stays as it is.
    """
    place = path_of(vault, sha256)
    current = vault.keys.current
    with place.open("rb") as file:
        sealer = sealed_by(file.read(64))
    if sealer == (None if current is None else current.id):
        return False
    data = fetch(vault, sha256)
    with _beside(vault) as (new, beside):
        _seal(vault, iter([data]), new)
        _put(new, beside, vault, place)
    return True


def kept(vault: Vault) -> Iterator[str]:
    """The sha-256 of everything that the vault holds, in order."""
    if vault.folder.is_dir():
        for place in sorted(vault.folder.glob("??/??/*")):
            if not place.name.endswith(REMOVED):
                yield place.name


def holds(vault: Vault, sha256: str) -> bool:
    """Whether the vault has something under that hash; whether it is undamaged only `fetch` tells."""
    return path_of(vault, sha256).exists()


def clear_left_behind(vault: Vault, now: Callable[[], float] = time.time) -> int:
    """Delete what writers that were killed left half written; how many files."""
    left = [file for file in vault.folder.glob(f"{INCOMING}*") if now() - file.stat().st_mtime > LEFT_BEHIND]
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def path_of(vault: Vault, sha256: str) -> Path:
    """Where the bytes of that hash lie; two levels of folders keep each one small."""
    return vault.folder / sha256[:2] / sha256[2:4] / sha256


@contextmanager
def _beside(vault: Vault) -> Iterator[tuple[BinaryIO, Path]]:
    """A file that is written in the vault's folder, to be put in its place within the block; else it is gone."""
    vault.folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=vault.folder, prefix=INCOMING)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _put(file: BinaryIO, beside: Path, vault: Vault, place: Path) -> None:
    """Flush what was written to disk and rename it."""
    file.flush()
    os.fsync(file.fileno())
    place.parent.mkdir(parents=True, exist_ok=True)
    beside.replace(place)
    for changed in (place.parent, place.parent.parent, vault.folder):
        _flush_folder(changed)


def _seal(vault: Vault, chunks: Iterator[bytes], file: BinaryIO) -> tuple[str, int]:
    """Write the chunks, encrypted where there is a key; the hash and size of the plain bytes."""
    digest, size = hashlib.sha256(), 0
    sealing = SealingWriter(file, vault.keys.current) if vault.keys.current else None
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        (sealing or file).write(chunk)
    if sealing:
        sealing.close()
    return digest.hexdigest(), size


def _holds(vault: Vault, sha256: str) -> bool:
    try:
        with path_of(vault, sha256).open("rb") as file:
            digest = hashlib.sha256()
            for chunk in opened(file, vault.keys):
                digest.update(chunk)
    except (FileNotFoundError, SealBroken):
        return False
    return digest.hexdigest() == sha256


def _note_of_removal(place: Path) -> Path:
    return place.with_name(place.name + REMOVED)


def _flush_folder(folder: Path) -> None:
    # a rename is on disk only when its folder is: without this a power cut can lose a file that the ledger already
    # names
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
