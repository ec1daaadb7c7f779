"""Who is certified, enrolled and linked: what the judge may ask the programme's registry, as it stood on a day.

`Registry` is what a judge needs, whoever keeps the rows; `RegistrySnapshot` holds all of them in memory. The one over
the database is in pipeline/registry_lookup.py and answers the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from validators.names import PersonName, name_keys


class Programme(StrEnum):
    """The two programmes, named by the year of their rules. Nothing was carried over from the first (rule R4)."""

    FIRST = "2015"
    MODIFIED = "2021"


@dataclass(frozen=True, slots=True)
class Membership:
    """From which day on somebody is certified or enrolled in each programme; None: never."""

    in_2015: dt.date | None = None
    in_2021: dt.date | None = None

    def holds(self, programme: Programme, on: dt.date) -> bool:
        """Whether it holds in that programme on that day."""
        since = self.since(programme)
        return since is not None and since <= on

    def since(self, programme: Programme) -> dt.date | None:
        """The first day in that programme."""
        return self.in_2015 if programme is Programme.FIRST else self.in_2021


@dataclass(frozen=True, slots=True)
class Prescriber:
    """A prescriber; `certified` says in which programme."""

    npi: str
    name: PersonName
    certified: Membership


@dataclass(frozen=True, slots=True)
class Designee:
    """A designee of one prescriber (somebody who works for two prescribers stands here twice); `phone` in digits."""

    name: PersonName
    phone: str
    prescriber_npi: str
    enrolled: Membership


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as enrolled; `key` is the registry's own and says nothing about the person."""

    key: str
    name: PersonName
    dob: dt.date
    zip: str
    gender: str
    prescriber_npi: str
    enrolled: Membership
    ben: bool
    hospice: bool


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """A certified pharmacy; one that serves inpatients and outpatients stands here twice (R35)."""

    npi: str
    name: str
    setting: str
    certified: Membership


class Registry(Protocol):
    """The registry as it stood on one day, to look people up in. It does not change while a form is judged."""

    def prescriber(self, npi: str) -> Prescriber | None:
        """The prescriber with that NPI."""

    def prescribers_named(self, name: PersonName) -> Sequence[Prescriber]:
        """The prescribers whom that name may mean: those who share a name key with it (`names.name_keys`)."""

    def designees_of(self, prescriber_npi: str) -> Sequence[Designee]:
        """The designees of that prescriber, enrolled or not."""

    def designees_named(self, name: PersonName) -> Sequence[Designee]:
        """The designees, of whatever prescriber, whom that name may mean."""

    def knows_designees(self, programme: Programme) -> bool:
        """Whether the registry records designees of that programme at all (those of the first may be lost)."""

    def patients_like(self, dob: dt.date | None, zip_code: str | None, npi: str | None) -> Sequence[Patient]:
        """The patients who share a date of birth, a ZIP code or a prescriber: the only ones who can be meant."""

    def count_patients(self) -> int:
        """About how many patients there are: the chance that a form means any one of them hangs on it."""


