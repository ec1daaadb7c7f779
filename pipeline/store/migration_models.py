"""The tables of migrations: archives of old documents, taken in once.

migrations          an archive: a folder, or a manifest
migration_chunks    a part of it that one worker does at a time, and what that cost
migration_files     every file of it, what the index says of it, and the document that it became
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pipeline.store.models import Base, Document


class ChunkState(StrEnum):
    """How far a chunk has come."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"


class Migration(Base):
    """An archive; named once more it is the same migration, and only what is new in it is added."""

    __tablename__ = "migrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)  # the folder or manifest, as an absolute path
    created_at: Mapped[dt.datetime]
    paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    chunk_files: Mapped[int]
    rows_without_file: Mapped[list[Any]]  # rows of the index (counted from 1) that name no file of the archive

    chunks: Mapped[list[MigrationChunk]] = relationship(order_by="MigrationChunk.number")


class MigrationChunk(Base):
    """Some files of an archive, worked on by one worker at a time under a lease.

    `seconds` on the clock and `cpu_seconds` count all attempts; `peak_mb` is the memory of the largest process, in MB.
    """

    __tablename__ = "migration_chunks"
    __table_args__ = (UniqueConstraint("migration_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    migration_id: Mapped[int] = mapped_column(ForeignKey("migrations.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=ChunkState.WAITING)
    owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    cpu_seconds: Mapped[float] = mapped_column(default=0.0)
    peak_mb: Mapped[float] = mapped_column(default=0.0)


class MigrationFile(Base):
    """One file of an archive.

    `fingerprint` tells whether the file has changed since (size, and time or checksum). `told` are the rows of the
    index about it, each {"row", "patient_key", "form_type", "document_date"}. `known`: its bytes had come in before, in
    this archive or elsewhere. `refused`: why it was not taken in.
    """

    __tablename__ = "migration_files"
    __table_args__ = (
        UniqueConstraint("migration_id", "name", "fingerprint"),
        Index("ix_migration_files_chunk", "migration_id", "chunk"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    migration_id: Mapped[int] = mapped_column(ForeignKey("migrations.id"))
    chunk: Mapped[int | None]
    name: Mapped[str]  # as told from the folder or manifest; inside an archive file after "!/"
    fingerprint: Mapped[str] = mapped_column(String(80))
    told: Mapped[list[Any]]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"), index=True)
    known: Mapped[bool] = mapped_column(default=False, server_default=false())
    refused: Mapped[str | None] = mapped_column(String(32))

    document: Mapped[Document | None] = relationship()
