"""The tables, in the order in which a fax fills them; the registry's are in `registry_models`.

document ── sources, pages, forms ── readings, findings, evaluated rules, routes
         └─ review items                                  audit: a hash chain over everything that was changed
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKey, Index, MetaData, String, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from pipeline.store.sealed import SealedBytes

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware time, kept in UTC; SQLite, which knows no time zones, keeps it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """To UTC; a naive time is an error, since nobody knows which hour it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time must carry its time zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> dt.datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - declared so by SQLAlchemy
        dt.datetime: UtcTime(),
        float: Double(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class DocumentState(StrEnum):
    """How far a document has come (see pipeline/ledger.py)."""

    RECEIVED = "received"
    READING = "reading"
    STORED = "stored"  # decided without a person
    QUEUED = "queued"  # something of it waits for a person
    FAILED = "failed"  # it could not be read, and waits for a person


class ReviewState(StrEnum):
    """Where a review item stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"


SENT_BACK = "sent_back"
"""The route of a form that went back to its sender."""

REARRANGED = "rearranged"
"""The route of a form whose pages were given to other forms: by a person, or read by a corrected revision."""

WITHOUT_EFFECT = frozenset({SENT_BACK, REARRANGED, "reject", "set_aside"})
"""Routes by which a person has decided that a form does not count."""


class Document(Base):
    """The bytes that came in, once, however many files brought them.

    `received` is the date that rules are judged by. `status` and `error` are the reading's outcome (done, partial,
    failed). `batch` is the chunk of an archive that brought it (pipeline/migration); None: it came by itself.
    """

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_outcome", "state", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    received: Mapped[dt.date]
    taken_in_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(16), index=True, default=DocumentState.RECEIVED)
    status: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[dt.datetime | None]
    decided_at: Mapped[dt.datetime | None]
    batch: Mapped[str | None] = mapped_column(String(32), index=True)
    removed_at: Mapped[dt.datetime | None]  # original and pictures went when their retention had ended

    sources: Mapped[list[Source]] = relationship(back_populates="document", order_by="Source.id")
    pages: Mapped[list[Page]] = relationship(back_populates="document", order_by="Page.page")
    forms: Mapped[list[Form]] = relationship(back_populates="document", order_by="Form.position")
    review_items: Mapped[list[ReviewItem]] = relationship(back_populates="document", order_by="ReviewItem.id")


class Source(Base):
    """One file that brought a document: the same bytes may come several times.

    `source_id` is how whoever sent it names this very file; the same one again is no other source.
    """

    __tablename__ = "sources"
    __table_args__ = (Index("uq_sources_source_id", "channel", "source_id", "document_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))  # "folder", "upload", "mail", "archive"
    source_id: Mapped[str | None] = mapped_column(String(400))
    file: Mapped[str]  # as the manifest or the command line names it
    received: Mapped[dt.date]
    noted_at: Mapped[dt.datetime]
    details: Mapped[dict[str, Any] | None]  # what a fax server says of the call

    document: Mapped[Document] = relationship(back_populates="sources")


class Page(Base):
    """One page that came in, in its one place (extractors.reading.PageReading)."""

    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("document_id", "page"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    page: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16), index=True)
    rotated: Mapped[int]
    form: Mapped[int | None]  # position of the form in the document
    form_id: Mapped[str | None] = mapped_column(String(64))
    form_page: Mapped[int | None]
    match: Mapped[float]
    residual: Mapped[float | None]
    to_blank: Mapped[list[Any] | None]
    text: Mapped[str]
    nearest: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None]

    document: Mapped[Document] = relationship(back_populates="pages")


class Form(Base):
    """One form of a document; `form_id` names the revision.

    Forms about the same thing share a key: by the registry's patient where one is identified, and by what was read,
    since the patient may come to be known between two copies of an enrollment.
    """

    __tablename__ = "forms"
    __table_args__ = (UniqueConstraint("document_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    position: Mapped[int]
    form_id: Mapped[str] = mapped_column(String(64))
    pages: Mapped[list[Any]]
    missing_pages: Mapped[list[Any]]
    key_by_patient: Mapped[str | None] = mapped_column(String(200), index=True)
    key_as_read: Mapped[str | None] = mapped_column(String(200), index=True)
    patient: Mapped[dict[str, Any] | None]  # {"matched", "key", "score"}, as the export has it; "by" a person
    judged_on: Mapped[dt.date | None]  # of an archive's form: its own day, see `day`

    document: Mapped[Document] = relationship(back_populates="forms")
    readings: Mapped[list[FieldReading]] = relationship(order_by="FieldReading.id")
    findings: Mapped[list[FormFinding]] = relationship(order_by="FormFinding.id")
    evaluated_rules: Mapped[list[EvaluatedRule]] = relationship(order_by="EvaluatedRule.id")
    routes: Mapped[list[FormRoute]] = relationship(
        order_by="FormRoute.id", foreign_keys="FormRoute.form_pk", back_populates="form"
    )

    @property
    def day(self) -> dt.date:
        """The day whose rules and registry hold for the form: its own, else that of the document's receipt."""
        return self.judged_on or self.document.received

    @property
    def patient_key(self) -> str | None:
        """The registry's key of the patient who is surely meant."""
        return self.patient["key"] if self.patient and self.patient["matched"] else None

    @property
    def route(self) -> FormRoute:
        """The decision that stands: the latest."""
        return self.routes[-1]


