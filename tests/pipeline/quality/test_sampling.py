"""Which forms are checked: the same at every run, about the rate of every stratum, none of them forgotten."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from papers import BASELINE, Deliver, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.quality.sampling import Candidate, Stratum, chosen, draw, iso_week, own_number
from pipeline.review.accepting import accept
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import Document, Form, ReviewItem
from pipeline.store.opening import Store
from pipeline.store.quality_models import QualityCheck

PAST, NOW = "2026-W47", "2026-W48"
NEXT_WEEK = dt.datetime.now(dt.UTC) + dt.timedelta(days=7)


def candidates(count: int, stratum: Stratum, seed: str = "") -> list[Candidate]:
    return [Candidate(number, stratum, own_number(seed, number, 0)) for number in range(count)]


def psf_of(week: str, *, by_program: bool = True) -> Stratum:
    return Stratum("psf_2021", "folder", by_program, week)


def test_about_the_rate_is_chosen_and_another_seed_chooses_others() -> None:
    ones, others = (chosen(candidates(20_000, psf_of(NOW), seed), 0.02, 0, NOW) for seed in ("one", "other"))
    assert 320 <= len(ones) <= 480  # 400 expected; four standard deviations
    assert len(set(ones) & set(others)) < 30  # 8 expected by chance


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1), st.text(max_size=5))
def test_what_comes_later_changes_no_choice(count: int, more: int, rate: float, seed: str) -> None:
    before, after = (chosen(candidates(n, psf_of(NOW), seed), rate, 0, NOW) for n in (count, count + more))
    assert before == [form for form in after if form < count]


@given(st.integers(1, 30), st.floats(1e-9, 1), st.text(max_size=5))
def test_no_week_of_a_rare_form_goes_unchecked(count: int, rate: float, seed: str) -> None:
    assert chosen(candidates(count, psf_of(PAST), seed), rate, 0, NOW)
    assert not chosen(candidates(count, psf_of(PAST), seed), 0, 0, NOW)


def test_people_and_the_program_have_a_rate_each() -> None:
    forms = [*candidates(50, psf_of(NOW)), *(Candidate(99, psf_of(NOW, by_program=False), 0.5) for _ in range(1))]
    assert chosen(forms, 0, 1, NOW) == [99]
    assert chosen(forms, 1, 0, NOW) == list(range(50))


def test_weeks_are_those_of_iso_8601_in_utc() -> None:
    assert iso_week(dt.datetime(2027, 1, 3, 23, 30, tzinfo=dt.UTC)) == "2026-W53"
    assert iso_week(dt.datetime(2027, 1, 3, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))) == "2027-W01"


def test_a_form_is_chosen_once_and_goes_on_counting(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    deliver(psf(BASELINE, ben_flag=True))  # held: waits for a person, and is no candidate
    everything = Settings(check_rate=1)
    with Session(store.engine) as session, session.begin():
        (check,) = draw(session, everything)
        assert not draw(session, everything)
        assert (check.form.form_id, check.source, check.decided_by) == ("psf_2021", "folder", audit.PROGRAM)
        assert check.as_read["anc_value"]["value"] == "2300"
        assert session.scalars(select(ReviewItem.form_pk)).all() != [check.form_pk]
        assert check.form.route.route == "accept"
        assert audit.verify(session) is None


def test_what_a_person_let_pass_is_chosen_by_its_own_rate(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(BASELINE, ben_flag=True))
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, held.document_id).forms
        accept(session, store.settings, form, "A. Clerk")
        assert [check.decided_by for check in draw(session, Settings(check_rate=0, check_rate_of_people=1))] == [
            "A. Clerk"
        ]


def test_a_week_that_is_over_has_a_check(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    hardly = Settings(check_rate=1e-9)
    with Session(store.engine) as session, session.begin():
        assert not draw(session, hardly)
        assert len(draw(session, hardly, NEXT_WEEK)) == 1
        assert session.scalars(select(QualityCheck.form_pk)).all() == session.scalars(select(Form.id)).all()
