"""`faxforms status` and `faxforms due`: what is on record, and what is to come. Read-outs, no authorization."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from flows.store import reading_session
from flows.terminal import out, print_json, print_table
from pipeline.registry.course import PatientDue, due_list, on_record
from validators.coverage import (
    NO_AUTHORIZATION,
    DispenseCheck,
    Due,
    OnRecord,
    band,
    covered_until,
    dispense_checks,
    dues,
    programme_on,
)
from validators.rulebook.load import rulebook

On = Annotated[dt.datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day to tell of; else today.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


def status(
    patient: Annotated[
        str, typer.Argument(metavar="PATIENT", help="The registry's key, as `rules explain` and exports tell it.")
    ],
    on: On = None,
    pharmacy: Annotated[str | None, typer.Option(help="NPI of a pharmacy: is it certified as well?")] = None,
    as_json: Json = False,
) -> None:
    """Show what is on record of a patient: enrollment, last PSF and ANC, what is due, what a dispense check would find.

    A read-out of what is on record. It is no authorization to dispense.

    Example: faxforms status 17 --on 2022-07-15
    """
    day = _day(on)
    with reading_session() as session:
        record = on_record(session, patient, day, pharmacy)
    told, to_come = _told(record, day), dues(record, day, rulebook().thresholds)
    remark = _of_the_programme(day)
    checks = dispense_checks(record, day, rulebook())
    if as_json:
        due = [_due_record(one, day) for one in to_come]
        found = [_check_record(check) for check in checks]
        notes = {"note": NO_AUTHORIZATION} | ({"remark": remark} if remark else {})
        print_json([notes | {"patient": patient} | told | {"due": due, "dispense_check": found}])
        return
    out.print(NO_AUTHORIZATION, highlight=False)
    if remark:
        out.print(remark, highlight=False)
    shown = {name: _yes_or_no(value) for name, value in told.items()}
    print_table(f"Patient {patient} on {day}", ("", "on record"), shown.items())
    if to_come:
        print_table(
            "Due and overdue",
            ("what", "rule", "covered until", "days overdue"),
            [(one.what, one.rule, one.until, max(one.overdue_days(day), 0) or "") for one in to_come],
        )
    else:
        out.print("Nothing is due.", highlight=False)
    if checks:
        print_table(
            "What a dispense check would find",
            ("rule", "looks at", "finds", "objects", "not required from"),
            [(c.rule, c.looks_at, c.found, "yes" if c.objects else "", c.paused_from) for c in checks],
        )
    else:
        out.print("Nothing to check before a dispense: R41 to R45 are not in force on that day.", highlight=False)


def due(
    on: On = None,
    ahead: Annotated[int, typer.Option(help="Days ahead to look for what comes due.", min=0)] = 7,
    as_json: Json = False,
) -> None:
    """List what is overdue or comes due, of every patient who is enrolled and treated: the longest overdue first.

    A read-out of what is on record. It is no authorization to dispense.

    Example: faxforms due --on 2022-07-15
    """
    day = _day(on)
    remark = _of_the_programme(day)
    with reading_session() as session:
        lines = list(due_list(session, day, ahead, rulebook().thresholds))
    if as_json:
        print_json(_line_record(line, day) for line in lines)
        return
    out.print(NO_AUTHORIZATION, highlight=False)
    if remark:
        out.print(remark, highlight=False)
    overdue = sum(line.due.overdue_days(day) > 0 for line in lines)
    print_table(
        f"On {day}: {overdue} overdue, {len(lines) - overdue} due within {ahead} days",
        ("patient", "prescriber", "what", "rule", "covered until", "days overdue"),
        [
            (x.key, x.prescriber_npi, x.due.what, x.due.rule, x.due.until, max(x.due.overdue_days(day), 0) or "")
            for x in lines
        ],
    )


def _told(record: OnRecord, day: dt.date) -> dict[str, Any]:
    """What stands on record, with what follows from it alone."""
    figures = rulebook().thresholds
    programme = programme_on(day, figures)
    newest = record.newest_result
    designations = [name for name, holds in (("BEN", record.ben), ("hospice", record.hospice)) if holds]
    return {
        "programme": programme.value,
        "enrolled": record.enrolled.holds(programme, day),
        "enrolled since": record.enrolled.since(programme),
        "treatment status": record.treatment_status,
        "designation": ", ".join(designations) or "general population",
        "monitoring frequency": record.monitoring_frequency,
        "last PSF": record.last_psf,
        "covered until": covered_until(record, figures),
        "last ANC drawn": newest and newest[0],
        "last ANC per µL": newest and newest[1],
        "band": newest and band(newest[1], record.ben, figures).value,
    }


def _of_the_programme(day: dt.date) -> str:
    """Say of the day whether there was a programme, and whether it asked for forms."""
    figures = rulebook().thresholds
    if day < figures.programme_start:
        return f"The programme began on {figures.programme_start}."
    if day > figures.programme_end:
        return f"The programme ended on {figures.programme_end}: nothing is required any more."
    if day >= figures.no_longer_expected_from:
        return f"Forms were no longer expected from {figures.no_longer_expected_from} on."
    return ""


def _yes_or_no(value: Any) -> Any:
    return value if not isinstance(value, bool) else "yes" if value else "no"


def _due_record(one: Due, day: dt.date) -> dict[str, Any]:
    return {"what": one.what, "rule": one.rule, "covered_until": one.until, "overdue_days": one.overdue_days(day)}


def _check_record(check: DispenseCheck) -> dict[str, Any]:
    return {name: getattr(check, name) for name in ("rule", "looks_at", "found", "objects", "paused_from")}


def _line_record(line: PatientDue, day: dt.date) -> dict[str, Any]:
    return {"patient": line.key, "prescriber_npi": line.prescriber_npi} | _due_record(line.due, day)


def _day(on: dt.datetime | None) -> dt.date:
    return on.date() if on is not None else dt.datetime.now(dt.UTC).date()
