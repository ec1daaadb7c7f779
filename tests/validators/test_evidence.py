"""What is known beside the ink moves confidence, in the right direction, and never a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.confidence import calibrated
from extractors.definition import FormDefinition
from extractors.reading import Alternative, FormReading, Pen, Reading
from validators.evidence import weigh_evidence
from validators.registry import RegistrySnapshot

RECEIVED = dt.date(2022, 6, 15)
NPI, DOB = "1000000012", "1980-02-03"  # of the form in order, and of the registry
Weigh = Callable[..., Reading]


@pytest.fixture(scope="session")
def weigh(
    definitions: Mapping[str, FormDefinition], read: Callable[..., FormReading], registry: RegistrySnapshot
) -> Weigh:
    """Reads a value in a field of a form in order, with another that its ink could say, and weighs the evidence.

    The form is a PSF, or one of a pharmacy for what a PSF does not have.
    """

    def weighed(name: str, value: str, other: str, belief: float = 0.9, why: str = "", **changes: str) -> Reading:
        of_a_psf = any(field.name == name for field in definitions["psf_2021"].fields)
        definition = definitions["psf_2021" if of_a_psf else "pharmacy_outpatient_2021"]
        form = read(definition.form_id, **{name: value, **changes})
        field = definition.field(name)
        judged = calibrated(field, Pen.HAND, belief, why)
        seen = replace(
            form.readings[name], pen=Pen.HAND, belief=belief, alternatives=(Alternative(other, 1 - belief),),
            confidence=judged.confidence, doubtful=bool(judged.why), why=judged.why,
        )  # fmt: skip
        form = replace(form, readings={**form.readings, name: seen})
        return weigh_evidence(form, definition, RECEIVED, registry).readings[name]

    return weighed


@pytest.mark.parametrize(
    ("name", "likely", "unlikely", "because"),
    [
        ("prescriber_npi", NPI, "1000000072", "its check digit fails (R39)"),
        ("prescriber_npi", NPI, "1000000038", "no prescriber of the registry has it"),
        ("pharmacy_npi", NPI, "1000000072", "its check digit fails (R39)"),
        ("patient_dob", DOB, "1980-02-08", "page 2 and the registry say otherwise"),
        ("patient_dob", DOB, "1880-02-03", "nobody is so old"),
        ("patient_dob_p2", DOB, "1980-02-08", "page 1 says otherwise"),
        ("anc_draw_date", "2022-06-10", "2022-06-40", "there is no such day"),
        ("anc_draw_date", "2022-06-10", "2022-08-10", "it had not come yet when the form came"),
        ("anc_draw_date", "2022-06-10", "2021-06-10", "it is long ago"),
        ("anc_draw_date", "2022-06-10", "2072-06-10", "nobody dates fifty years ahead"),
        ("anc_draw_date", "2022-06-10", "2022-04-10", "the last blood was drawn later"),
        ("anc_draw_date", "2022-06-10", "2022-06-15", "the form was signed before that (R17)"),
        ("signature_date", "2022-06-14", "2022-05-14", "forms are sent when they are signed"),
        ("signature_date", "2022-06-14", "2022-06-04", "the blood was not yet drawn (R17)"),
        ("signature_date", "2022-06-14", "2022-06-19", "it had not come yet when the form came"),
        ("anc_value", "2500", "250000", "nobody has so many neutrophils"),
    ],
)
def test_the_likely_value_gains_and_the_unlikely_one_loses(
    weigh: Weigh, name: str, likely: str, unlikely: str, because: str
) -> None:
    gained, lost = weigh(name, likely, unlikely), weigh(name, unlikely, likely)
    assert gained.belief > 0.9 > lost.belief, because
    assert gained.confidence >= lost.confidence
    assert (gained.value, lost.value) == (likely, unlikely)  # neither is changed
    assert lost.doubtful


def test_ink_that_is_clear_outlives_the_evidence(weigh: Weigh) -> None:
    """A form dated in the future has to be judged as such, not held for a reader's doubt."""
    assert not weigh("anc_draw_date", "2022-09-10", "2022-06-10", belief=0.999999).doubtful


