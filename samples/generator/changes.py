"""What can be the matter with a form: each change turns a form that is in order into one that is not, or not so plain.

Rule numbers (R..) are those of the programme's catalogue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from numpy.random import Generator

from samples.generator import people
from samples.generator.contents import Cast, Values, on_form
from samples.generator.people import Programme, pick, words


@dataclass(slots=True)
class Scripted:
    """One form to be: values as the truth has them, route and reasons, and, by field, what was crossed out first."""

    form_id: str
    scenario: str
    received: dt.date
    values: Values
    route: str = "accept"
    reasons: list[str] = field(default_factory=list)
    struck: dict[str, str] = field(default_factory=dict)
    missing_page: int | None = None


Change = Callable[[Scripted, Cast, Programme, Generator], None]


def named(words_of_it: str) -> Change:
    """The change that `scenarios.yaml` names: a function of this module, and its argument where it takes one."""
    name, _, argument = words_of_it.partition(" ")
    return WITH_ARGUMENT[name](argument) if argument else PLAIN[name]


def in_order(_made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """Nothing is the matter."""


def without(name: str) -> Change:
    """The field of that name stays empty."""

    def change(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
        made.values.pop(name, None)

    return change


def baseline(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """The form enrolls the patient: one ANC."""
    made.values["submission_type"] = "baseline"
    for name in [name for name in made.values if name.startswith(("anc_value_", "anc_draw_date_"))]:
        del made.values[name]


def stale(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    """A baseline drawn more than 30 days ago (R9)."""
    baseline(made, cast, programme, rng)
    made.values["anc_draw_date"] = on_form(cast.received - dt.timedelta(days=int(rng.integers(36, 90))))


def mild(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """An ANC of 1000 to 1499 with the frequency that goes with it (R31)."""
    made.values |= {"anc_value": str(rng.integers(100, 150) * 10), "monitoring_frequency": "three_times_weekly"}


def ben(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """Benign ethnic neutropenia is ticked, with an ANC that is common then."""
    made.values |= {"ben_flag": True, "anc_value": str(rng.integers(100, 190) * 10)}


def hospice(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """Hospice care is ticked, with its frequency (R30)."""
    made.values |= {"hospice_flag": True, "monitoring_frequency": "every_6_months"}


def low(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """An ANC below 1000 (R26)."""
    made.values |= {"anc_value": str(rng.integers(30, 100) * 10), "monitoring_frequency": "three_times_weekly"}


def low_with_rationale(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    """An ANC below 1000 with its rationale (R22)."""
    low(made, cast, programme, rng)
    made.values |= {"rationale_low_anc": True, "rationale_text": pick(rng, words()["rationales"])}


def missed(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """No ANC is available (R29)."""
    for name in [name for name in made.values if name.startswith("anc_")]:
        del made.values[name]
    made.values["anc_not_available"] = True


def missed_with_rationale(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    """No ANC is available, and the rationale says why (R23)."""
    missed(made, cast, programme, rng)
    made.values |= {"rationale_missing_labs": True, "rationale_text": pick(rng, words()["missed_labs"])}


def status(status: str) -> Change:
    """Treatment is interrupted or discontinued (R13)."""

    def change(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
        reason = pick(rng, words()["interrupt_reasons" if status == "interrupted" else "discontinue_reasons"])
        made.values |= {"submission_type": "status_change", "treatment_status": status}
        made.values |= {"status_date": made.values["anc_draw_date"], "status_reason": reason}

    return change


def other_unit(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """The ANC in thousands (R18)."""
    made.values["anc_value"] = f"{rng.uniform(1.5, 8.0):.{int(rng.integers(1, 3))}f}"


def frequency(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """A frequency that does not fit an ANC of 1000 to 1499 (R31)."""
    made.values |= {
        "anc_value": str(rng.integers(100, 150) * 10),
        "monitoring_frequency": pick(rng, ("monthly", "every_2_weeks")),
    }


def impossible_date(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """A blood draw on a day that no calendar has (R17)."""
    _, day, year = str(made.values["anc_draw_date"]).split("/")
    made.values["anc_draw_date"] = pick(rng, (f"13/{day}/{year}", f"02/30/{year}", f"00/{day}/{year}", f"11/31/{year}"))


def future_date(made: Scripted, cast: Cast, _programme: Programme, rng: Generator) -> None:
    """A blood draw after the form came (R17)."""
    made.values["anc_draw_date"] = on_form(cast.received + dt.timedelta(days=int(rng.integers(3, 300))))


def wrong_check(name: str) -> Change:
    """An identifier whose check digit is wrong (R39, R40)."""

    def change(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
        number = str(made.values.get(name) or people.dea(rng, "Brown"))
        made.values[name] = f"{number[:-1]}{(int(number[-1]) + int(rng.integers(1, 10))) % 10}"

    return change


def other_head(made: Scripted, cast: Cast, programme: Programme, rng: Generator) -> None:
    """Page 2 names another patient (R19)."""
    other = pick(
        rng,
        [one for one in programme.patients if one.dob != cast.patient.dob and one.last_name != cast.patient.last_name],
    )
    made.values |= {"patient_name_p2": f"{other.last_name}, {other.first_name}", "patient_dob_p2": on_form(other.dob)}


def two_statuses(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """Two statuses are ticked (R13)."""
    made.values["treatment_status"] = ["active", pick(rng, ("interrupted", "discontinued"))]


def role(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """The role says designee, the prescriber signed (R25)."""
    made.values["submitter_role"] = "designee"


def struck(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """A value is crossed out and written anew."""
    name = pick(rng, ("anc_value", "anc_value", "anc_draw_date", "patient_dob"))
    right = str(made.values[name])
    place = int(rng.choice([index for index, character in enumerate(right) if character.isdigit()]))
    wrong = str((int(right[place]) + int(rng.integers(1, 10))) % 10)
    made.struck[name] = right[:place] + wrong + right[place + 1 :]


def scratched(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """A wrong status is ticked and scratched out (R16: it counts as unknown)."""
    made.struck["treatment_status"] = pick(rng, ("interrupted", "discontinued"))


def stranger(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
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


def foreign_designee(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """The designee is in no registry."""
    stranger = " ".join(people.name(rng))
    made.values |= {"designee_signature": stranger, "submitter_name": stranger, "submitter_phone": people.phone(rng)}


def new_frequency(made: Scripted, cast: Cast, _programme: Programme, rng: Generator) -> None:
    """A report that changes the frequency, signed by the prescriber."""
    made.values |= {
        "monitoring_frequency": pick(rng, ("weekly", "every_2_weeks", "monthly")),
        "submitter_role": "prescriber",
    }
    made.values |= {"prescriber_signature": cast.prescriber_name, "signature_date": on_form(cast.received)}


def low_report(signed: str) -> Change:
    """A report of a low ANC with the rationale, signed or not."""

    def change(made: Scripted, cast: Cast, _programme: Programme, rng: Generator) -> None:
        made.values |= {
            "anc_value": str(rng.integers(50, 100) * 10),
            "rationale_low_anc": True,
            "submitter_role": "prescriber",
        }
        if signed == "signed":
            made.values |= {"prescriber_signature": cast.prescriber_name, "signature_date": on_form(cast.received)}

    return change


def ben_2015(made: Scripted, _cast: Cast, _programme: Programme, rng: Generator) -> None:
    """BEN on a form of the first programme (R55)."""
    made.values |= {"ben_flag": True, "anc_value": str(rng.integers(100, 190) * 10)}


def page_missing(made: Scripted, _cast: Cast, _programme: Programme, _rng: Generator) -> None:
    """The second page is not sent (R49)."""
    made.missing_page = 2


PLAIN: dict[str, Change] = {
    "in_order": in_order,
    "baseline": baseline,
    "stale": stale,
    "mild": mild,
    "ben": ben,
    "hospice": hospice,
    "low": low,
    "low_with_rationale": low_with_rationale,
    "missed": missed,
    "missed_with_rationale": missed_with_rationale,
    "other_unit": other_unit,
    "frequency": frequency,
    "impossible_date": impossible_date,
    "future_date": future_date,
    "other_head": other_head,
    "two_statuses": two_statuses,
    "role": role,
    "struck": struck,
    "scratched": scratched,
    "stranger": stranger,
    "foreign_designee": foreign_designee,
    "new_frequency": new_frequency,
    "ben_2015": ben_2015,
    "page_missing": page_missing,
}
WITH_ARGUMENT: dict[str, Callable[[str], Change]] = {
    "without": without,
    "status": status,
    "wrong_check": wrong_check,
    "low_report": low_report,
}