class FieldReading(Base):
    """One field as read (extractors.reading.Reading)."""

    __tablename__ = "readings"
    __table_args__ = (UniqueConstraint("form_pk", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"), index=True)
    field: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    raw: Mapped[str]
    confidence: Mapped[float]
    doubtful: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    page: Mapped[int]
    box: Mapped[list[Any]]
    engine: Mapped[str] = mapped_column(String(64))
    pen: Mapped[str] = mapped_column(String(16))
    second: Mapped[str | None]
    why: Mapped[str] = mapped_column(String(64))
    belief: Mapped[float | None]  # what the confidence was calibrated from
    alternatives: Mapped[list[Any] | None]  # [value, chance] of the other values that the ink could say
    crop: Mapped[bytes | None] = mapped_column(SealedBytes, deferred=True)


class FormFinding(Base):
    """What a rule found on a form."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"), index=True)
    rule: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(100), index=True)
    outcome: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(32))
    field: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str]
    in_order: Mapped[bool]  # of the prescriber-only class, and all that such a form needs is shown


class EvaluatedRule(Base):
    """What became of one rule on one form: the proof that an accepted form passed every rule in force."""

    __tablename__ = "evaluated_rules"
    __table_args__ = (UniqueConstraint("form_pk", "rule"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"), index=True)
    rule: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))  # validators.judge.Verdict
    why: Mapped[str]


class FormRoute(Base):
    """A decision on a form. A later one (a person's) is a row of its own; the last one stands."""

    __tablename__ = "routes"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"), index=True)
    route: Mapped[str] = mapped_column(String(16), index=True)
    reasons: Mapped[list[Any]]
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("forms.id"))
    contradicts: Mapped[int | None] = mapped_column(ForeignKey("forms.id"))  # to be shown side by side
    decided_by: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[dt.datetime]
    settings_id: Mapped[int | None] = mapped_column(ForeignKey("settings_snapshots.id"))

    form: Mapped[Form] = relationship(foreign_keys=form_pk, back_populates="routes")
    original: Mapped[Form | None] = relationship(foreign_keys=duplicate_of)


class ReviewItem(Base):
    """Something a person must look at: a form, a page that belongs to none, or (neither given) a whole document.

    `version` grows with every change: whoever holds an older one has lost the item.
    """

    __tablename__ = "review_items"
    __table_args__ = (Index("ix_review_items_waiting", "state", "priority", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    form_pk: Mapped[int | None] = mapped_column(ForeignKey("forms.id"), index=True)
    page: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default=ReviewState.WAITING)
    reasons: Mapped[list[Any]]
    priority: Mapped[int]  # the smaller, the sooner
    created_at: Mapped[dt.datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    prescriber_only: Mapped[bool] = mapped_column(default=False, server_default=false())  # who may decide it
    escalated: Mapped[str | None]  # why it was handed to a supervisor
    postponed_until: Mapped[dt.datetime | None]
    draft: Mapped[dict[str, Any] | None]  # field to what a person has written or confirmed, before they decide

    document: Mapped[Document] = relationship(back_populates="review_items")


class AuditLine(Base):
    """Who changed what, when, before and after: never updated, never deleted, chained by hash (store/audit.py)."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str] = mapped_column(String(32))  # ISO 8601 in UTC, as hashed
    who: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(64), index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"), index=True)
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    previous: Mapped[str] = mapped_column(String(64), unique=True)  # unique: the chain cannot fork
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class SettingsSnapshot(Base):
    """The settings that decisions were made under, once per different content."""

    __tablename__ = "settings_snapshots"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[dict[str, Any]]
    first_used_at: Mapped[dt.datetime]
