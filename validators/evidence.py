"""What is known beside the ink, for and against what was read: it moves confidence, never a value.

The readers say which values the ink could mean, and how likely each is. A check digit, the calendar, the day of
receipt, the registry, and the same date written twice on the form make some of those values less likely than others
(factors in `rulebook/evidence.yaml`). A value gains when only its rivals lose, and loses when only it does; then its
confidence is calibrated anew. Readings that differ stay doubtful unless the registry knows the value from elsewhere;
doubts of another kind (struck-out ink) stay in any case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from extractors.confidence import calibrated
from extractors.definition import Field, FieldKind, FormDefinition
from extractors.reading import FormReading, Reading
from validators.content import Content, from_readings
from validators.identification import patient_names, prescriber_npi
from validators.identifiers import npi_is_valid
from validators.names import likeness
from validators.registry import Patient, Registry

FACTORS_FILE = Path(__file__).parent / "rulebook" / "evidence.yaml"
REPEATED = {"patient_dob": "patient_dob_p2", "patient_dob_p2": "patient_dob"}
"""Fields that a form has twice."""
DIFFER = "readings_differ"
A_YEAR = 365
SAME_PERSON = 0.6  # so alike (0 to 1) are a name as read and the registry's, if they are the same person's

Factor = Callable[[str], float]
"""From a value that a field could have to what is known of it: 1 speaks neither way, less against it, more for it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the factors look at beside the value itself."""

    content: Content
    form: FormReading
    received: dt.date
    registry: Registry


def weigh_evidence(form: FormReading, definition: FormDefinition, received: dt.date, registry: Registry) -> FormReading:
    """The form's readings with the confidence that remains when everything known is weighed; their values stay."""
    known = Known(from_readings(form, definition), form, received, registry)
    readings = dict(form.readings)
    for field in definition.fields:
        reading = form.readings.get(field.name)
        factor = _factor_of(field, known)
        if reading is not None and isinstance(reading.value, str) and reading.alternatives and factor is not None:
            readings[field.name] = _weighed(reading, field, factor)
    return replace(form, readings=readings)


def _weighed(reading: Reading, field: Field, factor: Factor) -> Reading:
    """The reading with the belief that is left to it beside its alternatives."""
    weight = factor(str(reading.value))
    others = sum(other.chance * factor(other.value) for other in reading.alternatives if other.value != reading.value)
    belief = reading.belief * weight / (reading.belief * weight + others + _factors()["something_else"])
    # what is known from elsewhere is a second reading: one reader and a witness agree
    why = "" if weight > 1 and reading.why == DIFFER else reading.why
    judged = calibrated(field, reading.pen, belief, why)
    confidence = round(judged.confidence, 5)
    return replace(reading, belief=round(belief, 7), confidence=confidence, doubtful=bool(judged.why), why=judged.why)


def _factor_of(field: Field, known: Known) -> Factor | None:
    """What speaks for a field's values; None where nothing is known beside the ink."""
    if field.name.startswith("prescriber_npi"):
        return lambda value: _prescriber_npi(value, known)
    if field.name.startswith("pharmacy_npi"):
        return _npi
    if field.name in REPEATED:
        return _date_of_birth(field, known)
    if field.kind is FieldKind.DATE:
        return lambda value: _date(value, known.received)
    if field.name.startswith("anc_value"):
        return _anc
    return None


def _npi(value: str) -> float:
    return 1.0 if npi_is_valid(value) or not value.isdigit() else float(_factors()["npi"]["check_digit_fails"])


def _prescriber_npi(value: str, known: Known) -> float:
    if not npi_is_valid(value):
        return _npi(value)
    factors, found, name = _factors()["npi"], known.registry.prescriber(value), known.content.name("prescriber")
    if found is None:
        return float(factors["not_in_registry"])
    return float(factors["witnessed"]) if name and likeness(name, found.name) >= SAME_PERSON else 1.0


def _date(value: str, received: dt.date) -> float:
    factors = _factors()["date"]
    day = _day(value)
    if day is None:
        return float(factors["no_such_day"])
    if day > received:
        return float(factors["after_receipt" if (day - received).days <= A_YEAR else "a_year_after_receipt"])
    return float(factors["long_ago"]) if (received - day).days > factors["days"] else 1.0


def _date_of_birth(field: Field, known: Known) -> Factor:
    factors = _factors()["date_of_birth"]
    repeated = _chances(known.form.readings.get(REPEATED[field.name]))
    born = {patient.dob for patient in _who_may_be_meant(known)}

    def factor(value: str) -> float:
        day = _day(value)
        if day is None:
            return float(factors["no_such_day"])
        age = (known.received - day).days / 365.25
        weight = 1.0 if factors["youngest"] <= age <= factors["oldest"] else float(factors["implausible_age"])
        if born:
            weight *= float(factors["witnessed"] if day in born else factors["nobody_has_it"])
        return weight * max(repeated.get(value, 0.0), float(factors["not_as_repeated"])) if repeated else weight

    return factor


def _anc(value: str) -> float:
    factors = _factors()["anc"]
    plausible = value.isdigit() and factors["least"] <= int(value) <= factors["most"]
    return 1.0 if plausible else float(factors["implausible"])


def _who_may_be_meant(known: Known) -> Iterable[Patient]:
    """The registry's patients whom the rest of the form may mean, the date of birth left aside."""
    zip_code, names = known.content.tentative("patient_zip"), patient_names(known.content)
    near = known.registry.patients_like(
        None, zip_code if isinstance(zip_code, str) else None, prescriber_npi(known.content)
    )
    return [
        patient for patient in near if max((likeness(name, patient.name) for name in names), default=0.0) >= SAME_PERSON
    ]


def _chances(reading: Reading | None) -> Mapping[str, float]:
    """What the ink of another place says, value by value; nothing where it says nothing."""
    if reading is None or not isinstance(reading.value, str):
        return {}
    return {other.value: other.chance for other in reading.alternatives} | {reading.value: reading.belief}


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


@cache
def _factors() -> Mapping[str, Any]:
    factors: Mapping[str, Any] = yaml.safe_load(FACTORS_FILE.read_text(encoding="utf-8"))
    return factors
