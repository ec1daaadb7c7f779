"""Signatures: whatever a hand signs is seen; dirt, lines and what others wrote elsewhere never count as signed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.random import default_rng

from extractors.blanks import BlankPage
from extractors.cleaning import clean
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.read import Sight
from extractors.signatures import Signature, read_signature
from samples.generator import signatures
from samples.generator.channel import FAX_FINE, FAX_STANDARD, Machine
from samples.generator.line import header_line
from samples.generator.paper import Sheet
from samples.generator.placement import STRAIGHT
from tests.extractors.drawn import specked
from tests.extractors.faxed import FACES, a_hand, laid, lying_straight, on_glass, page_of, pixel, received, sheet_of

MACHINES = pytest.mark.parametrize("machine", [FAX_STANDARD, FAX_FINE], ids=lambda machine: machine.name)
SIGNED = ("psf_2021", 2)  # two signatures, one above the other


def boxes_of(blank: BlankPage) -> tuple[Box, Box]:
    upper, lower = (blank.definition.field(f"{who}_signature").box for who in ("prescriber", "designee"))
    return upper, lower


@MACHINES
@pytest.mark.parametrize("kind", signatures.KINDS)
def test_signatures_of_every_kind_are_seen(
    sight: Sight, machine: Machine, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "KINDS", {kind: 1.0})
    blank = page_of(sight, *SIGNED)
    for seed in range(2):
        sheet, rng = sheet_of(blank), default_rng(seed)
        for box in boxes_of(blank):
            assert signatures.sign(sheet, "Ana Li", box, a_hand(seed), FACES, rng) == kind
        page = laid(received(sheet, machine, severity=0.25, seed=seed), blank)
        found = [read_signature(page, box) for box in boxes_of(blank)]
        assert False not in [one.present for one in found]
        assert kind == "initials" or [one.present for one in found] == [True, True]


@MACHINES
def test_empty_boxes_are_unsigned_while_the_other_one_is_signed(sight: Sight, machine: Machine) -> None:
    blank = page_of(sight, *SIGNED)
    for seed, (signed, empty) in enumerate((boxes_of(blank), boxes_of(blank)[::-1])):
        sheet = sheet_of(blank)
        signatures.sign(sheet, "Ruth Martin", signed, a_hand(seed), FACES, default_rng(seed))
        page = laid(received(sheet, machine, severity=0.3, seed=seed), blank)
        assert read_signature(page, signed).present
        assert read_signature(page, empty).present is False


def test_every_signature_box_of_every_blank_is_unsigned(sight: Sight) -> None:
    for blank in sight.blanks:
        page = lying_straight(blank.grey, blank)
        for field in blank.definition.fields_on(blank.page):
            if field.kind == "signature":
                assert read_signature(page, field.box) == Signature(False, 0.0, 0.0, 0.0)


def streak(page: Grey, box: Box) -> Grey:
    page[:, pixel(box.x0 + 90) : pixel(box.x0 + 90) + 3] = 0
    return clean(page)


def dirt(page: Grey, box: Box) -> Grey:
    for x, y, radius in ((30, 8, 2), (140, 12, 3), (200, 5, 2), (260, 15, 1)):
        cv2.circle(page, (pixel(box.x0 + x), pixel(box.y0 + y)), radius, 0, -1)
    return page


def speckle(page: Grey, _: Box) -> Grey:
    return specked(page, 0.004, seed=2)


def ruled(page: Grey, box: Box) -> Grey:
    """A line ruled through the box, as of a table on the sheet below that shines through."""
    page[pixel(box.y0 + 9) : pixel(box.y0 + 9) + 3, pixel(box.x0 + 5) : pixel(box.x1 - 5)] = 0
    return page


def fax_header(page: Grey, box: Box) -> Grey:
    """The header line that machines print, over the box's upper edge: its small letters hang into the box."""
    strip = Sheet(np.full_like(page, 255), (200.0, 200.0), (612.0, 792.0), STRAIGHT)
    printed = header_line(strip, "06/01/2022 12:30  218 555 8406  TO 8008785927  P.02/02", default_rng(0)).image[:38]
    top = pixel(box.y0) - 34
    page[top : top + 38] = np.minimum(page[top : top + 38], printed)
    return page


@pytest.mark.parametrize("draw", [streak, dirt, speckle, ruled, fax_header], ids=lambda draw: draw.__name__)
def test_what_machines_and_dust_leave_is_no_signature(sight: Sight, draw: Callable[[Grey, Box], Grey]) -> None:
    blank = page_of(sight, *SIGNED)
    box = boxes_of(blank)[1]
    found = read_signature(lying_straight(draw(blank.grey.copy(), box), blank), box)
    assert found.present is False


def rule(page: Grey, box: Box) -> Grey:
    cv2.line(page, (pixel(box.x0 + 10), pixel(box.y0 + 14)), (pixel(box.x1 - 30), pixel(box.y0 + 12)), 0, 3)
    return page


def tail(page: Grey, box: Box) -> Grey:
    """The end of a stroke that belongs to the line above, hanging into the box."""
    x, top = pixel(box.x0 + 80), pixel(box.y0)
    knots = np.array([(x - 60, top - 75), (x - 20, top - 50), (x, top - 10), (x - 10, top + 18), (x - 26, top + 10)])
    cv2.polylines(page, [knots], False, 0, 4)
    return page


def date_beside(page: Grey, box: Box) -> Grey:
    """The date's first digit, written too far left."""
    cv2.putText(page, "1", (pixel(box.x1) - 8, pixel(box.y1) - 4), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 0, 3)
    return page


def slip(page: Grey, box: Box) -> Grey:
    """A stroke of the pen through the box, slanting, a little bent, beginning and ending in it."""
    knots = np.array([(box.x0 + 20, box.y0 + 3), (box.x0 + 90, box.y0 + 9.5), (box.x0 + 170, box.y0 + 15)])
    cv2.polylines(page, [(knots * PIXELS_PER_POINT).round().astype(np.int32)], False, 0, 4)
    return page


@pytest.mark.parametrize("draw", [rule, tail, date_beside, slip], ids=lambda draw: draw.__name__)
def test_lines_and_ends_of_other_writing_are_never_a_signature(sight: Sight, draw: Callable[[Grey, Box], Grey]) -> None:
    blank = page_of(sight, *SIGNED)
    box = boxes_of(blank)[1]
    found = read_signature(lying_straight(draw(blank.grey.copy(), box), blank), box)
    assert found.present is not True


def test_ink_is_measured_in_points(sight: Sight) -> None:
    blank = page_of(sight, *SIGNED)
    box = boxes_of(blank)[0]
    sheet = sheet_of(blank)
    cv2.rectangle(sheet, (round((box.x0 + 40) * 300 / 72), round((box.y0 + 5) * 300 / 72)),
                  (round((box.x0 + 100) * 300 / 72), round((box.y0 + 15) * 300 / 72)), 0, -1)  # fmt: skip
    found = read_signature(lying_straight(on_glass(sheet), blank), box)
    assert found.present
    assert (found.width, found.height) == pytest.approx((60, 10), abs=1)
    assert found.area == pytest.approx(600, rel=0.05)
