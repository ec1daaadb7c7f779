"""Pages are said to be others, split and merged: each has one place, nothing that was read or written is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from papers import MONTHLY as VALUES
from papers import Deliver, document, doubtful, form, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.limits import Limits
from extractors.reading import DocumentReading, DocumentStatus, FormReading, PageKind, PageReading
from pipeline.errors import ClaimLost, DecisionRefused
from pipeline.exports.jsonl import document_line
from pipeline.review import claiming, decide, group_sheets
from pipeline.review.correcting import correct
from pipeline.review.decide import Entries, Hand
from pipeline.review.grouping import Scope
from pipeline.review.rearranging import Kind, Placement, arrange, placements_of
from pipeline.review.roles import Role, Somebody
from pipeline.review.writing import set_readings
from pipeline.store import audit
from pipeline.store.models import Document, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store

ANN, BEN = Somebody("ann", Role.OPERATOR), Somebody("ben", Role.OPERATOR)
UNKNOWN_2 = PageReading(2, PageKind.UNKNOWN, text="a letter")
UNKNOWN = PageReading(3, PageKind.UNKNOWN, text="a letter")


def take(store: Store, item: int, who: Somebody = ANN) -> Hand:
    with Session(store.engine) as session, session.begin():
        version = claiming.claim(session, item, who, store.settings.review_lease)
    assert version is not None
    return Hand(item, version, who)


def now(store: Store, who: Somebody = ANN) -> dict[int, Placement]:
    with Session(store.engine) as session:
        return placements_of(session, session.get_one(Document, 1), who)


def exported(store: Store) -> tuple[list[tuple[object, ...]], list[tuple[str, str, list[int]]]]:
    """Pages and forms as the export has them: every page of a form is a page of that form, and of no other."""
    with Session(store.engine) as session:
        line = json.loads(json.dumps(document_line(session.get_one(Document, 1))))
        assert audit.verify(session) is None
    in_forms = [(page, place) for place, one in enumerate(line["forms"]) for page in one["pages"]]
    assert sorted(in_forms) == [(one["page"], one["form"]) for one in line["pages"] if one["kind"] == "form"]
    pages = [(one["page"], one["kind"], one.get("form"), one.get("form_page")) for one in line["pages"]]
    return pages, [(one["form_id"], one["route"], one["pages"]) for one in line["forms"]]


def read_as(assigned: Mapping[int, tuple[str, int]], _data: bytes, _limits: Limits) -> DocumentReading:
    """Whatever is asked for, with nothing written on it."""
    pages, forms = [], []
    for number, (form_id, form_page) in assigned.items():
        pages.append(PageReading(number, PageKind.FORM, form_id=form_id, form_page=form_page, match=0.4))
        every = form(form_id, {}, number - form_page + 1).readings
        here = {name: reading for name, reading in every.items() if reading.page == number}
        forms.append(FormReading(form_id, (number,), (), here))
    return DocumentReading(tuple(pages), tuple(forms), DocumentStatus.DONE)


def test_an_unknown_page_becomes_the_page_that_a_form_lacked(store: Store, deliver: Deliver) -> None:
    (whole,) = psf(prescriber_signature=None).forms
    first = {name: one for name, one in whole.readings.items() if one.page == 1}
    page = PageReading(
        1, PageKind.FORM, form=0, form_id="psf_2021", form_page=1, match=0.9, to_blank=(1, 0, 0, 0, 1, 0)
    )
    halves = FormReading("psf_2021", (1,), (2,), first)
    deliver(DocumentReading((page, UNKNOWN_2), (halves,), DocumentStatus.DONE))
    with Session(store.engine) as session:
        items = session.scalars(select(ReviewItem).order_by(ReviewItem.id)).all()
        assert [(item.form_pk, item.page) for item in items] == [(1, None), (None, 2)]
    hand = take(store, 1)
    with Session(store.engine) as session, session.begin():
        decide.keep_draft(session, hand, Entries({"anc_value": "2500"}, frozenset({"patient_zip"})))
    places = now(store) | {2: Placement(Kind.FORM, "psf_2021", 2, 1)}
    item = arrange(store, hand, places, read_as)
    pages, forms = exported(store)
    assert pages == [(1, "form", 0, 1), (2, "form", 0, 2)]
    assert forms == [("psf_2021", "review", [1, 2])]
    with Session(store.engine) as session:
        new = session.get_one(ReviewItem, item)
        assert (new.claimed_by, new.form_pk, new.reasons[-1]) == ("ann", 2, "rearranged")
        assert decide.kept_draft(new) == Entries({"anc_value": "2500"}, frozenset({"patient_zip"}))
        done = session.scalars(select(ReviewItem.id).filter_by(state=ReviewState.DONE)).all()
        assert sorted(done) == [1, 2]
        assert session.get_one(Form, 1).route.route == "rearranged"


def test_a_form_is_split_and_what_people_wrote_stays(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand = take(store, 1)
    with Session(store.engine) as session, session.begin():
        one = session.get_one(Form, 1)
        assert set_readings(session, one, {"anc_value": "2750"})
        next(reading for reading in one.readings if reading.field == "patient_zip").belief = 0.5
    places = now(store)
    arrange(store, hand, places | {2: Placement(Kind.FORM, "psf_2021", 2, 2)}, read_as)
    pages, forms = exported(store)
    assert pages == [(1, "form", 0, 1), (2, "form", 1, 2)]
    assert forms == [("psf_2021", "review", [1]), ("psf_2021", "review", [2])]
    with Session(store.engine) as session:
        first, second = session.scalars(select(Form).where(Form.id > 1).order_by(Form.id)).all()
        readings = {reading.field: reading for reading in first.readings}
        assert (readings["anc_value"].value, readings["anc_value"].engine) == ("2750", "person")
        assert readings["patient_zip"].belief == 0.5  # not weighed again
        assert (first.missing_pages, second.missing_pages) == ([2], [1])
        assert {reading.field for reading in first.readings} | {reading.field for reading in second.readings} == set(
            {reading.field for reading in session.get_one(Form, 1).readings}
        )
    item = hand_of(store)
    arrange(store, item, now(store) | {2: Placement(Kind.FORM, "psf_2021", 2, 2)}, read_as)  # and merged again
    assert exported(store)[1] == [("psf_2021", "review", [1, 2])]
    with Session(store.engine) as session:
        merged = session.scalars(select(Form).order_by(Form.id.desc())).first()
        assert merged is not None
        assert next(reading.value for reading in merged.readings if reading.field == "anc_value") == "2750"


def test_once_rearranged_a_form_waits_for_somebody_although_its_last_doubt_is_settled(
    store: Store, deliver: Deliver
) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand, places = take(store, 1), now(store)
    arrange(store, hand, places | {2: Placement(Kind.FORM, "psf_2021", 2, 2)}, read_as)
    arrange(store, hand_of(store), now(store) | {2: Placement(Kind.FORM, "psf_2021", 2, 2)}, read_as)
    with Session(store.engine) as session, session.begin():
        lease = store.settings.review_lease
        sheet = group_sheets.deal(session, store.settings, ANN, "field:anc_value", Scope.HOLDING, lease)
        assert sheet is not None
        assert group_sheets.judge(session, store.settings, ANN, sheet, ()).confirmed == 1
    hand = hand_of(store)
    with Session(store.engine) as session, session.begin():
        one = session.get_one(Form, session.get_one(ReviewItem, hand.item).form_pk)
        assert (one.route.route, one.route.reasons) == ("review", ["rearranged"])
        correct(session, store.settings, one, {"anc_value": "2400"}, "ann", "seen on the paper")
        assert (one.route.route, one.route.reasons) == ("review", ["rearranged"])
    with Session(store.engine) as session, session.begin():
        assert decide.accept(session, store.settings, hand_of(store), Entries()).route == "accept"


def hand_of(store: Store) -> Hand:
    with Session(store.engine) as session:
        item = session.scalars(select(ReviewItem).filter_by(state=ReviewState.CLAIMED)).one()
        return Hand(item.id, item.version, ANN)


def test_a_wrong_form_is_read_as_another_and_never_passes_by_itself(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand = take(store, 1)
    other = {1: Placement(Kind.FORM, "designee_enrollment_2021", 1, 1), 2: Placement(Kind.OTHER)}
    arrange(store, hand, other, read_as)
    pages, forms = exported(store)
    assert pages == [(1, "form", 0, 1), (2, "unknown", None, None)]
    assert forms == [("designee_enrollment_2021", "review", [1])]


def test_an_additional_page_goes_with_its_form_which_keeps_its_item(store: Store, deliver: Deliver) -> None:
    deliver(document(form("psf_2021", {**VALUES, "patient_gender": None}), more=(UNKNOWN,)))
    hand = take(store, 2)
    assert now(store)[3] == Placement(Kind.UNDECIDED)
    assert arrange(store, hand, now(store) | {3: Placement(Kind.ADDITIONAL, group=1)}, read_as) is None
    assert exported(store)[1] == [("psf_2021", "review", [1, 2])]
    with Session(store.engine) as session:
        assert [item.state for item in session.scalars(select(ReviewItem).order_by(ReviewItem.id))] == [
            "waiting",
            "done",
        ]
        assert session.get_one(Document, 1).pages[2].form == 0
    assert now(store)[3] == Placement(Kind.ADDITIONAL, group=1)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ({2: Placement(Kind.FORM, "psf_2021", 1, 1)}, "are the same"),
        ({2: Placement(Kind.FORM, "anc_lab_2015", 1, 1)}, "different forms"),
        ({2: Placement(Kind.FORM, "psf_2021", 9, 1)}, "no such form or page"),
        ({2: Placement(Kind.ADDITIONAL, group=5)}, "to which form it belongs"),
        ({7: Placement(Kind.BLANK)}, "not yours to arrange"),
    ],
)
def test_places_that_cannot_be_change_nothing(
    store: Store, deliver: Deliver, places: dict[int, Placement], words: str
) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand, before = take(store, 1), exported(store)
    with pytest.raises(DecisionRefused, match=words):
        arrange(store, hand, now(store) | places, read_as)
    assert exported(store) == before


def test_what_was_decided_or_somebody_else_holds_stays(store: Store, deliver: Deliver) -> None:
    two = document(
        form("psf_2021", {**VALUES, "patient_gender": None}),
        form("psf_2021", {**VALUES, "anc_draw_date": "2022-07-12"}, 3),
    )
    deliver(two)
    with Session(store.engine) as session:
        assert [one.route.route for one in session.scalars(select(Form))] == ["review", "accept"]
    assert sorted(now(store)) == [1, 2]
    hand = take(store, 1, BEN)
    assert now(store) == {}
    with pytest.raises(ClaimLost):
        arrange(store, Hand(1, hand.version, ANN), {}, read_as)
    everything = {1: Placement(Kind.FORM, "anc_lab_2015", 1, 1), 2: Placement(Kind.BLANK)}
    with pytest.raises(DecisionRefused, match="cannot be read"):
        arrange(store, hand, everything, lambda *_: DocumentReading((), (), DocumentStatus.FAILED, "open: no"))
    assert [route for _, route, _ in exported(store)[1]] == ["review", "accept"]
