"""The tables of quality: forms that were chosen for a blind check, what people keyed without seeing, what came of it.

quality_checks    a form that somebody keys without seeing what stands there, or a disputed part of one
keyed_entries     every value that a person keyed blindly, for a check or for double keying; never changed
check_outcomes    for every field that was checked, whether what stood there was right
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pipeline.store.models import Base, Form, ReviewState


class QualityCheck(Base):
    """A form to be keyed blindly (`kind` "blind"), or those of its fields that are disputed since ("third").

    No item of the review queue: the form was decided, and goes on counting while it is checked. `version` grows with
    every change, as it does there.
    """

    __tablename__ = "quality_checks"
    __table_args__ = (UniqueConstraint("form_pk", "kind"), Index("ix_quality_checks_state", "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=ReviewState.WAITING)
    decided_by: Mapped[str] = mapped_column(String(100))  # who let the form pass: the program, or a person
    source: Mapped[str] = mapped_column(String(16))  # the channel that brought it
    week: Mapped[str] = mapped_column(String(8))  # of the decision, ISO 8601: "2026-W48"
    fields: Mapped[list[Any]]  # those to be keyed
    as_read: Mapped[
        dict[str, Any]
    ]  # by field, what stood there when the form was chosen (pipeline/quality/snapshot.py)
    created_at: Mapped[dt.datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    form: Mapped[Form] = relationship()


class KeyedEntry(Base):
    """One value as one person keyed it. `turn` counts the people who keyed the same field for the same `purpose`."""

    __tablename__ = "keyed_entries"
    __table_args__ = (UniqueConstraint("form_pk", "field", "purpose", "turn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    field: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(16))  # "check" or "double"
    turn: Mapped[int]
    who: Mapped[str] = mapped_column(String(100))
    value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    illegible: Mapped[bool]
    at: Mapped[dt.datetime]


class CheckOutcome(Base):
    """Whether one field of a form was right when it was decided.

    `right` is None while a third person is awaited, and where nobody could read the field. `value` is the true one.
    """

    __tablename__ = "check_outcomes"
    __table_args__ = (UniqueConstraint("form_pk", "field"), Index("ix_check_outcomes_week", "week"))

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    form_id: Mapped[str] = mapped_column(String(64))
    field: Mapped[str] = mapped_column(String(64))
    settled: Mapped[bool]
    right: Mapped[bool | None]
    value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    checker: Mapped[str] = mapped_column(String(100))
    decided_by: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(16))
    week: Mapped[str] = mapped_column(String(8))
    at: Mapped[dt.datetime]

    form: Mapped[Form] = relationship()
