"""The gate: every known page is known however it stands; letters, noise and revisions nobody knows are not read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.random import Generator, default_rng

from extractors.geometry import Grey
from extractors.read import Sight
from extractors.recognition import Recognition, quarter_turns, recognise
from samples.generator import foreign
from samples.generator.channel import FAX_FINE, FAX_STANDARD, Machine
from samples.generator.placement import rotation
from tests.extractors.faxed import FACES, on_glass, page_of, received, sheet_of
from tests.extractors.revised import moved_from, with_code, without_code


def told(found: Recognition) -> tuple[str, int, int] | None:
    """Form, page and turn that were recognised."""
    return found.page and (found.page.blank.definition.form_id, found.page.blank.page, found.rotated)


@pytest.mark.parametrize("index", range(9))
def test_every_blank_page_is_itself_upright_and_turned(sight: Sight, index: int) -> None:
    blank = sight.blanks[index]
    itself = (blank.definition.form_id, blank.page)
    assert told(recognise(blank.grey, sight.blanks)) == (*itself, 0)
    turned = 90 * (1 + index % 3)  # each turn comes three times
    found = recognise(received(sheet_of(blank), severity=0.3, seed=index, turned=turned), sight.blanks)
    assert told(found) == (*itself, turned)
    assert found.match > 0.8


@pytest.mark.parametrize(("machine", "severity"), [(FAX_FINE, 0.6), (FAX_STANDARD, 0.4)], ids=["fine", "standard"])
@pytest.mark.parametrize("form_id", ["pharmacy_inpatient_2021", "pharmacy_outpatient_2021"])
def test_the_two_pharmacy_forms_are_not_confused(sight: Sight, form_id: str, machine: Machine, severity: float) -> None:
    for seed in range(2):
        page = received(sheet_of(page_of(sight, form_id)), machine, severity, seed)
        assert told(recognise(page, sight.blanks)) == (form_id, 1, 0)


def noise(_: object, rng: Generator) -> Grey:
    return np.where(rng.random((3300, 2550)) < 0.4, 0, 255).astype(np.uint8)


FOREIGN = {**foreign.FOREIGN, "empty": foreign.empty_page, "noise": noise}


@pytest.mark.parametrize("kind", FOREIGN)
def test_pages_of_other_kinds_are_no_form(sight: Sight, kind: str) -> None:
    made: Callable[[object, Generator], Grey] = FOREIGN[kind]
    for seed in range(2):
        page = received(made(FACES, default_rng(seed)), severity=0.2, seed=seed)
        found = recognise(page, sight.blanks)
        assert told(found) is None
        assert found.nearest is None


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("code", ["CREMS-PSF-0323  v2.0", "CREMS-PSF-1122  v1.0"], ids=["another", "a digit apart"])
def test_form_with_another_code_is_not_read_even_if_all_else_is_the_same(sight: Sight, code: str, number: int) -> None:
    blank = page_of(sight, "psf_2021", number)
    same = with_code(blank, blank.definition.code.replace(" ", "  "))
    assert told(recognise(received(same, seed=number), sight.blanks)) == ("psf_2021", number, 0)
    found = recognise(received(with_code(blank, code), seed=number), sight.blanks)
    assert told(found) is None
    assert found.nearest == "psf_2021"
    assert found.match > 0.9  # nothing but the code tells


@pytest.mark.parametrize("number", [1, 2])
def test_form_with_moved_sections_and_another_code_is_not_read(sight: Sight, number: int) -> None:
    sheet = moved_down(with_code(page_of(sight, "psf_2021", number), "CREMS-PSF-0323  v2.0"))
    for page in (on_glass(sheet), received(sheet, seed=number)):
        found = recognise(page, sight.blanks)
        assert told(found) is None
        assert found.nearest == "psf_2021"


@pytest.mark.parametrize(("machine", "severity"), [(FAX_FINE, 0.5), (FAX_STANDARD, 0.8)], ids=["fine", "standard"])
@pytest.mark.parametrize("form_id", ["psf_2021", "anc_lab_2015"])
def test_form_with_room_for_a_new_field_is_no_known_one(
    sight: Sight, form_id: str, machine: Machine, severity: float
) -> None:
    """The page is bent onto the blank, which takes the footer along: its code no longer lies where the blank has it."""
    blank = page_of(sight, form_id)
    another = blank.definition.code.split()[0][:-4] + "0623  v2.0"
    found = recognise(received(moved_from(with_code(blank, another), 250, 14), machine, severity, 6), sight.blanks)
    assert told(found) is None
    assert found.nearest == form_id


@pytest.mark.parametrize("by", [0, 14, 30])
def test_form_whose_code_is_gone_is_never_sure(sight: Sight, by: int) -> None:
    blank = page_of(sight, "psf_2021", 2)
    found = recognise(received(moved_from(without_code(sheet_of(blank), blank), 250, by), seed=2), sight.blanks)
    assert found.page is None or not found.sure


def moved_down(sheet: Grey) -> Grey:
    """The next revision: its sections farther and farther apart and indented in turn, and a row of fields gone."""
    height, width = sheet.shape
    dark = (sheet < 160).mean(1)
    cuts = [0, *(np.flatnonzero((dark[1:] > 0.5) & (dark[:-1] <= 0.5)) - 6).tolist(), height]
    bands = [sheet[top:bottom] for top, bottom in pairwise(cuts) if bottom - top > 60]
    moved, y = np.full_like(sheet, 255), 0
    for number, band in enumerate(bands[:-1]):
        squeezed = cv2.resize(band, (width, round(len(band) * 0.92)), interpolation=cv2.INTER_AREA)
        squeezed = np.roll(squeezed, 40 if number % 2 else -20, axis=1)
        moved[y : y + len(squeezed)] = squeezed[: height - y]
        y += len(squeezed) + 25
    moved[-len(bands[-1]) :] = np.minimum(moved[-len(bands[-1]) :], bands[-1])
    return moved


@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [-44, -5, 0, 5, 44])
def test_quarter_turns_are_those_nearest(quarter: int, skew: int) -> None:
    assert quarter_turns(np.column_stack([1.1 * rotation(quarter + skew), [30, -20]])) == quarter