@dataclass(frozen=True)
class RegistrySnapshot:
    """The whole registry of one day in memory."""

    prescribers: tuple[Prescriber, ...] = ()
    designees: tuple[Designee, ...] = ()
    patients: tuple[Patient, ...] = ()
    pharmacies: tuple[Pharmacy, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Mapping[str, Any]]]) -> RegistrySnapshot:
        """The snapshot of a registry file (`faxforms registry import`).

        Raises:
            KeyError, ValueError: the file lacks something or holds a date that is none.
        """
        return cls(
            prescribers=tuple(prescriber_of_entry(entry) for entry in data.get("prescribers", ())),
            designees=tuple(designee_of_entry(entry) for entry in data.get("designees", ())),
            patients=tuple(patient_of_entry(entry) for entry in data.get("patients", ())),
            pharmacies=tuple(pharmacy_of_entry(entry) for entry in data.get("pharmacies", ())),
        )

    def prescriber(self, npi: str) -> Prescriber | None:
        """The prescriber with that NPI."""
        return self._prescriber_by_npi.get(npi)

    def prescribers_named(self, name: PersonName) -> tuple[Prescriber, ...]:
        """The prescribers who share a name key with that name."""
        return tuple(other for other in self.prescribers if name_keys(name) & name_keys(other.name))

    def designees_of(self, prescriber_npi: str) -> tuple[Designee, ...]:
        """The designees of that prescriber, enrolled or not."""
        return tuple(designee for designee in self.designees if designee.prescriber_npi == prescriber_npi)

    def designees_named(self, name: PersonName) -> tuple[Designee, ...]:
        """The designees who share a name key with that name."""
        return tuple(other for other in self.designees if name_keys(name) & name_keys(other.name))

    def knows_designees(self, programme: Programme) -> bool:
        """Whether the registry records designees of that programme at all (those of the first may be lost)."""
        return any(designee.enrolled.since(programme) is not None for designee in self.designees)

    def patients_like(self, dob: dt.date | None, zip_code: str | None, npi: str | None) -> tuple[Patient, ...]:
        """The patients who share a date of birth, a ZIP code or a prescriber: the only ones who can be meant."""
        given = [evidence for evidence in (("dob", dob), ("zip", zip_code), ("npi", npi)) if evidence[1] is not None]
        near = (self._patients_by.get(evidence, ()) for evidence in given)
        return tuple({patient.key: patient for group in near for patient in group}.values())

    def count_patients(self) -> int:
        """How many patients there are."""
        return len(self.patients)

    @cached_property
    def _prescriber_by_npi(self) -> Mapping[str, Prescriber]:
        return {prescriber.npi: prescriber for prescriber in self.prescribers}

    @cached_property
    def _patients_by(self) -> Mapping[tuple[str, object], list[Patient]]:
        index: defaultdict[tuple[str, object], list[Patient]] = defaultdict(list)
        for patient in self.patients:
            for evidence in (("dob", patient.dob), ("zip", patient.zip), ("npi", patient.prescriber_npi)):
                index[evidence].append(patient)
        return index


def prescriber_of_entry(entry: Mapping[str, Any]) -> Prescriber:
    """A prescriber as a registry file has it. Raises KeyError, ValueError."""
    return Prescriber(npi=entry["npi"], name=_name(entry), certified=_membership(entry, "certified"))


def designee_of_entry(entry: Mapping[str, Any]) -> Designee:
    """A designee as a registry file has it. Raises KeyError, ValueError."""
    return Designee(
        name=_name(entry),
        phone="".join(c for c in entry.get("phone") or "" if c.isdigit()),
        prescriber_npi=entry["prescriber_npi"],
        enrolled=_membership(entry, "enrolled"),
    )


def patient_of_entry(entry: Mapping[str, Any]) -> Patient:
    """A patient as a registry file has it. Raises KeyError, ValueError."""
    return Patient(
        key=str(entry.get("key") or patient_key(_name(entry), entry["dob"], entry["zip"])),
        name=_name(entry),
        dob=dt.date.fromisoformat(entry["dob"]),
        zip=entry["zip"] or "",
        gender=entry.get("gender") or "",
        prescriber_npi=entry["prescriber_npi"],
        enrolled=_membership(entry, "enrolled"),
        ben=bool(entry.get("ben")),
        hospice=bool(entry.get("hospice")),
    )


def pharmacy_of_entry(entry: Mapping[str, Any]) -> Pharmacy:
    """A pharmacy as a registry file has it. Raises KeyError, ValueError."""
    return Pharmacy(
        npi=entry["npi"],
        name=entry.get("name") or "",
        setting=entry.get("setting") or "",
        certified=_membership(entry, "certified"),
    )


def patient_key(name: PersonName, dob: str, zip_code: str) -> str:
    """A key for a patient of a registry file that gives none: the same person has the same key in every import."""
    identity = "|".join((name.last.casefold(), name.first.casefold(), dob, zip_code))
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _name(entry: Mapping[str, Any]) -> PersonName:
    return PersonName(first=entry["first_name"], last=entry["last_name"])


def _membership(entry: Mapping[str, Any], kind: str) -> Membership:
    first, modified = (entry.get(f"{kind}_on_{programme.value}") for programme in Programme)
    return Membership(
        in_2015=dt.date.fromisoformat(first) if first else None,
        in_2021=dt.date.fromisoformat(modified) if modified else None,
    )
