"""How far a migration has come, in a few counts; while it is watched, only of the chunks that are worked on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from pipeline.migration.chunks import UNDECIDED, named
from pipeline.store.migration_models import ChunkState, Migration, MigrationChunk, MigrationFile
from pipeline.store.models import Document, Page, ReviewItem, ReviewState


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a migration; `documents` and `pages` are those that it brought, `waiting` items of the review queue."""

    migration: int
    paused: bool
    documents: int
    decided: int
    pages: int
    chunks: int
    chunks_done: int
    waiting: int
    refused: int

    @property
    def words(self) -> str:
        """Where it stands, in a word."""
        return "done" if self.chunks_done == self.chunks else "paused" if self.paused else "under way"


@dataclass(frozen=True, slots=True)
class Advance:
    """What is decided of a migration, with its pages, and whether anything is left to be waited for."""

    decided: int
    pages: int
    ended: bool


class Tally:
    """The documents that are decided, chunk by chunk: one that is done is counted once, one not begun never.

    So a look costs what the chunks under way have, however large the archive is.
    """

    def __init__(self, migration: int) -> None:
        self._migration = migration
        self._done: dict[int, tuple[int, int]] = {}

    def look(self, session: Session) -> Advance:
        """How far it is now; the first look counts all chunks that are done."""
        states = dict(
            session.execute(
                select(MigrationChunk.number, MigrationChunk.state).where(
                    MigrationChunk.migration_id == self._migration, MigrationChunk.attempts > 0
                )
            )
            .tuples()
            .all()
        )
        # seen before they are counted: a chunk that ends meanwhile is counted again at the next look
        counted = self._count(session, [number for number in states if number not in self._done])
        self._done |= {number: counts for number, counts in counted.items() if states[number] == ChunkState.DONE}
        decided, pages = (sum(part) for part in zip((0, 0), *(self._done | counted).values(), strict=True))
        chunks = select(func.count()).select_from(MigrationChunk).where(MigrationChunk.migration_id == self._migration)
        left = _count(session, chunks.where(MigrationChunk.state != ChunkState.DONE))
        return Advance(decided, pages, ended=not left or named(session, self._migration).paused)

    def _count(self, session: Session, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Documents decided and their pages by chunk."""
        of_document = select(func.count()).where(Page.document_id == Document.id).scalar_subquery()
        counts = (
            select(MigrationFile.chunk, func.count(), func.sum(of_document))
            .join(Document, MigrationFile.document_id == Document.id)
            .where(MigrationFile.migration_id == self._migration, ~MigrationFile.known)
            .where(MigrationFile.chunk.in_(numbers), Document.state.not_in(UNDECIDED))
            .group_by(MigrationFile.chunk)
        )
        return {number: (decided, int(pages)) for number, decided, pages in session.execute(counts)}


def of(session: Session, migration: int) -> Progress:
    """How far the migration has come."""
    one = named(session, migration)
    brought = brought_by(migration)
    chunks = select(func.count()).select_from(MigrationChunk).where(MigrationChunk.migration_id == migration)
    return Progress(
        migration=migration,
        paused=one.paused,
        documents=_count(session, select(func.count()).select_from(Document).where(Document.id.in_(brought))),
        decided=_count(
            session,
            select(func.count())
            .select_from(Document)
            .where(Document.id.in_(brought), Document.state.not_in(UNDECIDED)),
        ),
        pages=_count(session, select(func.count()).select_from(Page).where(Page.document_id.in_(brought))),
        chunks=_count(session, chunks),
        chunks_done=_count(session, chunks.where(MigrationChunk.state == ChunkState.DONE)),
        waiting=_count(
            session,
            select(func.count())
            .select_from(ReviewItem)
            .where(ReviewItem.document_id.in_(brought), ReviewItem.state != ReviewState.DONE),
        ),
        refused=_count(
            session,
            select(func.count())
            .select_from(MigrationFile)
            .where(MigrationFile.migration_id == migration, MigrationFile.refused.is_not(None)),
        ),
    )


def brought_by(migration: int) -> Select[Any]:
    """The documents that a migration brought, without those whose bytes were known before."""
    ours = and_(MigrationFile.migration_id == migration, ~MigrationFile.known)
    return select(MigrationFile.document_id).where(ours, MigrationFile.document_id.is_not(None))


def files_to_take_in(session: Session, migration: int) -> int:
    """The files of the plan that are neither taken in nor refused."""
    todo = select(func.count()).select_from(MigrationFile)
    return _count(session, todo.filter_by(migration_id=migration, document_id=None, refused=None))


def refused_files(session: Session, migration: int) -> list[tuple[str, str]]:
    """Name and reason of every file that was not taken in, in the order of the plan."""
    files = select(MigrationFile.name, MigrationFile.refused).filter_by(migration_id=migration)
    found = session.execute(files.where(MigrationFile.refused.is_not(None)).order_by(MigrationFile.id))
    return [(name, str(reason)) for name, reason in found]


def every_migration(session: Session) -> Sequence[Migration]:
    """All migrations, in the order in which they were begun."""
    return session.scalars(select(Migration).order_by(Migration.id)).all()


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(query) or 0
