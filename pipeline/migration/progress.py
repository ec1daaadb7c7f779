"""How far a migration has come, in a few counts: cheap enough to be asked every other second."""

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
