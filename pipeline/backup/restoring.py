"""Restoring a snapshot into an empty installation: verified before anything is written, and once more afterwards.

The files come first and the database last, so an installation that opens is whole. Broken off, it can be begun again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.backup import database
from pipeline.backup.snapshot import CHUNK, Held, hash_of, in_pool, read_files, read_manifest, snapshots
from pipeline.errors import BackupUnusable, KeyMissing, OriginalDamaged, OriginalRemoved
from pipeline.settings import Settings
from pipeline.shelf import Shelf, shelf_at
from pipeline.store import audit
from pipeline.store.engine import open_engine, read_only
from pipeline.store.models import Document
from pipeline.store.opening import NOTICES, ORIGINALS, Store, open_store


@dataclass(frozen=True, slots=True)
class Restored:
    """What is there again; `damaged` documents by number, of which the original is not as it came in.

    `broken_at` is the line of the audit trail at which its chain breaks, None: nowhere. `unopened` counts the originals
    that could not be tried, for their key is not given.
    """

    snapshot: str
    documents: int
    files: int
    damaged: tuple[int, ...]
    unopened: int
    broken_at: int | None


def restore(
    settings: Settings, backup: Path, snapshot: str | None = None, *, done_one: Callable[[], object] = lambda: None
) -> Restored:
    """Restore a snapshot (the newest if none is named) to the installation that the settings name.

    Raises:
        BackupUnusable: the snapshot is not whole, or the installation not empty. Nothing is changed.
    """
    name = named(backup, snapshot)
    manifest = read_manifest(backup, name)
    _verify(backup, name, manifest.hashes)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.url)
    try:
        _be_empty(engine, manifest.database)
        files = _lay_out(settings, backup, name, done_one)
        database.load(engine, backup / name, manifest.revision)
    finally:
        engine.dispose()
    return _looked_over(open_store(settings), name, files)


def verify(backup: Path, snapshot: str | None = None) -> str:
    """Read a snapshot whole and compare every hash; its name.

    Raises:
        BackupUnusable: something is missing or changed.
    """
    name = named(backup, snapshot)
    _verify(backup, name, read_manifest(backup, name).hashes)
    return name


def named(backup: Path, snapshot: str | None) -> str:
    """The snapshot of that name, the newest if none is given.

    Raises:
        BackupUnusable: there is none.
    """
    names = snapshots(backup)
    if not names or (snapshot is not None and snapshot not in names):
        raise BackupUnusable("backup: there is no such snapshot in the folder")
    return snapshot or names[-1]


def _verify(backup: Path, name: str, hashes: dict[str, str]) -> None:
    for file, sha256 in hashes.items():
        if not _is(backup / name / file, sha256):
            raise BackupUnusable(f"backup: {file} of {name} is missing or was changed")
    for sha256 in sorted({held.sha256 for held in read_files(backup, name)}):
        if not _is(in_pool(backup, sha256), sha256):
            raise BackupUnusable(f"backup: {sha256[:12]} of {name} is missing or was changed")


def _is(file: Path, sha256: str) -> bool:
    try:
        with file.open("rb") as opened:
            return hash_of(opened) == sha256
    except FileNotFoundError:
        return False


def _be_empty(engine: Engine, kind: str) -> None:
    if engine.dialect.name != kind:
        raise BackupUnusable(f"restore: the backup is of a {kind} database, the settings name another kind")
    if not database.is_empty(engine):
        raise BackupUnusable("restore: the database is not empty; nothing is ever restored over one")


def _lay_out(settings: Settings, backup: Path, name: str, done_one: Callable[[], object]) -> int:
    shelves = {one: shelf_at(settings.originals_base, one) for one in (ORIGINALS, NOTICES)}
    wanted = list(read_files(backup, name))
    strange = {(one, there) for one, shelf in shelves.items() for there in shelf.names()}
    if strange - {(held.shelf, held.name) for held in wanted}:
        raise BackupUnusable("restore: other originals lie there already; name an empty place for them")
    for shelf in shelves.values():
        shelf.establish()
    for held in wanted:
        _lay(shelves[held.shelf], held, backup)
        done_one()
    return len(wanted)


def _lay(shelf: Shelf, held: Held, backup: Path) -> None:
    with in_pool(backup, held.sha256).open("rb") as saved, shelf.writing() as new:
        while block := saved.read(CHUNK):
            new.file.write(block)
        new.put(held.name)


def _looked_over(store: Store, name: str, files: int) -> Restored:
    damaged, unopened = [], 0
    with Session(read_only(store.engine)) as session:
        broken_at = audit.verify(session)
        documents = session.execute(
            select(Document.id, Document.sha256, Document.removed_at).order_by(Document.id)
        ).all()
    for number, sha256, removed_at in documents:
        try:
            if removed_at is None:
                originals.fetch(store.originals, sha256)
        except KeyMissing:
            unopened += 1
        except OriginalDamaged:
            damaged.append(number)
        except OriginalRemoved:
            continue  # while the backup was made
    store.engine.dispose()
    return Restored(name, len(documents), files, tuple(damaged), unopened, broken_at)
