"""The course of patients: reports, results and dispense rationales, for comparison, status and the due list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.models import Form
from pipeline.store.registry_models import AncResult
from validators.content import Content, Known


def forms_with_another_result(session: Session, patient: int, form_pk: int, content: Content) -> Sequence[Form]:
    """The other forms that gave the patient another ANC for a day on which this form reports one.

    A day for which another form gave the same ANC is a result that was reported twice, and contradicts nothing.
    """
    reported = {
        drawn.value: anc.value
        for row in content.anc_results()
        if isinstance(drawn := content.state(row.drawn), Known) and isinstance(anc := content.state(row.value), Known)
    }
    days = [day for day in reported if isinstance(day, dt.date)]
    if not days:
        return []
    on_record = session.scalars(
        select(AncResult).where(
            AncResult.patient_id == patient,
            AncResult.drawn_on.in_(days),
            AncResult.withdrawn_at.is_(None),
            AncResult.form_pk != form_pk,
        )
    ).all()
    agreed = {result.drawn_on for result in on_record if result.anc == reported[result.drawn_on]}
    others = {result.form_pk for result in on_record if result.drawn_on not in agreed}
    return session.scalars(select(Form).where(Form.id.in_(others)).order_by(Form.id)).all()
