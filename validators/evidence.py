"""What is known beside the ink, for and against what was read: it moves confidence, never a value.

The readers say which values the ink could mean, and how likely each is. A check digit, the calendar, the day of
receipt, the order of a form's dates, the registry, and the same date written twice on the form make some of those
values less likely than others (factors in `rulebook/evidence.yaml`). A value gains when only its rivals lose, and loses
when only it does; then its confidence is calibrated anew. Readings that differ stay doubtful unless what is known
decides between them: the registry or the form's other place for it has the value, or what the other reader says can
hardly be (no such day, no valid NPI). Doubts of another kind (struck-out ink) stay in any case.
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
SIGNED = ("signature_date", "designee_signature_date")
DRAWN = "anc_draw_date"
DIFFER = "readings_differ"
A_YEAR = 365
SAME_PERSON = 0.6  # so alike (0 to 1) are a name as read and the registry's, if they are the same person's

LEAST_ODDS = 1e-12

Days = Mapping[dt.date, float]
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
    why = "" if reading.why == DIFFER and _decides(weight, reading.belief, belief) else reading.why
    judged = calibrated(field, reading.pen, belief, why)
    confidence = round(judged.confidence, 5)
    return replace(reading, belief=round(belief, 7), confidence=confidence, doubtful=bool(judged.why), why=judged.why)


def _decides(weight: float, before: float, after: float) -> bool:
    """Whether what is known is as good as a second reading: a witness of the value, or its rivals lose nearly all.

    Args:
        weight: the value's factor.
        before: the belief (0 to 1) in the value by its ink.
        after: the belief once all is weighed.
    """
    deciding = _factors()["deciding"]
    odds = after * (1 - before) / max(before * (1 - after), LEAST_ODDS)
    return weight > 1 or (weight >= deciding["least_factor"] and odds >= deciding["odds"])


def _factor_of(field: Field, known: Known) -> Factor | None:
    """What speaks for a field's values; None where nothing is known beside the ink."""
    if field.name.startswith("prescriber_npi"):
        return lambda value: _prescriber_npi(value, known)
    if field.name.startswith("pharmacy_npi"):
        return _npi
    if field.name in REPEATED:
        return _date_of_birth(field, known)
    if field.kind is FieldKind.DATE:
        return _date(field, known)
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


def _date(field: Field, known: Known) -> Factor:
    factors = _factors()["date"]
    kind = "signed" if field.name in SIGNED else "drawn" if field.name.startswith(DRAWN) else "other"
    others = [_days(reading) for name, reading in known.form.readings.items() if _has_an_order(kind, name)]

    def factor(value: str) -> float:
        day = _day(value)
        if day is None:
            return float(factors["no_such_day"])
        age = (known.received - day).days
        if age < 0:
            return float(factors["after_receipt" if -age <= A_YEAR else "a_year_after_receipt"])
        weight = float(next((one["factor"] for one in factors["age"][kind] if age <= one["days"]), factors["long_ago"]))
        for chances in filter(None, others):
            in_order = sum(chances[other] for other in chances if other == day or (other > day) == (kind == "drawn"))
            weight *= max(in_order / sum(chances.values()), float(factors["out_of_order"]))
        return weight

    return factor


def _has_an_order(kind: str, other: str) -> bool:
    """Whether the date in `other` comes after a draw, or before a signature, on a form in order (R17)."""
    return other in SIGNED if kind == "drawn" else other.startswith(DRAWN) if kind == "signed" else False


def _days(reading: Reading | None) -> Days:
    """The days that the ink of a date may mean, with their chances."""
    chances = _chances(reading).items()
    return {day: chance for value, chance in chances if (day := _day(value)) is not None and chance > 0}


def _date_of_birth(field: Field, known: Known) -> Factor:
    factors = _factors()["date_of_birth"]
    other_place = known.form.readings.get(REPEATED[field.name])
    repeated = _chances(other_place)
    sure = other_place.value if other_place is not None and not other_place.doubtful else None
    least = float(factors["not_as_repeated_in_doubt" if sure is None else "not_as_repeated"])
    born = {patient.dob for patient in _who_may_be_meant(known)}

    def factor(value: str) -> float:
        day = _day(value)
        if day is None:
            return float(factors["no_such_day"])
        age = (known.received - day).days / 365.25
        weight = 1.0 if factors["youngest"] <= age <= factors["oldest"] else float(factors["implausible_age"])
        if born:
            weight *= float(factors["witnessed"] if day in born else factors["nobody_has_it"])
        if value == sure:
            return weight * float(factors["repeated"])
        return weight * max(repeated.get(value, 0.0), least) if repeated else weight

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
