"""The tables of the registry: who is certified, enrolled and linked, by programme, and how that came to be.

A row holds what is known now. `registry_changes` holds every change with the date from which it counts, so that the
registry of any earlier day can be had (pipeline/registry.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models import Base


class Prescriber(Base):
    """A prescriber, known by NPI."""

    __tablename__ = "prescribers"

    id: Mapped[int] = mapped_column(primary_key=True)
    npi: Mapped[str] = mapped_column(String(10), unique=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    fax: Mapped[str | None]
    dea: Mapped[str | None]
    certified_on_2015: Mapped[dt.date | None]
    certified_on_2021: Mapped[dt.date | None]
    known_from: Mapped[dt.date | None]  # None: known before the first fax


class Designee(Base):
    """A designee of one prescriber; somebody who works for two has two rows."""

    __tablename__ = "designees"
    __table_args__ = (UniqueConstraint("prescriber_npi", "last_name", "first_name", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    prescriber_npi: Mapped[str] = mapped_column(String(10), index=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    enrolled_on_2015: Mapped[dt.date | None]
    enrolled_on_2021: Mapped[dt.date | None]
    known_from: Mapped[dt.date | None]


class Patient(Base):
    """A patient; two may share name and birth date, so nothing but `id` is unique."""

    __tablename__ = "patients"
    __table_args__ = (Index("ix_patients_name", "last_name", "first_name", "dob"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    dob: Mapped[dt.date]
    zip: Mapped[str | None] = mapped_column(String(10))
    gender: Mapped[str | None] = mapped_column(String(16))
    prescriber_npi: Mapped[str | None] = mapped_column(String(10), index=True)
    enrolled_on_2015: Mapped[dt.date | None]
    enrolled_on_2021: Mapped[dt.date | None]
    ben: Mapped[bool] = mapped_column(default=False)
    hospice: Mapped[bool] = mapped_column(default=False)
    treatment_status: Mapped[str | None] = mapped_column(String(16))
    monitoring_frequency: Mapped[str | None] = mapped_column(String(32))
    known_from: Mapped[dt.date | None]


class Pharmacy(Base):
    """A certified pharmacy in one setting; one that serves both kinds of patients has two rows (rule R35)."""

    __tablename__ = "pharmacies"
    __table_args__ = (UniqueConstraint("npi", "setting"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    npi: Mapped[str] = mapped_column(String(10))
    setting: Mapped[str] = mapped_column(String(16))  # "inpatient" or "outpatient"
    name: Mapped[str]
    ncpdp: Mapped[str | None] = mapped_column(String(7))
    certified_on_2021: Mapped[dt.date | None]
    known_from: Mapped[dt.date | None]


class RegistryChange(Base):
    """One value of one row, before and after, with the day from which it counts and the form that said so."""

    __tablename__ = "registry_changes"
    __table_args__ = (Index("ix_registry_changes_row", "entity", "entity_id", "field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(16))  # the table
    entity_id: Mapped[int]
    field: Mapped[str] = mapped_column(String(32))
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    effective_on: Mapped[dt.date] = mapped_column(index=True)
    recorded_at: Mapped[dt.datetime]
    form_pk: Mapped[int | None] = mapped_column(ForeignKey("forms.id"), index=True)
    who: Mapped[str] = mapped_column(String(100))


ENTITIES: dict[str, type[Prescriber | Designee | Patient | Pharmacy]] = {
    "prescribers": Prescriber,
    "designees": Designee,
    "patients": Patient,
    "pharmacies": Pharmacy,
}
"""Table name (as in registry.json) to model."""
