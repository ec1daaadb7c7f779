"""The registry of a day as the judge asks it, answered from the database by index: no form reads more than it needs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select, union
from sqlalchemy.orm import Session

from pipeline.registry.history import entries_where, plain
from pipeline.store import registry_models as rows
from pipeline.store.registry_models import RegistryChange
from validators.names import PersonName, name_keys
from validators.registry import (
    Designee,
    Patient,
    Prescriber,
    Programme,
    designee_of_entry,
    patient_of_entry,
    prescriber_of_entry,
)


@dataclass(frozen=True, slots=True)
class RegistryOn:
    """The registry as it stood at the end of a day, without what came later (`validators.registry.Registry`).

    A patient's key is the row's id. People are looked up by the names that they have now.
    """

    session: Session
    day: dt.date

    def prescriber(self, npi: str) -> Prescriber | None:
        """The prescriber with that NPI."""
        found = map(prescriber_of_entry, self._entries("prescribers", rows.Prescriber.npi == npi))
        return next(found, None)

    def prescribers_named(self, name: PersonName) -> Sequence[Prescriber]:
        """The prescribers who share a name key with that name."""
        found = self._entries("prescribers", _named(rows.Prescriber, name))
        return tuple(map(prescriber_of_entry, found))

    def designees_of(self, prescriber_npi: str) -> Sequence[Designee]:
        """The designees of that prescriber, enrolled or not."""
        found = self._entries("designees", rows.Designee.prescriber_npi == prescriber_npi)
        return tuple(map(designee_of_entry, found))

    def designees_named(self, name: PersonName) -> Sequence[Designee]:
        """The designees who share a name key with that name."""
        found = self._entries("designees", _named(rows.Designee, name))
        return tuple(map(designee_of_entry, found))

    def knows_designees(self, programme: Programme) -> bool:
        """Whether the registry records designees of that programme at all."""
        since = getattr(rows.Designee, f"enrolled_on_{programme}")
        return next(self._entries("designees", since.is_not(None)), None) is not None

    def patients_like(self, dob: dt.date | None, zip_code: str | None, npi: str | None) -> Sequence[Patient]:
        """The patients who share a date of birth, a ZIP code or a prescriber, then or now."""
        given = {"dob": dob, "zip": zip_code, "prescriber_npi": npi}
        shared = [(field, value) for field, value in given.items() if value is not None]
        if not shared:
            return ()
        now = [getattr(rows.Patient, field) == value for field, value in shared]
        once = self.session.scalars(union(*(self._had_before(field, value) for field, value in shared))).all()
        found = map(patient_of_entry, self._entries("patients", or_(*now, rows.Patient.id.in_(once))))
        return tuple(p for p in found if p.dob == dob or p.zip == zip_code or p.prescriber_npi == npi)

    def count_patients(self) -> int:
        """About how many patients there are; the highest key, for to count them takes long."""
        return self.session.scalar(select(func.max(rows.Patient.id))) or 0

    def _entries(self, table: str, where: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
        return entries_where(self.session, table, where, self.day)

    def _had_before(self, field: str, value: Any) -> Any:
        """The patients whose value has changed since the day, and was this one."""
        return select(RegistryChange.entity_id).where(
            RegistryChange.entity == "patients",
            RegistryChange.field == field,
            RegistryChange.effective_on > self.day,
            cast(RegistryChange.before, String) == json.dumps(plain(value)),
        )


def _named(model: type[rows.Named], name: PersonName) -> ColumnElement[bool]:
    keys = name_keys(name)
    return or_(model.first_key.in_(keys), model.last_key.in_(keys))
