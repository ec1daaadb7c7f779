"""The tables of what comes in: the way of every document through its states, and who may upload.

ledger_steps    every step of a document, written in the transaction that makes it
upload_keys     API keys of `faxforms receive`, as hashes
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models import Base


class LedgerStep(Base):
    """A document came into `state` at that moment, at which attempt, in whose hand; `why` where it is no usual step."""

    __tablename__ = "ledger_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(200))
    why: Mapped[str | None] = mapped_column(String(200))


class UploadKey(Base):
    """A key that a program uploads with. Never deleted: sources name it; one that is revoked opens nothing more."""

    __tablename__ = "upload_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # sha-256 of 256 random bits
    created_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[dt.datetime]
    revoked_by: Mapped[str | None] = mapped_column(String(100))
    revoked_at: Mapped[dt.datetime | None]
