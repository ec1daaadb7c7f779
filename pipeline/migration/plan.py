"""Which files an archive has, what its index says of them, and which of them are done together: the chunks.

Chunks go by the dates of the index, the oldest first: what an enrollment says is on record when the reports that follow
it are judged. Files without a date come last.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from pipeline.migration.index import Index
from pipeline.migration.sources import INSIDE, Found, Place, walk
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.migration_models import ChunkState, Migration, MigrationChunk, MigrationFile
from pipeline.store.opening import Store


@dataclass(frozen=True, slots=True)
class Planned:
    """A file of the archive with the day by which it is put in order (None: the index gives none)."""

    found: Found
    told: tuple[dict[str, Any], ...] = field(repr=False)
    day: dt.date | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a dry run tells: nothing was written, nothing was unpacked.

    `kinds` are the endings of file names, `years` those of the index dates, `unlisted` the files of which the index
    says nothing, `rows_without_file` the rows of the index (from 1) that name no file.
    """

    files: int
    bytes: int
    kinds: Counter[str]
    years: Counter[str]
    refused: Counter[str]
    unlisted: int
    rows_without_file: tuple[int, ...]
    chunks: int


def find_files(place: Place, index: Index, largest: int) -> Iterator[Planned]:
    """The files of the archive with what the index says of them; of a manifest only those that it lists."""
    only_listed = not place.path.is_dir()
    for found, _ in walk(place, largest):
        rows = index.get(found.name, ())
        if only_listed and not rows and found.name.partition(INSIDE)[0] not in index:
            continue
        days = [row.document_date for row in rows if row.document_date]
        yield Planned(found, tuple(row.as_json() for row in rows), min(days, default=None))


def survey(files: Iterable[Planned], index: Index, chunk_files: int) -> Survey:
    """Count what is there."""
    taken: list[Planned] = []
    refused: Counter[str] = Counter()
    for file in files:
        if file.found.refused:
            refused[file.found.refused.value] += 1
        else:
            taken.append(file)
    names = {file.found.name for file in taken}
    return Survey(
        files=len(taken),
        bytes=sum(file.found.size for file in taken),
        kinds=Counter(PurePosixPath(name).suffix.lower() or "(none)" for name in names),
        years=Counter(str(file.day.year) if file.day else "unknown" for file in taken),
        refused=refused,
        unlisted=sum(not file.told for file in taken),
        rows_without_file=rows_without_file(index, names),
        chunks=-(-len(taken) // chunk_files),
    )


def rows_without_file(index: Index, names: Iterable[str]) -> tuple[int, ...]:
    """The rows of the index that name neither a file nor an archive that was found."""
    known = {part for name in names for part in (name, name.partition(INSIDE)[0])}
    return tuple(sorted(row.row for file, rows in index.items() if file not in known for row in rows))


def enter(store: Store, place: Place, index: Index, files: Iterable[Planned], chunk_files: int) -> int:
    """Write the plan, or add to it what is new in the archive; the migration's number."""
    found = list(files)
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        migration = _migration(session, place, chunk_files)
        new = _unknown(session, migration, found)
        migration.rows_without_file = list(rows_without_file(index, (file.found.name for file in found)))
        _insert(session, migration, None, [file for file in new if file.found.refused])
        _cut(session, migration, [file for file in new if not file.found.refused])
        if new:
            audit.write_line(session, "migration planned", after={"migration": migration.id, "files": len(new)})
        return migration.id


def _migration(session: Session, place: Place, chunk_files: int) -> Migration:
    migration = session.scalar(select(Migration).filter_by(source=str(place.path)))
    if migration is None:
        now = dt.datetime.now(dt.UTC)
        migration = Migration(source=str(place.path), created_at=now, chunk_files=chunk_files, rows_without_file=[])
        session.add(migration)
        session.flush()
    return migration


def _unknown(session: Session, migration: Migration, found: Iterable[Planned]) -> list[Planned]:
    """The files that the plan does not have as they are now."""
    columns = select(MigrationFile.name, MigrationFile.fingerprint)
    known = {(name, fingerprint) for name, fingerprint in session.execute(columns.filter_by(migration_id=migration.id))}
    new: dict[tuple[str, str], Planned] = {}
    for file in found:  # an archive may hold two members of one name
        key = (file.found.name, file.found.fingerprint)
        if key not in known:
            new.setdefault(key, file)
    return list(new.values())


def _cut(session: Session, migration: Migration, new: Sequence[Planned]) -> None:
    """New chunks after those that are there, in the order of their days."""
    last = session.scalar(select(func.max(MigrationChunk.number)).filter_by(migration_id=migration.id)) or 0
    in_order = sorted(new, key=lambda file: (file.day is None, file.day or dt.date.max))
    for number, start in enumerate(range(0, len(in_order), migration.chunk_files), last + 1):
        session.add(MigrationChunk(migration_id=migration.id, number=number, state=ChunkState.WAITING))
        _insert(session, migration, number, in_order[start : start + migration.chunk_files])


def _insert(session: Session, migration: Migration, chunk: int | None, files: Sequence[Planned]) -> None:
    rows = [
        {
            "migration_id": migration.id,
            "chunk": chunk,
            "name": file.found.name,
            "fingerprint": file.found.fingerprint,
            "told": list(file.told),
            "refused": file.found.refused,
        }
        for file in files
    ]
    if rows:
        session.execute(insert(MigrationFile), rows)
