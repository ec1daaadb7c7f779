"""Originals, untouched, each named by its content (sha-256), so that a name says nothing of a patient.

`<folder>/ab/cd/abcd…` holds the bytes whose hash begins with abcd.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import OriginalDamaged

CHUNK = 1 << 20
"""Bytes held in memory at a time while a file is copied."""


def keep(folder: Path, incoming: BinaryIO) -> tuple[str, int]:
    """Copy a stream safely to disk and return its sha-256 (hex) and its size in bytes.

    The original appears whole or not at all: written beside its place, flushed to disk, renamed. Bytes that are there
    already and undamaged are left as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as copy:
            sha256, size = _copy(incoming, copy)
        place = path_of(folder, sha256)
        if not _holds(place, sha256):
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(place)
            for changed in (place.parent, place.parent.parent, folder):
                _flush_folder(changed)
    finally:
        temporary.unlink(missing_ok=True)
    return sha256, size


def fetch(folder: Path, sha256: str) -> bytes:
    """The bytes of that hash; OriginalDamaged when they are gone or changed."""
    try:
        data = path_of(folder, sha256).read_bytes()
    except FileNotFoundError:
        raise OriginalDamaged(f"fetch: the original {sha256[:12]} is not in the store") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OriginalDamaged(f"fetch: the original {sha256[:12]} no longer has the bytes that came in")
    return data


def path_of(folder: Path, sha256: str) -> Path:
    """Where the bytes of that hash lie; two levels of folders keep each one small."""
    return folder / sha256[:2] / sha256[2:4] / sha256


def _copy(incoming: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := incoming.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        copy.write(chunk)
    copy.flush()
    os.fsync(copy.fileno())
    return digest.hexdigest(), size


def _holds(place: Path, sha256: str) -> bool:
    if not place.exists():
        return False
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _flush_folder(folder: Path) -> None:
    # a rename is on disk only when its folder is: without this a power cut can lose a file that the ledger already
    # names
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
