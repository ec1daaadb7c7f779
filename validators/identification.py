"""Who a form means: all its evidence weighed together against the registry, never the name alone.

Handwritten names are often misread; a date of birth, a ZIP code and a prescriber rarely all are. The evidence of each
field is a likelihood ratio (Fellegi and Sunter 1969); the weights are data in `rulebook/identification.yaml`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from validators.content import Content
from validators.names import PersonName, likeness, similarity, split_name
from validators.registry import Designee, Patient, Prescriber, Programme, Registry

WEIGHTS_FILE = Path(__file__).parent / "rulebook" / "identification.yaml"


class Certainty(StrEnum):
    """How far a person is identified."""

    SURE = "sure"
    DOUBTFUL = "doubtful"  # somebody may be meant: a person decides
    CONTRADICTED = "contradicted"  # somebody is meant, yet the form says otherwise in a value read with confidence
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """The patient meant: probability (`score`, 0 to 1) and how much less probable the runner-up is (`margin`)."""

    certainty: Certainty
    patient: Patient | None = None
    score: float = 0.0
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class PrescriberMatch:
    """The prescriber meant."""

    certainty: Certainty
    prescriber: Prescriber | None = None


def identify_patient(content: Content, registry: Registry) -> PatientMatch:
    """The registry's patient whom the form means, with the probability of it and the margin to the runner-up."""
    dob, zip_code = content.tentative("patient_dob"), content.tentative("patient_zip")
    npi = prescriber_npi(content)
    candidates = registry.patients_like(
        dob if isinstance(dob, dt.date) else None, zip_code if isinstance(zip_code, str) else None, npi
    )
    if not candidates:
        return PatientMatch(Certainty.NOBODY)
    prior = _weights()["prior_enrolled"] / max(1, registry.count_patients())
    odds = {p.key: prior * math.exp(_evidence(content, p, npi)) for p in candidates}
    total = sum(odds.values()) + 1 - _weights()["prior_enrolled"]
    ranked = sorted(candidates, key=lambda p: odds[p.key], reverse=True)
    best, score = ranked[0], odds[ranked[0].key] / total
    margin = score - (odds[ranked[1].key] / total if len(ranked) > 1 else 0.0)
    certainty = _certainty(content, best, score, margin)
    return PatientMatch(certainty, None if certainty is Certainty.NOBODY else best, score, margin)


def identify_prescriber(content: Content, registry: Registry) -> PrescriberMatch:
    """The registry's prescriber whom the form means: by NPI, and by name where the form gives a DEA number instead."""
    npi, name = prescriber_npi(content), content.name("prescriber")
    limits = _weights()["prescriber_name"]
    if npi is None:
        named = registry.prescribers_named(name) if name else ()
        alike = [p for p in named if name and likeness(name, p.name) >= limits["by_name_alone"]]
        return PrescriberMatch(Certainty.SURE, alike[0]) if len(alike) == 1 else PrescriberMatch(Certainty.NOBODY)
    found = registry.prescriber(npi)
    if found is None:
        return PrescriberMatch(Certainty.NOBODY)
    known = content.name_is_known("prescriber")
    alikeness = likeness(name, found.name) if name else 0.0
    if known and alikeness < limits["known_name"]:
        return PrescriberMatch(Certainty.CONTRADICTED, found)
    if alikeness < limits["doubtful_name"]:
        return PrescriberMatch(Certainty.DOUBTFUL, found)
    return PrescriberMatch(Certainty.SURE, found)


def identify_designee(content: Content, registry: Registry, npi: str, programme: Programme, on: dt.date) -> Certainty:
    """Whether the submitter is a designee enrolled for that prescriber: by printed name and telephone number together.

    A name that fits somebody who is not linked better than anybody who is, is not linked.
    """
    linked = [d for d in registry.designees_of(npi) if d.enrolled.holds(programme, on)]
    written = content.tentative("submitter_name")
    if not isinstance(written, str):
        return Certainty.DOUBTFUL
    name, known = split_name(written), not content.is_unknown("submitter_name")
    best = max((_designee_likeness(content, name, known, d) for d in linked), default=0.0)
    if best == 1.0:
        return Certainty.SURE  # nobody fits better
    others = max((likeness(name, d.name) for d in registry.designees_named(name) if d not in linked), default=0.0)
    if best > 0 and best >= others:
        return Certainty.SURE
    return Certainty.NOBODY if known else Certainty.DOUBTFUL


