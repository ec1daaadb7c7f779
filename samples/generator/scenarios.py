"""What can be the matter with a form: each scenario changes a form that is in order, and says where it must go and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from numpy.random import Generator

from samples.generator import people
from samples.generator.contents import IN_ORDER, Cast, Values, on_form
from samples.generator.people import Patient, Programme, pick, words

ENROLLMENT = (dt.date(2021, 12, 10), dt.date(2024, 12, 20))  # between which days forms come, here
FIRST_PROGRAMME = (dt.date(2015, 11, 15), dt.date(2021, 11, 1))
IN_USE = {
    "psf_2021": (dt.date(2022, 1, 10), dt.date(2024, 12, 20)),
    "anc_lab_2015": FIRST_PROGRAMME,
    "patient_enrollment_2015": FIRST_PROGRAMME,
}


@dataclass(slots=True)
class Scripted:
    """One form to be: its values (as the truth has them), its route and reasons, and, by field, what was crossed out first."""

    form_id: str
    scenario: str
    received: dt.date
    values: Values
    route: str = "accept"
    reasons: list[str] = field(default_factory=list)
    struck: dict[str, str] = field(default_factory=dict)
    missing_page: int | None = None


Change = Callable[[Scripted, Cast, Programme, Generator], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario of one form: how often it comes (weight), its reasons (none: accept), and what it does."""

    form_id: str
    name: str
    weight: float
    reasons: tuple[str, ...]
    change: Change
    designee: float = 0.3  # how often a designee acts; 1 always, 0 never
    certified: bool = True
    enrolled: bool | None = True  # whether the registry has the patient in the modified programme; None: no matter
    plain: bool = True  # a patient that the registry has as neither BEN nor hospice


def script(
    scenario: Scenario, programme: Programme, free: list[Patient], rng: Generator, received: dt.date | None = None
) -> Scripted:
    """Play the scenario with the first free patient who fits it (taken off the list), on a day of the form's time."""
    cast = _cast(scenario, programme, free, rng, received)
    made = Scripted(scenario.form_id, scenario.name, cast.received, IN_ORDER[scenario.form_id](cast, rng))
    scenario.change(made, cast, programme, rng)
    made.reasons = list(scenario.reasons)
    made.route = "review" if made.reasons else "accept"
    return made


def draw_scenario(rng: Generator, forms: tuple[str, ...] | None = None) -> Scenario:
    """A scenario by weight, of those forms only when they are given."""
    choices = [scenario for scenario in SCENARIOS if forms is None or scenario.form_id in forms]
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


