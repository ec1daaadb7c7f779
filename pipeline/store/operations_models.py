"""The tables of operations.

step_times      how long the steps of the work took, as a histogram: added to in the transaction of the step itself
legal_holds     what must not be removed though its retention has ended
schema_floor    the oldest program that can still work on this database (one row; see store/migrations)
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models import Base


class StepTime(Base):
    """How often a step took longer than the bound before and at most `up_to` seconds, and how many together."""

    __tablename__ = "step_times"

    step: Mapped[str] = mapped_column(String(32), primary_key=True)
    up_to: Mapped[float] = mapped_column(primary_key=True)  # infinity: longer than the last bound
    count: Mapped[int]
    seconds: Mapped[float]


class LegalHold(Base):
    """A hold on a document, or on all that concerns a patient; it lasts until somebody releases it, and stays noted."""

    __tablename__ = "legal_holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"), index=True)
    patient_key: Mapped[str | None] = mapped_column(String(200), index=True)
    reason: Mapped[str]
    set_by: Mapped[str] = mapped_column(String(100))
    set_at: Mapped[dt.datetime]
    release_reason: Mapped[str | None]
    released_by: Mapped[str | None] = mapped_column(String(100))
    released_at: Mapped[dt.datetime | None]


class SchemaFloor(Base):
    """The newest revision that took something away: programs that know it can go on, whatever was added since."""

    __tablename__ = "schema_floor"

    id: Mapped[int] = mapped_column(primary_key=True)  # 1
    revision: Mapped[str] = mapped_column(String(32))
