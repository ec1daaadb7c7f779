"""A person corrects what was read on a form, also long after it was accepted; all that depended on it is done again.

take back    what the form, and every accepted form that depends on it, had brought to the registry
correct      the readings; what was there before stands in the audit trail
decide again the form, then the others in the order of their days, each by the registry that the ones before it left

Depends on a form: the accepted forms that came later about the same row of the registry, or that name the prescriber
whom it certifies or links, and the forms that were found to repeat it. One that is no longer in order goes back to a
person; so does the corrected form itself, unless its reasons are those that a person has accepted before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import Session

from pipeline.deciding import Person, judge_form, settle
from pipeline.registry import history
from pipeline.review.writing import parsed, write
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, FormRoute
from pipeline.store.registry_models import AncResult, FormOnRecord, RegistryChange

FORMS_OF_A_PRESCRIBER = frozenset({"prescriber_enrollment_2021", "designee_enrollment_2021"})
"""Forms on which the forms of a prescriber's patients depend."""

Standing = Mapping[tuple[str, str], Any]
"""What stands: of what (a form, a row) and what about it, to the value."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a correction changed: of what ("form 12", "patients 7"), what about it, before and after."""

    of: str
    what: str
    before: Any
    after: Any


def correct(
    session: Session, settings: Settings, form: Form, values: Mapping[str, str], who: str, reason: str
) -> list[Change]:
    """Correct fields of a form; everything that changed, the fields first.

    `values`: field to what it says, as a person writes it: dates YYYY-MM-DD, an option's name, yes or no for boxes and
    signatures, nothing for an empty field.

    Raises:
        CorrectionRefused: there is no such field, or it cannot say that; nothing changes.
    """
    take_write_turn(session.connection())
    session.refresh(form, ["routes", "readings"])
    corrected = {name: parsed(form, name, text) for name, text in values.items()}
    again = [form, *_dependents(session, form)]
    decided = {one.id: one.route for one in again}
    before = _standing(session, again)
    for one in again:
        if decided[one.id].route == "accept":
            history.take_back(session, one.id, who)
    changes = [Change(f"form {form.id}", *written) for written in write(session, form, corrected, who, reason)]
    for one in again:
        _decide_again(session, settings, one, decided[one.id], who if one is form else None)
    after = _standing(session, again)
    changes += _differences(_with_rows_known_before(session, before, after, again), after)
    told = {
        f"{change.of} {change.what}": [history.plain(v) for v in (change.before, change.after)] for change in changes
    }
    audit.write_line(session, "correction told", who=who, document_id=form.document_id, after=told)
    return changes


def _decide_again(session: Session, settings: Settings, form: Form, decided: FormRoute, who: str | None) -> None:
    """Judge and settle; what a person accepted they accept again, as long as no other reason has come up.

    `who` corrected this very form; else the name of the one who decided it before goes on standing.
    """
    by_person = decided.route == "accept" and decided.decided_by != audit.PROGRAM
    despite = frozenset(decided.reasons) if by_person else frozenset()
    person = Person(who or decided.decided_by, despite, decided.contradicts)
    settle(session, settings, form, judge_form(session, form, person), person)


def _dependents(session: Session, form: Form) -> Sequence[Form]:
    """The accepted forms that depend on an accepted one, in the order of their days, and those that repeat it."""
    rows = select(FormOnRecord.entity, FormOnRecord.entity_id).filter_by(form_pk=form.id, withdrawn_at=None)
    about_the_same = [
        and_(FormOnRecord.entity == row.entity, FormOnRecord.entity_id == row.entity_id)
        for row in session.execute(rows)
    ]
    npi = next((r.value for r in form.readings if r.field == "prescriber_npi"), None)
    if form.form_id in FORMS_OF_A_PRESCRIBER and isinstance(npi, str):
        about_the_same.append(FormOnRecord.prescriber_npi == npi)
    later = select(FormOnRecord.form_pk).where(FormOnRecord.withdrawn_at.is_(None), or_(false(), *about_the_same))
    last = select(func.max(FormRoute.id)).where(FormRoute.form_pk == Form.id).correlate(Form).scalar_subquery()
    repeats = select(FormRoute.form_pk).where(FormRoute.duplicate_of == form.id)
    found = session.scalars(
        select(Form)
        .join(FormRoute, FormRoute.id == last)
        .where(
            Form.id != form.id,
            or_(Form.id.in_(later), and_(Form.id.in_(repeats), FormRoute.duplicate_of == form.id)),
        )
    ).all()
    day = (form.day, form.id)
    return sorted(
        (one for one in found if (one.day, one.id) > day or one.route.duplicate_of == form.id),
        key=lambda one: (one.day, one.id),
    )


# What changed


def _standing(session: Session, forms: Sequence[Form]) -> Standing:
    """The routes of the forms, and the rows and results of the registry that they are on record of."""
    found: dict[tuple[str, str], Any] = {}
    for form in forms:
        found[f"form {form.id}", "route"] = " ".join([form.route.route, *form.route.reasons])
    on_record = FormOnRecord.form_pk.in_([form.id for form in forms])
    rows = select(FormOnRecord.entity, FormOnRecord.entity_id).where(on_record).distinct()
    for table, row_id in session.execute(rows):
        row, name = history.row_of(session, table, row_id), f"{table} {row_id}"
        if row.withdrawn_at is None:
            found |= {(name, field): getattr(row, field) for field in history.fields_of(table)}
        if table == "patients":
            found |= {(name, f"ANC of {day}"): anc for day, anc in _results(session, row_id)}
    return found


def _with_rows_known_before(session: Session, before: Standing, after: Standing, forms: Sequence[Form]) -> Standing:
    """What stood before, with the rows that only the corrected forms are about, as they were without those."""
    new = {of for of, _ in after} - {of for of, _ in before}
    ids = [form.id for form in forms]
    made = select(FormOnRecord).where(FormOnRecord.form_pk.in_(ids), FormOnRecord.added_row)
    new -= {f"{line.entity} {line.entity_id}" for line in session.scalars(made)}
    known = {place: value for place, value in after.items() if place[0] in new and not place[1].startswith("ANC")}
    lines = select(RegistryChange).where(RegistryChange.form_pk.in_(ids), RegistryChange.withdrawn_at.is_(None))
    for line in session.scalars(lines.order_by(RegistryChange.id.desc())):
        if (f"{line.entity} {line.entity_id}", line.field) in known:
            known[f"{line.entity} {line.entity_id}", line.field] = line.before
    return {**known, **before}


def _results(session: Session, patient: int) -> Iterator[tuple[Any, list[int]]]:
    lines = select(AncResult).filter_by(patient_id=patient, withdrawn_at=None).order_by(AncResult.drawn_on)
    by_day: dict[Any, set[int]] = {}
    for line in session.scalars(lines):
        by_day.setdefault(line.drawn_on, set()).add(line.anc)
    for day, anc in by_day.items():
        yield day, sorted(anc)


def _differences(before: Standing, after: Standing) -> list[Change]:
    places = dict.fromkeys((*before, *after))
    return [
        Change(of, what, before.get((of, what)), after.get((of, what)))
        for of, what in places
        if history.plain(before.get((of, what))) != history.plain(after.get((of, what)))
    ]
