"""Pages for tests: the shipped blanks, drawn upon by the generator's pens and sent through its fax channel."""

from __future__ import annotations

import numpy as np
from numpy.random import default_rng

from extractors.blanks import BlankPage, find_features
from extractors.cleaning import clean
from extractors.geometry import WORKING_DPI, Box, Grey
from extractors.opening.aspect import points, squared
from extractors.read import Sight
from extractors.registration import AlignedPage, align, match_coarse, node_grid
from samples.generator.channel import FAX_FINE, Machine, send
from samples.generator.digits import load_digits
from samples.generator.faces import load_faces
from samples.generator.fill import blank_sheets
from samples.generator.hand import Hand, Pen, draw_hand
from samples.generator.strokes import SHEET_DPI

FACES, DIGITS = load_faces(), load_digits()
STRAIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def page_of(sight: Sight, form_id: str, number: int = 1) -> BlankPage:
    """One page of one shipped blank."""
    return next(one for one in sight.blanks if (one.definition.form_id, one.page) == (form_id, number))


def sheet_of(blank: BlankPage) -> Grey:
    """The blank as paper to write on, at the generator's resolution (300 dpi)."""
    return blank_sheets(blank.definition.blank)[blank.page - 1].copy()


def a_hand(seed: int = 0) -> Hand:
    """Somebody with a pen of ordinary darkness."""
    return draw_hand(Pen.HAND, FACES, DIGITS, default_rng(seed))


def on_glass(sheet: Grey) -> Grey:
    """The sheet as it would come in with nothing done to it."""
    height, width = sheet.shape
    return squared(sheet, points(width, height, (SHEET_DPI, SHEET_DPI)))


def received(sheet: Grey, machine: Machine = FAX_FINE, severity: float = 0.2, seed: int = 0, turned: int = 0) -> Grey:
    """The sheet as it comes out of a fax machine, at the working resolution and cleaned."""
    sent = send(sheet, default_rng(seed), severity, machine, turned=turned)
    height, width = sent.image.shape
    return clean(squared(sent.image, points(width, height, sent.dpi)))


def laid(page: Grey, blank: BlankPage) -> AlignedPage:
    """The page registered on a blank that it is known to be."""
    coarse = match_coarse(find_features(page), blank.features)
    assert coarse is not None
    return align(page, blank, coarse)


def lying_straight(grey: Grey, blank: BlankPage) -> AlignedPage:
    """A page that needs no registration: `grey` is on the blank's own grid."""
    everywhere = np.ones(len(blank.anchors), bool)
    return AlignedPage(blank, grey, 1.0, 0.0, STRAIGHT, everywhere, ~everywhere, node_grid(blank))


def middle(box: Box) -> tuple[float, float]:
    """The middle of a box, in points."""
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def pixel(at: float) -> int:
    """Points as a pixel of the working grid."""
    return round(at / 72 * WORKING_DPI)
