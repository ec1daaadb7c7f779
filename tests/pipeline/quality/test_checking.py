"""A blind check from the claim to its outcome, a third person's included."""

from __future__ import annotations

import datetime as dt

import pytest
from blind import ANN, BEN, CAT, LEASE, check_it, draw_one, keyed
from papers import Deliver, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import FieldKind
from extractors.reading import Value
from pipeline.errors import CheckRefused, ClaimLost
from pipeline.quality import checking
from pipeline.quality.checking import asked, claim, judged, record, release, uncorrected, waiting
from pipeline.quality.double_keying import Entry
from pipeline.quality.sampling import CheckKind
from pipeline.review.correcting import correct
from pipeline.store import audit
from pipeline.store.models import AuditLine
from pipeline.store.opening import Store
from pipeline.store.quality_models import CheckOutcome, QualityCheck


def test_a_checker_sees_places_and_no_values(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        sheet = asked(session, draw_one(session))
    assert sheet.kind is CheckKind.BLIND
    (anc,) = [one for one in sheet.fields if one.field.name == "anc_value"]
    assert (anc.page, anc.box, anc.shown) == (1, anc.field.box, ())
    assert not {"2300", "Lane", "1980-02-03"} & set(repr(sheet).replace("'", " ").split())


def test_who_reads_the_same_finds_everything_right(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        outcomes = check_it(session, check, ANN, keyed(check))
        assert len(outcomes) == len(check.fields)
        assert {(o.right, o.settled, o.checker, o.source) for o in outcomes} == {(True, True, ANN, "folder")}
        assert not waiting(session)
        assert not uncorrected(session)
        assert audit.verify(session) is None


@pytest.mark.parametrize(
    ("third", "right", "value"),
    [("2300", True, "2300"), ("2800", False, "2800"), ("2900", False, "2900")],
    ids=["the program was right", "the checker was right", "neither"],
)
def test_where_they_differ_a_third_person_decides(
    store: Store, deliver: Deliver, third: str, right: bool, value: str
) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, keyed(check, anc_value="2800"))
        assert open_fields(session) == ["anc_value"]
        assert not waiting(session, ANN)
        (second,) = waiting(session, BEN)
        (disputed,) = asked(session, second).fields
        assert [entry.value for entry in disputed.shown] == ["2300", "2800"]
        assert {entry.who for entry in disputed.shown} == {""}
        (outcome,) = check_it(session, second, BEN, {"anc_value": third})
        assert (outcome.right, outcome.settled, outcome.value, outcome.checker) == (right, True, value, ANN)
        assert [one.value for one in uncorrected(session)] == ([] if right else [value])


def test_what_was_found_wrong_waits_until_it_is_corrected(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, keyed(check, anc_value="2800"))
        (second,) = waiting(session)
        check_it(session, second, BEN, {"anc_value": "2800"})
        (wrong,) = uncorrected(session)
        correct(session, store.settings, check.form, {wrong.field: str(wrong.value)}, CAT, "found by a blind check")
        assert not uncorrected(session)
        assert session.scalars(select(CheckOutcome.right).filter_by(field="anc_value")).one() is False


def test_what_was_not_keyed_or_not_legible_counts_neither_way(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, {"anc_value": "2300"}, illegible=["patient_zip"])
        (second,) = waiting(session)
        check_it(session, second, BEN, {}, illegible=["patient_zip"])
        found = {o.field: (o.right, o.settled) for o in session.scalars(select(CheckOutcome))}
    assert found == {"anc_value": (True, True), "patient_zip": (None, True)}


def test_one_check_one_person(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        version = claim(session, check.id, ANN, LEASE)
        assert version is not None
        assert claim(session, check.id, BEN, LEASE) is None
        again = claim(session, check.id, ANN, LEASE)  # the heartbeat
        with pytest.raises(ClaimLost):
            record(session, check.id, ANN, version, {"anc_value": "2300"})
        assert again is not None
        release(session, check.id, ANN, again)
        assert claim(session, check.id, BEN, dt.timedelta(0)) is not None
        assert claim(session, check.id, CAT, LEASE) is not None  # Ben's lease ran out
        with pytest.raises(ClaimLost):
            release(session, check.id, BEN, again + 2)


def test_nobody_checks_themselves(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check.decided_by = CAT
        with pytest.raises(CheckRefused, match="themselves"):
            claim(session, check.id, CAT, LEASE)
        check_it(session, check, ANN, keyed(check, anc_value="2800"))
        (second,) = waiting(session)
        for who in (ANN, CAT):
            with pytest.raises(CheckRefused, match="themselves"):
                claim(session, second.id, who, LEASE)


def test_what_does_not_fit_is_refused(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        for values, why in ({}, "nothing was keyed"), ({"shoe_size": "44"}, "not asked for: shoe_size"):
            with pytest.raises(CheckRefused, match=why):
                check_it(session, check, ANN, values)
        check_it(session, check, ANN, keyed(check, anc_value="2800", patient_zip="10009"))
        (second,) = waiting(session)
        with pytest.raises(CheckRefused, match="left out: anc_value"):
            check_it(session, second, BEN, {"patient_zip": "10001"})


def test_the_trail_tells_who_checked_and_no_value(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, keyed(check, anc_value="2800"))
        (line,) = session.scalars(select(AuditLine).filter_by(action="checked blindly"))
        assert line.who == ANN
        assert line.after is not None
        assert line.after["disputed"] == ["anc_value"]
        assert "2800" not in str(line.after)


@pytest.mark.parametrize(
    ("keyed_so_far", "expected"),
    [
        ([Entry(ANN, "2300")], (True, True, "2300")),
        ([Entry(ANN, "2800")], (False, None, None)),
        ([Entry(ANN, None, illegible=True)], (False, None, None)),
        ([Entry(ANN, None, illegible=True), Entry(BEN, "2300")], (True, True, "2300")),
        ([Entry(ANN, None, illegible=True), Entry(BEN, None, illegible=True)], (True, None, None)),
        ([Entry(ANN, "2800"), Entry(BEN, None, illegible=True)], (True, False, "2800")),
    ],
)
def test_two_who_say_the_same_decide(keyed_so_far: list[Entry], expected: tuple[bool, bool | None, Value]) -> None:
    assert judged(FieldKind.DIGITS, Entry("faxforms", "2300"), keyed_so_far) == expected


def open_fields(session: Session) -> list[str]:
    """The fields on which a third person is awaited."""
    assert [check.kind for check in session.scalars(select(QualityCheck).filter_by(state="waiting"))] == ["third"]
    assert checking.CheckKind.THIRD > checking.CheckKind.BLIND  # so they come first in the list
    return list(session.scalars(select(CheckOutcome.field).filter_by(settled=False)))
