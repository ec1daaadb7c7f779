"""Assembly: sheets in any order become the forms they were; nobody's second page goes silently to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.assembly import Sheet, assemble, head_agreement
from extractors.definition import FormDefinition
from extractors.definition_files import load_definitions
from extractors.geometry import Box
from extractors.reading import FormReading, Reading, ReadingState

FORMS = {definition.form_id: definition for definition in load_definitions()}
PSF = FORMS["psf_2021"]
PEOPLE = (  # first name, last name, date of birth: invented, and no two alike
    ("Ruth", "Martin", "02/26/1997"),
    ("George", "Hernandez", "11/03/1948"),
    ("Li", "Wu", "07/19/1985"),
    ("Barbara", "Okonkwo", "10/25/1955"),
    ("Zoe", "Quick", "04/30/2001"),
)


def said(**fields: str) -> dict[str, Reading]:
    return {
        name: Reading(name, raw or None, raw, 0.9, False, ReadingState.READ, 1, Box(0, 0, 1, 1), "test")
        for name, raw in fields.items()
    }


def sheet(person: Sequence[str], form_page: int, page: int, definition: FormDefinition = PSF) -> Sheet:
    """A page of one person's status form; the second one repeats the head, as a reader reads it."""
    first, last, born = person
    if form_page == 1:
        head = said(patient_first_name=first, patient_last_name=last, patient_dob=born.replace("/", ""))
    else:
        head = said(patient_name_p2=f"{last}, {first}", patient_dob_p2=born)
    return Sheet(page, definition, form_page, head)


def grouped(forms: Sequence[FormReading]) -> set[tuple[int, ...]]:
    return {form.pages for form in forms}


@given(st.data())
def test_whole_forms_come_back_from_any_order_of_their_sheets(data: st.DataObject) -> None:
    people = data.draw(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True))
    order = data.draw(st.permutations([(person, form_page) for person in people for form_page in (1, 2)]))
    sheets = [sheet(person, form_page, page) for page, (person, form_page) in enumerate(order, start=1)]
    forms = assemble(sheets)
    assert grouped(forms) == {tuple(1 + order.index((person, form_page)) for form_page in (1, 2)) for person in people}
    assert all(form.missing_pages == () for form in forms)
    assert [min(form.pages) for form in forms] == sorted(min(form.pages) for form in forms)


MIXED = ("psf_2021", "prescriber_enrollment_2021", "anc_lab_2015")
SHEETS = st.lists(
    st.tuples(st.sampled_from([*PEOPLE, ("", "", "")]), st.sampled_from(MIXED), st.integers(1, 2)), max_size=12
)


@given(SHEETS)
def test_every_sheet_lands_in_exactly_one_form_and_never_in_another_kind(drawn: list[tuple]) -> None:
    number = count(1)
    sheets = [
        sheet(person, min(form_page, len(FORMS[form_id].pages)), next(number), FORMS[form_id])
        for person, form_id, form_page in drawn
    ]
    forms = assemble(sheets)
    assert sorted(page for form in forms for page in form.pages) == [one.page for one in sheets]
    by_page = {one.page: one for one in sheets}
    for form in forms:
        own = [by_page[page] for page in form.pages]
        assert {one.definition.form_id for one in own} == {form.form_id}
        present = [one.form_page for one in own]
        assert present == sorted(set(present))
        assert set(present) | set(form.missing_pages) == {page.number for page in FORMS[form.form_id].pages}
        assert set(form.readings) == {name for one in own for name in one.readings}


@pytest.mark.parametrize("lost", [1, 2])
def test_missing_page_is_named_and_the_other_one_not_given_away(lost: int) -> None:
    ruth, george = PEOPLE[:2]
    sheets = [sheet(ruth, 3 - lost, 1), sheet(george, 1, 2), sheet(george, 2, 3)]
    alone, whole = assemble(sheets)
    assert (alone.pages, alone.missing_pages) == ((1,), (lost,))
    assert (whole.pages, whole.missing_pages) == ((2, 3), ())


def test_two_peoples_pages_are_joined_as_neighbours_only() -> None:
    ruth, george = PEOPLE[:2]
    far = assemble([sheet(ruth, 1, 1), sheet(george, 2, 3)])
    assert grouped(far) == {(1,), (3,)}
    near = assemble([sheet(ruth, 1, 1), sheet(george, 2, 2)])
    assert grouped(near) == {(1, 2)}  # the judgement sees that the heads differ, and asks a person
    swapped = assemble([sheet(george, 2, 1), sheet(ruth, 1, 2)])
    assert grouped(swapped) == {(2, 1)}


def test_same_persons_two_forms_go_with_their_neighbours() -> None:
    ruth = PEOPLE[0]
    sheets = [sheet(ruth, 1, 1), sheet(ruth, 2, 2), sheet(ruth, 1, 3), sheet(ruth, 2, 4)]
    assert grouped(assemble(sheets)) == {(1, 2), (3, 4)}


def test_heads_nobody_could_read_go_by_their_place() -> None:
    nobody = ("", "", "")
    sheets = [sheet(PEOPLE[0], 1, 1), sheet(nobody, 2, 2), sheet(PEOPLE[1], 1, 3), sheet(nobody, 2, 4)]
    assert grouped(assemble(sheets)) == {(1, 2), (3, 4)}


def test_a_misread_head_still_finds_its_first_page() -> None:
    misread = ("Rutb", "Martln", "02/26/1991")
    sheets = [sheet(misread, 2, 1), sheet(PEOPLE[1], 1, 2), sheet(PEOPLE[0], 1, 3)]
    assert grouped(assemble(sheets)) == {(3, 1), (2,)}


@given(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))
def test_heads_agree_with_themselves_and_less_with_others(one: tuple, other: tuple) -> None:
    agreement = head_agreement(sheet(one, 1, 1), sheet(other, 2, 2))
    assert 0 <= agreement <= 1
    assert (agreement == 1) == (one == other)
    assert one == other or agreement < 0.6


def test_nothing_gives_nothing() -> None:
    assert assemble([]) == ()