def prescriber_npi(content: Content) -> str | None:
    """The tentative NPI of the prescriber; None when the form gives none, or a DEA number in its place."""
    for field in ("prescriber_npi", "prescriber_npi_or_dea"):
        value = content.tentative(field)
        if isinstance(value, str) and value.isdigit():
            return value
    return None


def patient_names(content: Content) -> tuple[PersonName, ...]:
    """Every reading of the patient's name on the form: two independent ones where page 2 repeats it."""
    head = content.tentative("patient_name_p2")
    names = (content.name("patient"), split_name(head) if isinstance(head, str) else None)
    return tuple(name for name in names if name is not None)


def _evidence(content: Content, patient: Patient, npi: str | None) -> float:
    """The natural logarithm of the likelihood ratio for this patient, all fields together."""
    limits = _weights()["near_digits"]
    dob, zip_code = content.tentative("patient_dob"), content.tentative("patient_zip")
    weight = 0.0
    if isinstance(dob, dt.date):
        weight += _digits(content, "patient_dob", "dob", f"{dob:%m%d%Y}", f"{patient.dob:%m%d%Y}", limits["dob"])
    if isinstance(zip_code, str):
        weight += _digits(content, "patient_zip", "zip", zip_code, patient.zip, limits["zip"])
    if npi is not None:
        relation = "same" if npi == patient.prescriber_npi else "different"
        known = not any(content.is_unknown(f) for f in ("prescriber_npi", "prescriber_npi_or_dea"))
        weight += _weight("prescriber", relation, known)
    known = content.name_is_known("patient")
    for half in ("first", "last"):
        likenesses = [similarity(getattr(name, half), getattr(patient.name, half)) for name in patient_names(content)]
        if likenesses:
            weight += _weight(f"{half}_name", _name_relation(max(likenesses)), known)
    return weight


def _digits(content: Content, field: str, evidence: str, one: str, other: str, near: int) -> float:
    differing = sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))
    relation = "same" if differing == 0 else "near" if differing <= near else "different"
    return _weight(evidence, relation, not content.is_unknown(field))


def _name_relation(alike: float) -> str:
    return "same" if alike == 1.0 else "near" if alike >= _weights()["near_name"] else "different"


def _weight(evidence: str, relation: str, known: bool) -> float:
    return float(_weights()[evidence][relation]["known" if known else "doubtful"])


def _certainty(content: Content, patient: Patient, score: float, margin: float) -> Certainty:
    weights = _weights()
    if score < weights["possible_probability"]:
        return Certainty.NOBODY
    if score < weights["sure_probability"] or margin < weights["sure_margin"]:
        return Certainty.DOUBTFUL
    born, lives = content.tentative("patient_dob"), content.tentative("patient_zip")
    if born != patient.dob and lives != patient.zip:
        return Certainty.DOUBTFUL  # a name and a prescriber alone identify nobody
    if isinstance(born, dt.date) and born != patient.dob and not content.is_unknown("patient_dob"):
        return Certainty.CONTRADICTED
    alike = max((likeness(name, patient.name) for name in patient_names(content)), default=0.0)
    if alike < weights["sure_name"]:
        return Certainty.CONTRADICTED if content.name_is_known("patient") else Certainty.DOUBTFUL
    return Certainty.SURE


def _designee_likeness(content: Content, name: PersonName, known: bool, designee: Designee) -> float:
    """How alike the names are, 0 where it is too little."""
    limits = _weights()["designee"]
    phone = content.tentative("submitter_phone")
    same_phone = isinstance(phone, str) and phone == designee.phone
    enough = limits["name_with_phone"] if same_phone else limits["known_name"] if known else limits["doubtful_name"]
    alike = likeness(name, designee.name)
    return alike if alike >= enough else 0.0


@cache
def _weights() -> Mapping[str, Any]:
    weights: Mapping[str, Any] = yaml.safe_load(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return weights
