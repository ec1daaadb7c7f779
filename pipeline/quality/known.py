"""Forms that were checked blindly, as known ones: calibration on what an installation really receives.

Only forms that passed are checked, so this measures confidence where it let a value through, not where it held one.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.calibration.known import KnownForm
from pipeline.calibration.outcomes import FormOutcome, beside_truth
from pipeline.quality import snapshot
from pipeline.quality.sampling import CheckKind
from pipeline.review.writing import BY_A_PERSON
from pipeline.store.quality_models import CheckOutcome, QualityCheck


def known_from_checks(session: Session) -> dict[int, KnownForm]:
    """The checked forms, by `Form.id`.

    A field has one right value where a check settled it and the program read it. The others (not keyed, disputed,
    illegible, corrected before the form was chosen) are given as struck, which leaves them out of every measure.
    """
    return {check.form_pk: _known(session, check) for check in _checked(session)}


def checked_outcomes(session: Session) -> Iterator[FormOutcome]:
    """The checked forms beside their truth, as they were read, whatever was corrected since."""
    known = known_from_checks(session)
    for check in _checked(session):
        yield beside_truth(check.form, snapshot.restore(check.form, check.as_read), known[check.form_pk])


def _checked(session: Session) -> list[QualityCheck]:
    checked = select(CheckOutcome.form_pk)
    blind = select(QualityCheck).where(QualityCheck.kind == CheckKind.BLIND, QualityCheck.form_pk.in_(checked))
    return list(session.scalars(blind.order_by(QualityCheck.id)))


def _known(session: Session, check: QualityCheck) -> KnownForm:
    outcomes = session.scalars(select(CheckOutcome).filter_by(form_pk=check.form_pk)).all()
    values = {
        outcome.field: snapshot.as_value(outcome.value)
        for outcome in outcomes
        if outcome.right is not None and check.as_read[outcome.field]["engine"] != BY_A_PERSON
    }
    return KnownForm(
        form_id=check.form.form_id,
        pages=frozenset(check.form.pages),
        values=values,
        struck=frozenset(check.as_read) - values.keys(),
        pen="",
        route="",  # a check looks at values; whether the form should have been held follows from the rules
    )
