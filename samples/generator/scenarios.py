"""Scenarios (`scenarios.yaml`): one is drawn, cast with people of the programme, played: values, route, reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from numpy.random import Generator

from samples.generator import changes
from samples.generator.contents import IN_ORDER, Cast
from samples.generator.people import Patient, Programme, pick

ENROLLMENT = (dt.date(2021, 12, 10), dt.date(2024, 12, 20))  # between which days forms come, here
FIRST_PROGRAMME = (dt.date(2015, 11, 15), dt.date(2021, 11, 1))
IN_USE = {
    "psf_2021": (dt.date(2022, 1, 10), dt.date(2024, 12, 20)),
    "anc_lab_2015": FIRST_PROGRAMME,
    "patient_enrollment_2015": FIRST_PROGRAMME,
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario of one form: how often it comes (weight), its reasons (none: accept), and what it does."""

    form_id: str
    name: str
    weight: float
    reasons: tuple[str, ...] = ()
    change: str = "in_order"  # the name in `changes.CHANGES`, and an argument where it takes one
    designee: float = 0.3  # how often a designee acts; 1 always, 0 never
    certified: bool = True
    enrolled: bool | None = True  # whether the registry has the patient in the modified programme; None: no matter
    plain: bool = True  # a patient that the registry has as neither BEN nor hospice


def script(
    scenario: Scenario, programme: Programme, free: list[Patient], rng: Generator, received: dt.date | None = None
) -> changes.Scripted:
    """Play the scenario with the first free patient who fits it (taken off the list), on a day of the form's time."""
    cast = _cast(scenario, programme, free, rng, received)
    made = changes.Scripted(scenario.form_id, scenario.name, cast.received, IN_ORDER[scenario.form_id](cast, rng))
    changes.named(scenario.change)(made, cast, programme, rng)
    made.reasons = list(scenario.reasons)
    made.route = "review" if made.reasons else "accept"
    return made


@lru_cache(maxsize=1)
def scenarios() -> tuple[Scenario, ...]:
    """All scenarios of all forms, in the order of `scenarios.yaml`."""
    listed = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text(encoding="utf-8"))
    return tuple(
        Scenario(form_id, **{**facts, "reasons": tuple(facts.get("reasons", ()))})
        for form_id, rows in listed.items()
        for facts in rows
    )


def draw_scenario(rng: Generator, forms: tuple[str, ...] | None = None) -> Scenario:
    """A scenario by weight, of those forms only when they are given."""
    choices = [scenario for scenario in scenarios() if forms is None or scenario.form_id in forms]
    weights = [scenario.weight for scenario in choices]
    return choices[int(rng.choice(len(choices), p=[weight / sum(weights) for weight in weights]))]


def _cast(
    scenario: Scenario, programme: Programme, free: list[Patient], rng: Generator, received: dt.date | None
) -> Cast:
    start, end = IN_USE.get(scenario.form_id, ENROLLMENT)
    day = start + dt.timedelta(days=int(rng.integers(0, (end - start).days)))
    patient = next((one for one in free if _fits(scenario, one)), None)
    if patient is None:
        patient = next(one for one in programme.patients if _fits(scenario, one))
    else:
        free.remove(patient)
    prescriber = next(one for one in programme.prescribers if one.npi == patient.prescriber_npi)
    if not scenario.certified:
        prescriber = pick(rng, [one for one in programme.prescribers if one.certified_on_2021 is None])
    theirs = [one for one in programme.designees if one.prescriber_npi == prescriber.npi]
    designee = pick(rng, theirs or programme.designees)
    return Cast(prescriber, designee, patient, received or day, bool(rng.random() < scenario.designee))


def _fits(scenario: Scenario, patient: Patient) -> bool:
    enrolled = scenario.enrolled is None or bool(patient.enrolled_on_2021) is scenario.enrolled
    return enrolled and not (scenario.plain and (patient.ben or patient.hospice))
