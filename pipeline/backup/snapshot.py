"""What a snapshot in a backup is, and reading one: its manifest and the list of its files."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import BackupUnusable

MANIFEST, FILES, POOL = "manifest.json", "files.jsonl.gz", "pool"
FORMAT = 1
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """Something that lay on a shelf: its name there, and the hash and size of the bytes as they lay there."""

    shelf: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A finished snapshot; `hashes` are those of its own files, by their names in its folder."""

    made_at: str
    database: str  # "sqlite" or "postgresql"
    revision: str
    files: int
    hashes: dict[str, str]
    format: int = FORMAT


def snapshots(backup: Path) -> list[str]:
    """The names of the finished snapshots, the oldest first."""
    return sorted(file.parent.name for file in backup.glob(f"*/{MANIFEST}"))


def read_manifest(backup: Path, name: str) -> Manifest:
    """A snapshot's manifest.

    Raises:
        BackupUnusable: there is none, or it is another program's.
    """
    try:
        manifest = Manifest(**json.loads((backup / name / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupUnusable(f"backup: {name} is no finished snapshot ({type(error).__name__})") from None
    if manifest.format != FORMAT:
        raise BackupUnusable(f"backup: {name} was made by another version of the program")
    return manifest


def manifest_text(manifest: Manifest) -> str:
    """The manifest as it is written."""
    return json.dumps(asdict(manifest), indent=1) + "\n"


def read_files(backup: Path, name: str) -> Iterator[Held]:
    """What lay on the shelves."""
    with gzip.open(backup / name / FILES, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield Held(**json.loads(line))


def in_pool(backup: Path, sha256: str) -> Path:
    """Where the bytes of that hash lie in a backup."""
    return backup / POOL / sha256[:2] / sha256[2:4] / sha256


def hash_of(file: BinaryIO) -> str:
    """The sha-256 (hex) of what is left of a file."""
    digest = hashlib.sha256()
    while block := file.read(CHUNK):
        digest.update(block)
    return digest.hexdigest()