def _in_order(_made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """Nothing is the matter."""


def _without(*names: str) -> Change:
    def change(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
        for name in names:
            made.values.pop(name, None)

    return change


def _baseline(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    made.values["submission_type"] = "baseline"
    for name in [name for name in made.values if name.startswith(("anc_value_", "anc_draw_date_"))]:
        del made.values[name]


def _stale(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    _baseline(made, cast, programme, rng)
    made.values["anc_draw_date"] = on_form(cast.received - dt.timedelta(days=int(rng.integers(36, 90))))


def _mild(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values |= {"anc_value": str(rng.integers(100, 150) * 10), "monitoring_frequency": "three_times_weekly"}


def _ben(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values |= {"ben_flag": True, "anc_value": str(rng.integers(100, 190) * 10)}


def _hospice(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    made.values |= {"hospice_flag": True, "monitoring_frequency": "every_6_months"}


def _low(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values |= {"anc_value": str(rng.integers(30, 100) * 10), "monitoring_frequency": "three_times_weekly"}


def _low_with_rationale(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    _low(made, cast, programme, rng)
    made.values |= {"rationale_low_anc": True, "rationale_text": pick(rng, words()["rationales"])}


def _missed(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    for name in [name for name in made.values if name.startswith("anc_")]:
        del made.values[name]
    made.values["anc_not_available"] = True


def _missed_with_rationale(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    _missed(made, cast, programme, rng)
    made.values |= {"rationale_missing_labs": True, "rationale_text": pick(rng, words()["missed_labs"])}


def _status(status: str) -> Change:
    def change(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
        reason = pick(rng, words()["interrupt_reasons" if status == "interrupted" else "discontinue_reasons"])
        made.values |= {"submission_type": "status_change", "treatment_status": status}
        made.values |= {"status_date": made.values["anc_draw_date"], "status_reason": reason}

    return change


def _other_unit(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values["anc_value"] = f"{rng.uniform(1.5, 8.0):.{int(rng.integers(1, 3))}f}"


def _frequency(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values |= {
        "anc_value": str(rng.integers(100, 150) * 10),
        "monitoring_frequency": pick(rng, ("monthly", "every_2_weeks")),
    }


def _impossible_date(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    _, day, year = str(made.values["anc_draw_date"]).split("/")
    made.values["anc_draw_date"] = pick(rng, (f"13/{day}/{year}", f"02/30/{year}", f"00/{day}/{year}", f"11/31/{year}"))


def _future_date(made: Scripted, cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values["anc_draw_date"] = on_form(cast.received + dt.timedelta(days=int(rng.integers(3, 300))))


def _wrong_check(name: str) -> Change:
    def change(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
        number = str(made.values.get(name) or people.dea(rng, "Brown"))
        made.values[name] = f"{number[:-1]}{(int(number[-1]) + int(rng.integers(1, 10))) % 10}"

    return change


def _other_head(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    other = pick(
        rng,
        [one for one in programme.patients if one.dob != cast.patient.dob and one.last_name != cast.patient.last_name],
    )
    made.values |= {"patient_name_p2": f"{other.last_name}, {other.first_name}", "patient_dob_p2": on_form(other.dob)}


def _two_statuses(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values["treatment_status"] = ["active", pick(rng, ("interrupted", "discontinued"))]


def _role(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    made.values["submitter_role"] = "designee"


def _struck(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    name = pick(rng, ("anc_value", "anc_value", "anc_draw_date", "patient_dob"))
    right = str(made.values[name])
    place = int(rng.choice([index for index, character in enumerate(right) if character.isdigit()]))
    wrong = str((int(right[place]) + int(rng.integers(1, 10))) % 10)
    made.struck[name] = right[:place] + wrong + right[place + 1 :]


def _stranger(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """The patient is in no registry."""
    first, last = people.name(rng)
    born = on_form(dt.date(1950, 1, 1) + dt.timedelta(days=int(rng.integers(0, 18000))))
    made.values |= {
        "patient_first_name": first,
        "patient_last_name": last,
        "patient_dob": born,
        "patient_zip": people.zip_code(rng),
    }
    made.values |= {"patient_name_p2": f"{last}, {first}", "patient_dob_p2": born}


def _foreign_designee(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """The designee is in no registry."""
    stranger = " ".join(people.name(rng))
    made.values |= {"designee_signature": stranger, "submitter_name": stranger, "submitter_phone": people.phone(rng)}


def _new_frequency(made: Scripted, cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values |= {
        "monitoring_frequency": pick(rng, ("weekly", "every_2_weeks", "monthly")),
        "submitter_role": "prescriber",
    }
    made.values |= {"prescriber_signature": cast.prescriber_name, "signature_date": on_form(cast.received)}


def _low_report(signed: bool) -> Change:
    def change(made: Scripted, cast: Cast, _programme: Programme, rng: Generator) -> None:
        made.values |= {
            "anc_value": str(rng.integers(50, 100) * 10),
            "rationale_low_anc": True,
            "submitter_role": "prescriber",
        }
        if signed:
            made.values |= {"prescriber_signature": cast.prescriber_name, "signature_date": on_form(cast.received)}

    return change


def _ben_2015(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    made.values |= {"ben_flag": True, "anc_value": str(rng.integers(100, 190) * 10)}


def _page_missing(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    made.missing_page = 2


def _missing(form_id: str, names: tuple[str, ...], weight: float, designee: float = 0.0) -> list[Scenario]:
    return [
        Scenario(
            form_id,
            f"no_{name}",
            weight,
            (f"missing:{name}",),
            _without(name),
            designee,
            enrolled=True if form_id == "psf_2021" else None,
        )
        for name in names
    ]


PRESCRIBER_ONLY = ("prescriber_only",)
_PSF = [
    Scenario("psf_2021", "ok", 40, (), _in_order),
    Scenario("psf_2021", "baseline_ok", 6, (), _baseline, enrolled=False),
    Scenario("psf_2021", "mild_ok", 2, (), _mild),
    Scenario("psf_2021", "interrupt", 2, (), _status("interrupted"), 0),
    Scenario("psf_2021", "discontinue", 2, (), _status("discontinued"), 0),
    Scenario("psf_2021", "baseline_stale", 1.5, ("anc_too_old",), _stale, enrolled=False),
    Scenario("psf_2021", "ben_ok", 3, PRESCRIBER_ONLY, _ben, 0, plain=False),
    Scenario("psf_2021", "hospice_ok", 1, PRESCRIBER_ONLY, _hospice, 0, plain=False),
    Scenario("psf_2021", "low_rationale_ok", 3, PRESCRIBER_ONLY, _low_with_rationale, 0),
    Scenario("psf_2021", "missed_labs_ok", 1.5, PRESCRIBER_ONLY, _missed_with_rationale, 0),
    Scenario("psf_2021", "designee_ben", 3, PRESCRIBER_ONLY, _ben, 1, plain=False),
    Scenario("psf_2021", "designee_hospice", 1, PRESCRIBER_ONLY, _hospice, 1, plain=False),
    Scenario("psf_2021", "designee_low_rationale", 1.5, PRESCRIBER_ONLY, _low_with_rationale, 1),
    Scenario("psf_2021", "low_no_rationale", 3, ("rationale_missing",), _low),
    Scenario("psf_2021", "missed_labs_no_rationale", 1, ("rationale_missing",), _missed),
    Scenario("psf_2021", "anc_other_unit", 1, ("anc_implausible",), _other_unit),
    Scenario("psf_2021", "frequency_mismatch", 1, ("frequency_mismatch",), _frequency),
    Scenario("psf_2021", "impossible_date", 1.5, ("date_invalid",), _impossible_date),
    Scenario("psf_2021", "future_date", 0.7, ("date_invalid",), _future_date),
    Scenario("psf_2021", "npi_wrong", 1, ("npi_invalid|not_certified",), _wrong_check("prescriber_npi")),
    Scenario("psf_2021", "not_certified", 1.5, ("not_certified",), _in_order, 0, certified=False),
    Scenario("psf_2021", "not_enrolled", 1, ("not_enrolled",), _stranger, 0),
    Scenario("psf_2021", "not_linked", 1, ("not_linked",), _foreign_designee, 1),
    Scenario("psf_2021", "page_heads_differ", 1, ("conflict",), _other_head),
    Scenario("psf_2021", "two_statuses", 1, ("conflict",), _two_statuses),
    Scenario("psf_2021", "role_mismatch", 1, ("conflict|prescriber_only",), _role, 0),
    Scenario("psf_2021", "struck_out", 2, ("unreadable",), _struck),
    Scenario("psf_2021", "page_missing", 1, ("missing:page_2",), _page_missing),
    *_missing("psf_2021", ("anc_value", "anc_draw_date", "monitoring_frequency", "patient_dob", "treatment_status", "submitter_role"), 0.7),
    *_missing("psf_2021", ("prescriber_signature", "signature_date"), 2),
]  # fmt: skip
_FIRST = [
    Scenario("anc_lab_2015", "ok", 4, (), _in_order, enrolled=None),
    Scenario("anc_lab_2015", "frequency_change", 1, (), _new_frequency, enrolled=None),
    Scenario("anc_lab_2015", "low_rationale_ok", 1, PRESCRIBER_ONLY, _low_report(signed=True), enrolled=None),
    Scenario("anc_lab_2015", "low_rationale_unsigned", 0.5, ("missing:prescriber_signature|prescriber_only",), _low_report(signed=False), enrolled=None),
    *_missing("anc_lab_2015", ("anc_value", "anc_draw_date"), 0.7, 0.3),
    Scenario("patient_enrollment_2015", "ok", 2, (), _in_order, enrolled=None),
    Scenario("patient_enrollment_2015", "designee_ben", 1, PRESCRIBER_ONLY, _ben_2015, 1, enrolled=None),
    *_missing("patient_enrollment_2015", ("anc_value", "patient_dob", "prescriber_signature"), 0.5, 0.3),
]  # fmt: skip
_ENROLLMENT = [
    Scenario("prescriber_enrollment_2021", "ok", 2, (), _in_order, enrolled=None),
    Scenario("prescriber_enrollment_2021", "dea_wrong", 1, ("dea_invalid",), _wrong_check("prescriber_dea"), enrolled=None),
    *_missing("prescriber_enrollment_2021", ("prescriber_signature", "prescriber_npi", "prescriber_email", "attestation_agreed"), 0.5),
    Scenario("designee_enrollment_2021", "ok", 2, (), _in_order, enrolled=None),
    Scenario("designee_enrollment_2021", "not_certified", 0.5, ("not_certified",), _in_order, certified=False, enrolled=None),
    *_missing("designee_enrollment_2021", ("designee_signature", "prescriber_signature"), 0.5),
    Scenario("pharmacy_inpatient_2021", "ok", 1.5, (), _in_order, enrolled=None),
    *_missing("pharmacy_inpatient_2021", ("pharmacy_npi", "attestation_agreed"), 0.5),
    Scenario("pharmacy_outpatient_2021", "ok", 1.5, (), _in_order, enrolled=None),
    *_missing("pharmacy_outpatient_2021", ("pharmacy_npi", "representative_signature"), 0.5),
]  # fmt: skip
SCENARIOS = (*_PSF, *_FIRST, *_ENROLLMENT)
