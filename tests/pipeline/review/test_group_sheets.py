"""Sheets of look-alikes on both databases: who gets which crops, and what becomes of their forms."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from papers import Deliver, doubtful, psf
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from extractors.reading import Alternative, DocumentReading
from pipeline.errors import ClaimLost
from pipeline.review import claiming, group_sheets
from pipeline.review.group_sheets import Judged
from pipeline.review.grouping import Scope
from pipeline.review.roles import Role, Somebody
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.group_models import GroupSheet
from pipeline.store.models import AuditLine, FieldReading, Form, ReviewItem
from pipeline.store.opening import Store
from pipeline.store.registry_models import AncResult

HOUR = dt.timedelta(hours=1)
ANN, BEN = (Somebody(name, Role.OPERATOR) for name in ("ann", "ben"))
SUE = Somebody("sue", Role.SUPERVISOR, decides_prescriber_only=True)
ANC = "field:anc_value"


def unsure_day(day: str) -> DocumentReading:
    """A form of 2022 held by its draw date alone: two of the three twos of the year could be ones."""
    read = doubtful(psf(anc_draw_date=day), "anc_draw_date")
    (form,) = read.forms
    others = tuple(Alternative(day.replace("2022", year), 0.2) for year in ("2021", "2012"))
    unsure = replace(form.readings["anc_draw_date"], alternatives=others)
    return replace(read, forms=(replace(form, readings={**form.readings, "anc_draw_date": unsure}),))


def counts(store: Store, somebody: Somebody = ANN, scope: Scope = Scope.HOLDING) -> dict[str, int]:
    with Session(store.engine) as session:
        found = group_sheets.waiting_looks(session, store.settings, somebody, scope)
        return dict(Counter(one.look.group for one in found))


def deal(store: Store, group: str, somebody: Somebody = ANN, lease: dt.timedelta = HOUR) -> int:
    with Session(store.engine) as session, session.begin():
        sheet = group_sheets.deal(session, store.settings, somebody, group, Scope.HOLDING, lease)
        assert sheet is not None
        return sheet


def judge(store: Store, sheet: int, *odd: int, somebody: Somebody = ANN) -> Judged:
    """Judge a sheet; `odd` counts its crops from 0."""
    with Session(store.engine) as session, session.begin():
        crops = session.get_one(GroupSheet, sheet).crops
        return group_sheets.judge(session, store.settings, somebody, sheet, {crops[n].id for n in odd})


def forms(store: Store) -> list[tuple[str, str]]:
    """Route and decider of every form."""
    with Session(store.engine) as session:
        assert audit.verify(session) is None
        found = session.scalars(select(Form).order_by(Form.id))
        return [(form.route.route, form.route.decided_by) for form in found]


def reading(store: Store, form: int, field: str) -> FieldReading:
    with Session(store.engine) as session:
        return session.scalars(select(FieldReading).filter_by(form_pk=form, field=field)).one()


def test_what_is_confirmed_is_that_persons_reading_and_the_form_passes(store: Store, deliver: Deliver) -> None:
    for day in ("2022-07-10", "2022-07-11", "2022-07-12"):
        deliver(doubtful(psf(anc_draw_date=day), "anc_value"))
    assert counts(store) == {ANC: 3}
    assert judge(store, deal(store, ANC), 1) == Judged(confirmed=2, odd=1, left_out=0, passed=2)
    assert forms(store) == [("accept", "ann"), ("review", "ann"), ("accept", "ann")]
    sure, odd = (reading(store, form, "anc_value") for form in (1, 2))
    assert (sure.engine, sure.doubtful, sure.confidence) == ("person", False, 1.0)
    assert (odd.engine, odd.doubtful, odd.why) == ("by hand", True, "odd_one_out")
    assert counts(store) == {}  # the odd one goes to the operator of its item
    with Session(store.engine) as session:
        assert len(session.scalars(select(AncResult)).all()) == 2
        (item,) = session.scalars(select(ReviewItem).where(ReviewItem.state != "done"))
        assert item.form_pk == 2


def test_the_trail_tells_who_said_what_of_which_crop(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    sheet = deal(store, ANC)
    judge(store, sheet)
    with Session(store.engine) as session:
        lines = {line.action: line for line in session.scalars(select(AuditLine).filter_by(who="ann"))}
        said = lines["verified in a group"].after
        assert said is not None
        assert (said["sheet"], said["group"], said["confirmed"]) == (sheet, ANC, {"anc_value": "2300"})
        assert lines["patient data viewed"].document_id == lines["verified in a group"].document_id == 1
        assert (lines["form corrected"].before or {})["anc_value"]["engine"] == "by hand"
        assert (lines["form decided"].after or {})["route"] == "accept"


def test_a_form_with_another_doubt_waits_on_without_this_one(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value", "submission_type"))
    assert judge(store, deal(store, ANC)).passed == 0
    assert forms(store) == [("review", "ann")]
    assert counts(store) == {"field:submission_type": 1}
    with Session(store.engine) as session:
        (form,) = session.scalars(select(Form))
        assert [finding.field for finding in form.findings if finding.reason == "low_confidence"] == ["submission_type"]


def test_a_number_is_known_when_every_cell_in_doubt_is(store: Store, deliver: Deliver) -> None:
    deliver(unsure_day("2022-07-10"))
    deliver(unsure_day("2022-07-11"))
    assert counts(store) == {"field:anc_draw_date": 2, "digit-2": 4}
    assert judge(store, deal(store, "digit-2"), 1) == Judged(confirmed=3, odd=1, left_out=0, passed=1)
    assert [route for route, _ in forms(store)] == ["review", "accept"]
    assert counts(store) == {}
    assert reading(store, 2, "anc_draw_date").engine == "person"


def test_cells_confirmed_on_two_sheets_add_up(store: Store, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(unsure_day("2022-07-10"))
    monkeypatch.setattr(group_sheets, "DIGITS_ON_A_SHEET", 1)
    assert judge(store, deal(store, "digit-2")).passed == 0
    assert reading(store, 1, "anc_draw_date").doubtful
    assert judge(store, deal(store, "digit-2", BEN), somebody=BEN).passed == 1


def test_a_crop_is_before_one_person_at_a_time(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    sheet = deal(store, ANC)
    assert counts(store, BEN) == {}
    with Session(store.engine) as session, session.begin():
        assert group_sheets.in_hand(session, sheet, "ben") is None
        with pytest.raises(ClaimLost):
            group_sheets.judge(session, store.settings, BEN, sheet, ())
    with Session(store.engine) as session, session.begin():
        group_sheets.put_back_all(session, "ann")
    assert counts(store, BEN) == {ANC: 1}
    with pytest.raises(ClaimLost):
        judge(store, sheet)


def test_a_sheet_that_lay_too_long_goes_to_somebody_else(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    sheet = deal(store, ANC, lease=dt.timedelta(seconds=-1))
    assert judge(store, deal(store, ANC, BEN), somebody=BEN).passed == 1
    with pytest.raises(ClaimLost):
        judge(store, sheet)


def test_a_form_in_somebody_elses_hand_is_left_out(store: Store, deliver: Deliver) -> None:
    for day in ("2022-07-10", "2022-07-11"):
        deliver(doubtful(psf(anc_draw_date=day), "anc_value"))
    with Session(store.engine) as session, session.begin():
        assert claiming.claim(session, 1, BEN, HOUR) is not None
    assert (counts(store), counts(store, BEN)) == ({ANC: 1}, {ANC: 2})
    sheet = deal(store, ANC)
    with Session(store.engine) as session, session.begin():
        assert claiming.claim(session, 2, BEN, HOUR) is not None
    assert judge(store, sheet) == Judged(confirmed=0, odd=0, left_out=1, passed=0)
    assert reading(store, 2, "anc_value").doubtful


@pytest.mark.parametrize(
    "changed",
    [{"escalated": "may be forged"}, {"draft": {"values": {"anc_value": "2800"}, "illegible": []}}],
    ids=["escalated", "somebody has begun to write"],
)
def test_what_is_between_people_is_left_out(store: Store, deliver: Deliver, changed: dict[str, object]) -> None:
    deliver(doubtful(psf(), "anc_value"))
    with Session(store.engine) as session, session.begin():
        session.execute(update(ReviewItem).values(changed))
    assert counts(store) == counts(store, SUE) == {}


def test_prescriber_only_forms_and_auditors(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(ben_flag=True), "anc_value"))
    assert counts(store) == counts(store, Somebody("eve", Role.AUDITOR)) == {}
    assert counts(store, SUE) == {ANC: 1}
    assert judge(store, deal(store, ANC, SUE), somebody=SUE).passed == 0  # that a prescriber signs it is another matter


def test_double_keyed_fields_are_no_matter_of_one_glance(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    settings = Settings(double_keyed=("anc_value",))
    with Session(store.engine) as session:
        assert group_sheets.waiting_looks(session, settings, ANN, Scope.DOUBT) == []


def test_a_sure_value_that_stands_out_is_in_doubt_from_then_on(store: Store, deliver: Deliver) -> None:
    deliver(psf(patient_gender=None, ben_flag=True))
    assert counts(store, SUE) == {}
    assert counts(store, SUE, Scope.ALL)["ticked"] == 1
    with Session(store.engine) as session, session.begin():
        sheet = group_sheets.deal(session, store.settings, SUE, "ticked", Scope.ALL, HOUR)
    assert sheet is not None
    assert judge(store, sheet, 0, somebody=SUE).odd == 1
    assert reading(store, 1, "ben_flag").doubtful
    with Session(store.engine) as session:
        assert "low_confidence" in session.scalars(select(ReviewItem)).one().reasons
