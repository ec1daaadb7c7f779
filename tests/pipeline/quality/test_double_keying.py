"""Double keying: what follows from the entries, and how they are kept."""

from __future__ import annotations

import pytest
from blind import ANN, BEN, CAT, DAN
from hypothesis import given
from hypothesis import strategies as st
from papers import Deliver, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import FieldKind
from pipeline.errors import CheckRefused
from pipeline.quality.double_keying import Awaited, Entry, awaiting, double_keyed, key, may_key, shown, standing
from pipeline.settings import Settings
from pipeline.store.models import Form
from pipeline.store.opening import Store

ANC_TWICE = Settings(double_keyed=("anc_value", "shoe_size"))
entries = st.lists(
    st.builds(Entry, st.sampled_from([ANN, BEN, CAT]), st.sampled_from(["2300", "2800", None]), st.booleans()),
    max_size=3,
)


@given(entries)
def test_it_is_settled_exactly_when_two_say_the_same(keyed: list[Entry]) -> None:
    said = [("illegible", "") if entry.illegible else ("value", entry.value) for entry in keyed]
    found = standing(FieldKind.DIGITS, keyed)
    assert (found.awaited is Awaited.NOBODY) == (len(set(said)) < len(said)) == (found.agreed is not None)


@pytest.mark.parametrize(
    ("values", "awaited"),
    [
        ([], Awaited.FIRST),
        (["2300"], Awaited.SECOND),
        (["2300", "2300"], Awaited.NOBODY),
        (["2300", "2800"], Awaited.THIRD),
        (["2300", "2800", "2300"], Awaited.NOBODY),
        (["2300", "2800", "2900"], Awaited.SUPERVISOR),
    ],
)
def test_who_is_awaited(values: list[str], awaited: Awaited) -> None:
    assert standing(FieldKind.DIGITS, [Entry(str(n), value) for n, value in enumerate(values)]).awaited is awaited


def test_values_are_compared_as_written() -> None:
    assert standing(FieldKind.DATE, [Entry(ANN, "2022-07-11"), Entry(BEN, "07/11/2022")]).awaited is Awaited.NOBODY
    assert standing(FieldKind.TEXT, [Entry(ANN, "Lane, Cy"), Entry(BEN, "LANE,  CY")]).awaited is Awaited.NOBODY


@given(entries)
def test_nobody_sees_what_one_other_keyed_nor_who_keyed_which(keyed: list[Entry]) -> None:
    assert all(entry.who == "" for entry in shown(keyed))
    assert shown(keyed) == shown(keyed[::-1])
    assert bool(shown(keyed)) == (len(keyed) >= 2)


def test_nobody_is_their_own_second() -> None:
    assert may_key([], ANN)
    assert not may_key([Entry(ANN, "2300")], ANN)


def test_two_people_settle_a_field_and_a_third_where_they_differ(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        form = session.scalars(select(Form)).one()
        assert double_keyed(ANC_TWICE, form) == {"anc_value"}
        assert not awaiting(session, ANC_TWICE, form)  # nobody began
        assert key(session, form, "anc_value", Entry(ANN, "2300")).awaited is Awaited.SECOND
        with pytest.raises(CheckRefused, match="same person"):
            key(session, form, "anc_value", Entry(ANN, "2300"))
        assert key(session, form, "anc_value", Entry(BEN, "2800")).awaited is Awaited.THIRD
        assert {name: one.awaited for name, one in awaiting(session, ANC_TWICE, form).items()} == {
            "anc_value": Awaited.THIRD
        }
        assert key(session, form, "anc_value", Entry(CAT, "2800")).agreed == Entry(CAT, "2800")
        assert not awaiting(session, ANC_TWICE, form)
        with pytest.raises(CheckRefused, match="nobody is awaited"):
            key(session, form, "anc_value", Entry(DAN, "2300"))
        with pytest.raises(CheckRefused, match="no field shoe_size"):
            key(session, form, "shoe_size", Entry(ANN, "44"))


def test_fields_that_are_not_set_so_are_not_awaited(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        form = session.scalars(select(Form)).one()
        key(session, form, "anc_value", Entry(ANN, "2300"))
        assert not awaiting(session, Settings(), form)
        assert awaiting(session, ANC_TWICE, form)
