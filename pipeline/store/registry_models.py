"""The tables of the registry: who is certified, enrolled and linked, by programme, and how that came to be.

prescribers, designees, patients, pharmacies    what is known now
registry_changes                                every change, with the day from which it counts
forms_on_record                                 which accepted form is about which row
anc_results, dispense_rationales                the course of a patient

Nothing is ever deleted. What a form had brought and a correction took back carries the time of that in `withdrawn_at`,
and counts no more; so the registry of any day can be had (pipeline/registry.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from pipeline.store.models import Base
from validators.names import KEY_LETTERS, name_key

STANDING: dict[str, Any] = {
    "sqlite_where": text("withdrawn_at IS NULL"),
    "postgresql_where": text("withdrawn_at IS NULL"),
}
"""Of an index over the lines that count alone: it answers without a look at the table."""


class Named:
    """A first and a last name with their keys, by which an index finds names that may be alike (`validators.names`)."""

    first_name: Mapped[str]
    last_name: Mapped[str]
    first_key: Mapped[str] = mapped_column(String(KEY_LETTERS), index=True, server_default="")
    last_key: Mapped[str] = mapped_column(String(KEY_LETTERS), index=True, server_default="")

    @validates("first_name", "last_name")
    def _set_key(self, half: str, name: str) -> str:
        setattr(self, half.replace("name", "key"), name_key(name))
        return name


class Prescriber(Named, Base):
    """A prescriber, known by NPI."""

    __tablename__ = "prescribers"

    id: Mapped[int] = mapped_column(primary_key=True)
    npi: Mapped[str] = mapped_column(String(10), unique=True)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    fax: Mapped[str | None]
    dea: Mapped[str | None]
    certified_on_2015: Mapped[dt.date | None]
    certified_on_2021: Mapped[dt.date | None]
    known_from: Mapped[dt.date | None]  # None: known before the first fax
    withdrawn_at: Mapped[dt.datetime | None]  # the form that brought this row was corrected and brings it no more


class Designee(Named, Base):
    """A designee of one prescriber; somebody who works for two has two rows."""

    __tablename__ = "designees"
    __table_args__ = (UniqueConstraint("prescriber_npi", "last_name", "first_name", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    prescriber_npi: Mapped[str] = mapped_column(String(10), index=True)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    enrolled_on_2015: Mapped[dt.date | None]
    enrolled_on_2021: Mapped[dt.date | None]
    known_from: Mapped[dt.date | None]
    withdrawn_at: Mapped[dt.datetime | None]


class Patient(Base):
    """A patient; two may share name and birth date, so nothing but `id` is unique."""

    __tablename__ = "patients"
    __table_args__ = (Index("ix_patients_name", "last_name", "first_name", "dob"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    dob: Mapped[dt.date] = mapped_column(index=True)
    zip: Mapped[str | None] = mapped_column(String(10), index=True)
    gender: Mapped[str | None] = mapped_column(String(16))
    prescriber_npi: Mapped[str | None] = mapped_column(String(10), index=True)
    enrolled_on_2015: Mapped[dt.date | None]
    enrolled_on_2021: Mapped[dt.date | None]
    ben: Mapped[bool] = mapped_column(default=False)
    hospice: Mapped[bool] = mapped_column(default=False)
    treatment_status: Mapped[str | None] = mapped_column(String(16))
    monitoring_frequency: Mapped[str | None] = mapped_column(String(32))
    known_from: Mapped[dt.date | None]
    withdrawn_at: Mapped[dt.datetime | None]


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
    withdrawn_at: Mapped[dt.datetime | None]


class RegistryChange(Base):
    """One value of one row, before and after, with the day from which it counts and the form that said so."""

    __tablename__ = "registry_changes"
    __table_args__ = (
        Index("ix_registry_changes_row", "entity", "entity_id", "field"),
        Index("ix_registry_changes_field", "entity", "field", "effective_on"),
    )

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
    withdrawn_at: Mapped[dt.datetime | None]


class FormOnRecord(Base):
    """An accepted form about a row of the registry; without `form_pk` one that another register had received."""

    __tablename__ = "forms_on_record"
    __table_args__ = (Index("ix_forms_on_record_row", "entity", "entity_id", "family", "received", **STANDING),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(16))  # the table
    entity_id: Mapped[int]
    form_pk: Mapped[int | None] = mapped_column(ForeignKey("forms.id"), index=True)
    family: Mapped[str] = mapped_column(String(32))  # "psf", "anc_lab", …: the form without its year
    received: Mapped[dt.date]
    prescriber_npi: Mapped[str | None] = mapped_column(String(10), index=True)  # as the form names the prescriber
    added_row: Mapped[bool] = mapped_column(default=False)  # the form made the row known
    withdrawn_at: Mapped[dt.datetime | None]


class AncResult(Base):
    """One ANC of a patient, in cells/µL, as a form reported it; two forms may report the same one."""

    __tablename__ = "anc_results"
    __table_args__ = (Index("ix_anc_results_patient", "patient_id", "drawn_on", "received", "anc", **STANDING),)

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    drawn_on: Mapped[dt.date]
    anc: Mapped[int]
    received: Mapped[dt.date]  # the day from which it was known
    form_pk: Mapped[int | None] = mapped_column(ForeignKey("forms.id"), index=True)
    withdrawn_at: Mapped[dt.datetime | None]


class DispenseRationale(Base):
    """A pharmacist's rationale for a dispense without a PSF (rule R44), given by telephone and noted by a person."""

    __tablename__ = "dispense_rationales"
    __table_args__ = (Index("ix_dispense_rationales_patient", "patient_id", "given_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    given_on: Mapped[dt.date]
    setting: Mapped[str] = mapped_column(String(16))  # "inpatient" or "outpatient": only the latter are limited
    pharmacy_npi: Mapped[str | None] = mapped_column(String(10))
    who: Mapped[str] = mapped_column(String(100))
    recorded_at: Mapped[dt.datetime]


ENTITIES: dict[str, type[Prescriber | Designee | Patient | Pharmacy]] = {
    "prescribers": Prescriber,
    "designees": Designee,
    "patients": Patient,
    "pharmacies": Pharmacy,
}
"""Table name (as in registry.json) to model."""