@given(belief=st.floats(0.0, 1.0), why=st.sampled_from(["struck", "format", "slipped"]))
def test_no_evidence_takes_away_a_doubt_of_another_kind(weigh: Weigh, belief: float, why: str) -> None:
    weighed = weigh("prescriber_npi", NPI, "1000000072", belief=belief, why=why)
    assert (weighed.doubtful, weighed.why, weighed.value) == (True, why, NPI)


def test_a_witness_stands_for_one_of_two_readers_that_differ(weigh: Weigh) -> None:
    """The registry knows the prescriber of that name by that NPI, and the patient of that name by that day of birth."""
    for name, value, other in (("prescriber_npi", NPI, "1000000072"), ("patient_dob", DOB, "1980-02-08")):
        seen = weigh(name, value, other, belief=0.7, why="readings_differ")
        assert (seen.why, seen.doubtful, seen.value) == ("", False, value)
        seen = weigh(name, other, value, belief=0.7, why="readings_differ")
        assert (seen.why, seen.doubtful, seen.value) == ("readings_differ", True, other)


def test_the_other_place_of_a_date_is_a_witness_if_it_is_sure(
    definitions: Mapping[str, FormDefinition], read: Callable[..., FormReading]
) -> None:
    """Nobody of that name is in the registry: only page 2 says when the patient was born."""
    form = read("psf_2021", patient_dob="1980-02-03", patient_dob_p2="1980-02-03")

    def first_page(second_page: Reading) -> Reading:
        seen = replace(
            form.readings["patient_dob"], pen=Pen.HAND, belief=0.9, why="readings_differ", doubtful=True,
            alternatives=(Alternative("1980-02-08", 0.1),),
        )  # fmt: skip
        both = {**form.readings, "patient_dob": seen, "patient_dob_p2": second_page}
        known = replace(form, readings=both)
        return weigh_evidence(known, definitions["psf_2021"], RECEIVED, RegistrySnapshot()).readings["patient_dob"]

    clear = replace(form.readings["patient_dob_p2"], belief=0.99999)
    assert not first_page(clear).doubtful
    assert first_page(replace(clear, doubtful=True, why="low_confidence")).doubtful
    assert first_page(replace(clear, value="1980-02-08")).doubtful


def test_what_can_hardly_be_loses_against_one_reader_and_the_calendar(weigh: Weigh) -> None:
    """One reader says the value; the other says a day that no calendar has, or an NPI whose check digit fails."""
    for name, value, other in (
        ("anc_draw_date", "2022-06-10", "2022-06-40"),
        ("prescriber_npi", "1000000038", "1000000072"),  # nobody of the registry
    ):
        seen = weigh(name, value, other, belief=0.97, why="readings_differ")
        assert (seen.why == "readings_differ", seen.value) == (name == "prescriber_npi", value)  # it is not known there
        seen = weigh(name, other, value, belief=0.97, why="readings_differ")
        assert (seen.why, seen.doubtful, seen.value) == ("readings_differ", True, other)
    assert weigh("anc_draw_date", "2022-06-10", "2022-06-12", belief=0.97, why="readings_differ").doubtful
    assert weigh("anc_draw_date", "2022-06-10", "2022-06-40", belief=0.6, why="readings_differ").doubtful


def test_readings_that_differ_stay_doubtful_without_a_witness(weigh: Weigh) -> None:
    assert weigh("anc_value", "2500", "2800", belief=0.9999, why="readings_differ").why == "readings_differ"


def test_without_other_values_nothing_is_weighed(
    definitions: Mapping[str, FormDefinition], read: Callable[..., FormReading], registry: RegistrySnapshot
) -> None:
    form = read("psf_2021")
    assert weigh_evidence(form, definitions["psf_2021"], RECEIVED, registry) == form
