"""A person accepts a held form: compared once more, by the registry as it is then, in one transaction."""

from __future__ import annotations

import pytest
from papers import BASELINE, MONTHLY, RECEIVED, Deliver, doubtful, psf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.errors import NotHeld
from pipeline.review.accepting import accept
from pipeline.store import audit
from pipeline.store.models import Document, DocumentState, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store
from pipeline.store.registry_models import AncResult, Patient

CLERK = "A. Clerk"


def accepted(store: Store, document_id: int, patient_key: str | None = None) -> tuple[str, list[str]]:
    """Accept the document's only form; the route that stands."""
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, document_id).forms
        route = accept(session, store.settings, form, CLERK, patient_key=patient_key)
        return route.route, route.reasons


def test_an_accepted_form_counts_and_waits_for_nobody(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(ben_flag=True))
    assert accepted(store, held.document_id) == ("accept", ["prescriber_only"])
    with Session(store.engine) as session:
        assert session.scalars(select(Patient)).one().ben
        item = session.scalars(select(ReviewItem)).one()
        assert (item.state, item.closed_at is not None) == (ReviewState.DONE, True)
        document = session.get_one(Document, held.document_id)
        assert document.state == DocumentState.STORED
        assert document.forms[0].route.decided_by == CLERK
        assert audit.verify(session) is None


def test_the_same_form_that_was_accepted_meanwhile_is_not_counted_twice(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(prescriber_signature=False))
    again = deliver(psf())
    assert accepted(store, again.document_id) == ("accept", ["duplicate"])
    assert accepted(store, held.document_id) == ("duplicate", ["duplicate"])
    with Session(store.engine) as session:
        assert session.scalar(select(func.count()).select_from(AncResult)) == 1


def test_a_form_that_came_later_and_contradicts_brings_it_back(store: Store, deliver: Deliver) -> None:
    held = deliver(doubtful(psf(), "patient_gender", "monitoring_frequency", "submitter_role"))
    later = deliver(psf(anc_value="1900"))
    with Session(store.engine) as session, session.begin():
        second = session.get_one(Document, later.document_id).forms[0]
        assert (second.route.reasons, second.route.contradicts) == (["conflict"], held.document_id)
    assert accepted(store, later.document_id)[0] == "accept"
    assert accepted(store, held.document_id) == ("review", ["low_confidence", "conflict"])
    assert accepted(store, held.document_id)[0] == "accept"  # now it was seen side by side


def test_whom_a_form_means_is_said_by_a_person(store: Store, deliver: Deliver) -> None:
    strange = {name: value for name, value in BASELINE.items() if name.startswith("patient_")}
    held = deliver(psf({**MONTHLY, **strange}))
    assert held.routes == ("review",)
    with Session(store.engine) as session:
        key = str(session.scalars(select(Patient.id)).one())
    assert accepted(store, held.document_id, key)[0] == "accept"
    with Session(store.engine) as session:
        form = session.scalars(select(Form)).one()
        assert form.patient == {"matched": True, "key": key, "score": 1.0, "by": CLERK}
        assert [line.received for line in session.scalars(select(AncResult))] == [RECEIVED]


def test_what_does_not_wait_cannot_be_accepted(store: Store, deliver: Deliver) -> None:
    done = deliver(psf())
    with pytest.raises(NotHeld):
        accepted(store, done.document_id)
