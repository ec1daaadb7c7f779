"""How soon somebody should look at what waits: first by what hangs on it for the patient."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.registry.course import on_record
from pipeline.store.models import Form
from validators.coverage import dues
from validators.rulebook.load import rulebook

URGENT, LAPSING, NORMAL, LATER = 10, 30, 50, 90
"""Priorities, the smaller the sooner: a treatment is interrupted or goes on at risk; it soon will be; an ordinary form;
a page that is no form."""

URGENT_REASONS = frozenset({"rationale_missing", "anc_implausible", "anc_too_old", "prescriber_only"})
"""Reasons under which a patient's treatment is interrupted, or goes on at risk, until somebody decides."""

SOON = 7
"""Days before a patient's papers lapse from which on their forms go before others."""


def priority_of(session: Session, reasons: Collection[str], form: Form | None) -> int:
    """How soon somebody should look (the smaller, the sooner)."""
    if URGENT_REASONS.intersection(reasons) or (form is not None and _anc_is_low(form)):
        return URGENT
    if form is None:
        return LATER
    return LAPSING if _lapses_soon(session, form) else NORMAL


def _anc_is_low(form: Form) -> bool:
    """Whether an ANC as read, in doubt or not, is below the limit of the general population (rule R26)."""
    written = (str(r.value or "").replace(",", "") for r in form.readings if r.field.startswith("anc_value"))
    return any(value.isdigit() and int(value) < rulebook().thresholds.anc_low_general for value in written)


def _lapses_soon(session: Session, form: Form) -> bool:
    """Whether what is on record of the form's patient no longer covers them in a few days, or has ceased to."""
    if form.patient_key is None:
        return False
    received = form.day
    try:
        record = on_record(session, form.patient_key, received)
    except NotThere:
        return False
    return any(due.overdue_days(received) >= -SOON for due in dues(record, received, rulebook().thresholds))
