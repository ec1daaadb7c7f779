"""Readings typed: known, empty, unknown, and never one for the other."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.definition import FormDefinition
from extractors.reading import FormReading, ReadingState
from validators.content import Content, Empty, InvalidAnc, InvalidDate, Known, Unknown, UnknownValue, from_readings
from validators.names import PersonName

Fill = Callable[..., Content]


def test_values_are_typed(fill: Fill) -> None:
    content = fill("psf_2021")
    assert content.state("patient_dob") == Known(dt.date(1980, 2, 3))
    assert content.state("anc_value") == Known(2500)
    assert content.state("treatment_status") == Known("active")
    assert content.state("prescriber_signature") == Known(True)
    assert content.state("patient_zip") == Known("10001")


@pytest.mark.parametrize("name", ["ben_flag", "designee_signature", "patient_phone", "status_date", "no_such_field"])
def test_what_is_not_there_is_empty(fill: Fill, name: str) -> None:
    content = fill("psf_2021")
    assert content.state(name) == Empty()
    assert content.value(name) is None
    assert not content.is_written(name)


def test_what_cannot_be_parsed_is_kept_as_written(fill: Fill) -> None:
    content = fill("psf_2021", anc_draw_date="13/15/2022", anc_value="6.2", anc_value_2="1,850")
    assert content.state("anc_draw_date") == Known(InvalidDate("13/15/2022"))
    assert content.state("anc_value") == Known(InvalidAnc("6.2"))
    assert content.state("anc_value_2") == Known(1850)
    assert content.date("anc_draw_date") is None
    assert content.anc("anc_value") is None


@pytest.mark.parametrize("trouble", ["doubtful", "struck"])
@given(data=st.data())
def test_an_unknown_value_cannot_be_had(fill: Fill, trouble: str, data: st.DataObject) -> None:
    names = [field.name for field in fill("psf_2021").definition.fields]
    name = data.draw(st.sampled_from(names))
    content = fill("psf_2021", **{trouble: {name}})
    assert isinstance(content.state(name), Unknown)
    for ask in (content.value, content.ticked, content.choice, content.text, content.date, content.anc):
        with pytest.raises(UnknownValue):
            ask(name)


def test_the_tentative_value_stays_for_display(fill: Fill) -> None:
    content = fill("psf_2021", doubtful={"anc_value", "patient_phone"}, struck={"anc_draw_date"})
    assert content.tentative("anc_value") == 2500
    assert content.tentative("anc_draw_date") == dt.date(2022, 6, 10)
    assert content.is_written("anc_value")
    with pytest.raises(UnknownValue):
        content.is_written("patient_phone")  # doubtful whether there is anything


def test_unreadable_is_told_from_low_confidence(
    read: Callable[..., FormReading], definitions: Mapping[str, FormDefinition]
) -> None:
    form = read("psf_2021")
    smudge = dataclasses.replace(form.readings["patient_zip"], value=None, state=ReadingState.UNREADABLE)
    readings = {**form.readings, "patient_zip": smudge}
    state = from_readings(dataclasses.replace(form, readings=readings), definitions["psf_2021"]).state("patient_zip")
    assert isinstance(state, Unknown)
    assert state.unreadable
    assert state.written


def test_fields_of_a_missing_page_and_fields_not_read_are_unknown(
    read: Callable[..., FormReading], definitions: Mapping[str, FormDefinition]
) -> None:
    form = read("psf_2021", missing_pages=(2,))
    less = {name: reading for name, reading in form.readings.items() if name != "ben_flag"}
    content = from_readings(dataclasses.replace(form, readings=less), definitions["psf_2021"])
    assert content.state("treatment_status") == Unknown("page_missing")
    assert content.state("ben_flag") == Unknown("not_read")


def test_names_from_one_field_or_two(fill: Fill) -> None:
    assert fill("psf_2021").name("patient") == PersonName("Mira", "Holt")
    assert fill("anc_lab_2015").name("prescriber") == PersonName("Ada", "Quill")  # "Quill, Ada"
    assert fill("anc_lab_2015").name("patient") == PersonName("Mira", "Holt")  # "Mira Holt"
    assert fill("psf_2021", patient_last_name=None).name("patient") is None


def test_a_later_revision_is_of_the_same_family(fill: Fill) -> None:
    content = fill("psf_2021")
    later = dataclasses.replace(content.definition, form_id="psf_2023_06")
    assert content.family == dataclasses.replace(content, definition=later).family == "psf"
