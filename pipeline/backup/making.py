"""Making a snapshot while work goes on: first the database at one moment, then what lies on the shelves.

An original is on its shelf before the ledger knows of it, so whatever the saved database knows is still there to be
copied. Only retention takes anything away; what it took meanwhile is noted as removed, as on the shelf.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from pipeline.backup import database
from pipeline.backup.snapshot import (
    CHUNK,
    FILES,
    MANIFEST,
    POOL,
    Held,
    Manifest,
    hash_of,
    in_pool,
    manifest_text,
    read_files,
    snapshots,
)
from pipeline.encryption.sealing import HEADER_BYTES
from pipeline.errors import BackupUnusable
from pipeline.shelf import Shelf, flush_folder
from pipeline.store import migrations
from pipeline.store.opening import NOTICES, ORIGINALS, Store

UNFINISHED = ".unfinished-"


def make(store: Store, backup: Path, *, done_one: Callable[[], object] = lambda: None) -> tuple[str, Manifest]:
    """Add a snapshot to the backup in that folder; its name and manifest.

    It appears whole or not at all. `done_one` is told of every file that is in it.

    Raises:
        BackupUnusable: the folder holds something else.
        OriginalsAway: the originals are not there.
    """
    _be_a_backup(backup)
    before = _known(backup)
    now = dt.datetime.now(dt.UTC)
    name = f"{now:%Y-%m-%dT%H%M%S.%fZ}"
    with tempfile.TemporaryDirectory(dir=backup, prefix=UNFINISHED) as unfinished:
        folder = Path(unfinished)
        saved = database.save(store.engine, folder)
        files = _copy_shelves(store, backup, before, folder / FILES, done_one)
        hashes = {}
        for file in (*saved, folder / FILES):
            with file.open("rb") as opened:
                hashes[file.relative_to(folder).as_posix()] = hash_of(opened)
                os.fsync(opened.fileno())
        manifest = Manifest(
            made_at=now.isoformat(timespec="seconds"),
            database=store.engine.dialect.name,
            revision=migrations.revision_of(store.engine) or "",
            files=files,
            hashes=hashes,
        )
        _write_down(folder / MANIFEST, manifest_text(manifest))
        folder.rename(backup / name)
        flush_folder(backup)
        folder.mkdir()  # for the block's own tidying
    return name, manifest


def forget_old(backup: Path, keep: int) -> int:
    """Throw away all snapshots but the newest ones, and what only they needed; how many."""
    old = snapshots(backup)[: -keep or None]
    for name in old:
        (backup / name / MANIFEST).unlink()  # from here on it is no snapshot
        shutil.rmtree(backup / name)
    needed = {held.sha256 for name in snapshots(backup) for held in read_files(backup, name)}
    for file in (backup / POOL).glob("??/??/*"):
        if file.name not in needed:
            file.unlink()
    return len(old)


def _be_a_backup(backup: Path) -> None:
    backup.mkdir(parents=True, exist_ok=True)
    strange = [path for path in backup.iterdir() if path.name != POOL and not path.name.startswith(UNFINISHED)]
    if any(not (path / MANIFEST).exists() for path in strange):
        raise BackupUnusable("backup: the folder holds something that is no backup: name an empty one, or a backup")
    for left in backup.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left)  # of one that was killed


def _known(backup: Path) -> dict[tuple[str, str], Held]:
    """What the newest snapshot holds: most of it is still the same."""
    names = snapshots(backup)
    return {(held.shelf, held.name): held for held in read_files(backup, names[-1])} if names else {}


def _copy_shelves(
    store: Store, backup: Path, before: dict[tuple[str, str], Held], listed: Path, done_one: Callable[[], object]
) -> int:
    number = 0
    with gzip.open(listed, "wt", encoding="utf-8") as lines:
        for shelf_name, vault in ((ORIGINALS, store.originals), (NOTICES, store.notices)):
            for name in vault.shelf.names():
                try:
                    held = _copy(vault.shelf, shelf_name, name, backup, before.get((shelf_name, name)))
                except FileNotFoundError:
                    continue  # removed since it was listed; its note of that comes after it
                lines.write(json.dumps(asdict(held)) + "\n")
                number += 1
                done_one()
    return number


def _copy(shelf: Shelf, shelf_name: str, name: str, backup: Path, known: Held | None) -> Held:
    """Bring something to the pool, unless the last snapshot has it as it is.

    A name stands for its content, so only encrypting anew changes what lies under it, and that changes its beginning.
    """
    with shelf.open(name) as file:
        beginning = file.read(HEADER_BYTES)
        if known is not None and _begins(in_pool(backup, known.sha256), beginning):
            return known
        sha256, size = _to_pool(beginning, file, backup)
    return Held(shelf_name, name, sha256, size)


def _begins(file: Path, beginning: bytes) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(beginning)) == beginning
    except FileNotFoundError:
        return False


def _to_pool(beginning: bytes, file: BinaryIO, backup: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    pool = backup / POOL
    pool.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=pool, prefix=UNFINISHED, delete=False) as copy:
        beside = Path(copy.name)
        try:
            for block in _blocks(beginning, file):
                digest.update(block)
                size += len(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
            place = in_pool(backup, digest.hexdigest())
            place.parent.mkdir(parents=True, exist_ok=True)
            beside.replace(place)
            for changed in (place.parent, place.parent.parent, pool):
                flush_folder(changed)
        finally:
            beside.unlink(missing_ok=True)
    return digest.hexdigest(), size


def _blocks(beginning: bytes, file: BinaryIO) -> Iterator[bytes]:
    yield beginning
    while block := file.read(CHUNK):
        yield block


def _write_down(file: Path, content: str) -> None:
    with file.open("w", encoding="utf-8") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
