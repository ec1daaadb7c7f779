"""Whatever an archive's index says or leaves out: what the rules of a form's day would have held is not accepted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.reading import Value
from validators import archives
from validators.archives import IndexRow
from validators.content import Content
from validators.judge import judge
from validators.registry import RegistrySnapshot
from validators.routing import route

ON_THE_WAY = 7
"""Days between signature and receipt, as archives.yaml has it."""

TURNS = ("2015-10-12", "2021-11-15", "2021-12-01", "2025-02-24", "2025-06-13", *["2017-06-15", "2022-06-15"] * 3)
"""Days about which rules, memberships or programmes begin and end, and days in the midst of each programme."""

SIGNED = {"psf_2021": "signature_date", "patient_enrollment_2015": "signature_date"}
"""Forms that a patient's course hangs on, each with the day beside its signature."""

CASES = st.fixed_dictionaries(
    {
        "form": st.sampled_from(sorted(SIGNED)),
        "signed": st.builds(
            lambda turn, shift: dt.date.fromisoformat(turn) + dt.timedelta(shift),
            st.sampled_from(TURNS),
            st.integers(-9, 9),
        ),
        # the limit of 30 days between blood and receipt is where a day more or less counts
        "drawn_before": st.one_of(st.integers(22, 32), st.integers(0, 40)),
        "anc_value": st.sampled_from(["2500"] * 6 + ["1200", "700", "300", None]),
        "monitoring_frequency": st.sampled_from(["monthly"] * 4 + ["weekly", "every_two_weeks"]),
        "on_the_way": st.integers(0, ON_THE_WAY),
    }
)


def routed(content: Content, days: archives.Days, rows: list[IndexRow], registry: RegistrySnapshot) -> str:
    """As `pipeline.deciding.judge_form` goes about it, without what came before."""
    judgement = archives.at_both_ends(judge(content, day, registry) for day in days.days)
    key = judgement.patient.patient.key if judgement.patient.patient else None
    judgement = archives.against_index(judgement, days, archives.disagreements(rows, content, key))
    return route(judgement.findings).route


def filled(fill: Callable[..., Content], case: Mapping[str, Any], *, doubtful: tuple[str, ...] = ()) -> Content:
    changes: dict[str, Value] = {
        SIGNED[case["form"]]: case["signed"].isoformat(),
        "anc_draw_date": (case["signed"] - dt.timedelta(case["drawn_before"])).isoformat(),
        "anc_value": case["anc_value"],
        "monitoring_frequency": case["monitoring_frequency"],
    }
    return fill(case["form"], doubtful=doubtful, **changes)


@settings(max_examples=60)
@given(case=CASES, told=st.booleans(), wrong_by=st.integers(32, 2000), sure=st.booleans())
def test_nothing_is_accepted_that_the_rules_of_its_day_would_have_held(
    fill: Callable[..., Content],
    registry: RegistrySnapshot,
    case: Mapping[str, Any],
    told: bool,
    wrong_by: int,
    sure: bool,
) -> None:
    content = filled(fill, case, doubtful=() if sure else (SIGNED[case["form"]],))
    came = case["signed"] + dt.timedelta(case["on_the_way"])
    of_its_day = route(judge(content, came, registry).findings).route
    scanned = dt.date(2026, 3, 1)

    rows = [IndexRow(1, document_date=came if told else None)]
    days = archives.days_of(scanned, rows, content)
    migrated = routed(content, days, rows, registry)
    assert migrated == "review" or of_its_day == "accept", (days, of_its_day)
    assert migrated == "review" or sure or told
    if told and sure:
        assert days.days == (came,)

    for shift in (wrong_by, -wrong_by):  # an index that contradicts the paper
        rows = [IndexRow(1, document_date=case["signed"] + dt.timedelta(shift))]
        days = archives.days_of(scanned, rows, content)
        assert not sure or routed(content, days, rows, registry) == "review"


@settings(max_examples=30)
@given(case=CASES)
def test_without_an_index_every_day_on_which_it_can_have_come_must_let_it_pass(
    fill: Callable[..., Content], registry: RegistrySnapshot, case: Mapping[str, Any]
) -> None:
    content = filled(fill, case)
    rows: list[IndexRow] = []
    migrated = routed(content, archives.days_of(dt.date(2026, 3, 1), rows, content), rows, registry)
    possible = [case["signed"] + dt.timedelta(days) for days in range(ON_THE_WAY + 1)]
    if migrated == "accept":
        assert {route(judge(content, day, registry).findings).route for day in possible} == {"accept"}


def test_some_of_it_is_accepted(fill: Callable[..., Content], registry: RegistrySnapshot) -> None:
    """Else the properties above would hold of a program that accepts nothing."""
    content, day = fill("psf_2021"), dt.date(2022, 6, 15)
    for rows in ([], [IndexRow(1, document_date=day)]):
        assert routed(content, archives.days_of(dt.date(2026, 3, 1), rows, content), rows, registry) == "accept"
