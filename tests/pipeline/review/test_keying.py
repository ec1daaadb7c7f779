"""Two people key a field of a waiting form: who sees what, in which order, and what comes of what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from papers import Deliver, doubtful, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import CheckRefused, CorrectionRefused
from pipeline.quality.double_keying import Awaited, Standing
from pipeline.review import claiming, keying
from pipeline.review.roles import Role, Somebody
from pipeline.store.models import Form, ReviewItem
from pipeline.store.opening import Store

ANN, BEN, CAT, DAN = (Somebody(name, Role.OPERATOR) for name in ("ann", "ben", "cat", "dan"))


@pytest.fixture
def store(store: Store) -> Store:
    """Two people key the ANC."""
    return replace(store, settings=store.settings.model_copy(update={"double_keyed": ("anc_value",)}))


def keyed(store: Store, who: Somebody, text: str, form: int = 1, *, illegible: bool = False) -> Standing:
    with Session(store.engine) as session, session.begin():
        return keying.key(session, store.settings, who, form, "anc_value", text, illegible=illegible)


def theirs(store: Store, who: Somebody) -> list[tuple[int, Awaited, list[object]]]:
    with Session(store.engine) as session:
        tasks = keying.tasks_of(session, store.settings, who)
        return [(task.form.id, task.awaited, [entry.value for entry in task.shown]) for task in tasks]


def anc(store: Store) -> tuple[object, str, list[str]]:
    """What stands in the field, the form's route, and whom a supervisor was asked for."""
    with Session(store.engine) as session:
        form = session.scalars(select(Form)).one()
        value = next(reading.value for reading in form.readings if reading.field == "anc_value")
        asked = session.scalars(select(ReviewItem.escalated).where(ReviewItem.escalated.is_not(None))).all()
        return value, form.route.route, [str(one) for one in asked]


def test_the_second_sees_nothing_and_when_both_agree_the_form_passes(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    assert theirs(store, ANN) == [(1, Awaited.FIRST, [])]
    assert keyed(store, ANN, "2500").awaited is Awaited.SECOND
    assert theirs(store, ANN) == []
    assert theirs(store, BEN) == [(1, Awaited.SECOND, [])]
    assert keyed(store, BEN, "2500").agreed is not None
    assert anc(store) == ("2500", "accept", [])
    assert theirs(store, CAT) == []


def test_where_two_differ_a_third_sees_both_and_decides(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    keyed(store, ANN, "2500")
    keyed(store, BEN, "2300")
    assert theirs(store, CAT) == [(1, Awaited.THIRD, ["2300", "2500"])]
    keyed(store, CAT, "2300")
    assert anc(store) == ("2300", "accept", [])


def test_where_three_differ_a_supervisor_is_asked(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    for who, text in ((ANN, "2500"), (BEN, "2300"), (CAT, "2800")):
        keyed(store, who, text)
    assert anc(store) == ("2300", "review", ["three people keyed anc_value differently"])
    assert theirs(store, DAN) == []


def test_two_who_cannot_read_it_say_the_same(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    keyed(store, ANN, "", illegible=True)
    keyed(store, BEN, "", illegible=True)
    assert anc(store)[:2] == (None, "review")


def test_nobody_is_their_own_second(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    keyed(store, ANN, "2500")
    with pytest.raises(CheckRefused):
        keyed(store, ANN, "2500")
    with pytest.raises(CheckRefused):
        keyed(store, BEN, "2500", form=999)


def test_a_field_says_what_it_can(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_draw_date"))
    dates = replace(store, settings=store.settings.model_copy(update={"double_keyed": ("anc_draw_date",)}))
    with Session(dates.engine) as session, session.begin(), pytest.raises(CorrectionRefused):
        keying.key(session, dates.settings, BEN, 1, "anc_draw_date", "yesterday", illegible=False)


def test_what_somebody_else_has_in_hand_is_not_keyed_meanwhile(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    with Session(store.engine) as session, session.begin():
        claiming.claim(session, 1, BEN, store.settings.review_lease)
    assert theirs(store, ANN) == []
    assert theirs(store, BEN) == [(1, Awaited.FIRST, [])]


def test_whatever_is_more_urgent_or_older_comes_first(store: Store, deliver: Deliver) -> None:
    deliver(psf(patient_gender=None, anc_draw_date="2022-07-12"))
    deliver(doubtful(psf(anc_draw_date="2022-07-13"), "anc_value"))
    deliver(doubtful(psf(anc_draw_date="2022-07-14", anc_value="700"), "anc_value"))
    with Session(store.engine) as session:
        task = keying.next_task(session, store.settings, ANN)
        assert task is not None
        assert task.form.id == 3  # a low ANC
        waiting = claiming.upcoming(session, ANN, 1, but=keying.awaits_keying(store.settings))
        assert list(waiting) == [1]
        assert keying.comes_before(session, task, waiting)
        later = keying.task(session, store.settings, ANN, 2, "anc_value")
        assert later is not None
        assert not keying.comes_before(session, later, waiting)
