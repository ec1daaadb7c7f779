"""Pages that are no known form: blank, cover, or unknown, with text by which people can find them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import cv2
import numpy as np

from extractors.definition import FormDefinition
from extractors.engines import tesseract
from extractors.errors import FaxformsError
from extractors.form_code import revision_of
from extractors.geometry import WORKING_DPI, Grey
from extractors.opening.opened import OpenedPage
from extractors.reading import PageKind, PageReading
from extractors.recognition import Recognition

EDGE = 0.04  # share of the page at each edge where dark borders and the fax header's line stand
BLANK_INK = 0.0015  # share of the rest that dirt may cover on a blank page
SPECK = round((WORKING_DPI / 40) ** 2)  # pixels: a spot of dirt is no larger
LETTER_HEIGHT = (12, 120)  # pixels: small print to large handwriting, joined or not
LETTER_WIDTH = 400  # pixels: wider is a fold or an edge
FEWEST_LETTERS = 8  # a page with two words of note is not blank; punched holes and dirt leave five pieces of that size
LEGIBLE = 0.70  # Tesseract's confidence in a page's middling word; print on its head has about 0.3
COVER_WORDS = re.compile(r"\b(fax|facsimile|cover|to|from|re|pages|attn|confidential\w*|phone|date)\b", re.IGNORECASE)
COVER_SCORE = 4  # of those words, different ones, on a page with few others
COVER_LENGTH = 150  # words at most: a letter has more


def describe_other(
    opened: OpenedPage, grey: Grey, recognition: Recognition, definitions: Sequence[FormDefinition] = ()
) -> PageReading:
    """Say what a page is that was not recognised, and read its text.

    A page that bears another revision's code of one of `definitions` is unknown, with that form as the nearest.
    """
    if is_blank(grey):
        return PageReading(opened.number, PageKind.BLANK)
    text, rotated = _text(opened, grey)
    nearest = recognition.nearest or revision_of(text, definitions)
    kind = PageKind.COVER if nearest is None and is_cover(text) else PageKind.UNKNOWN
    return PageReading(
        opened.number,
        kind,
        rotated=rotated,
        match=recognition.match,
        residual=recognition.residual if nearest == recognition.nearest else None,
        text=text,
        nearest=nearest,
    )


def is_blank(grey: Grey) -> bool:
    """Whether a cleaned page (H x W uint8) bears nothing but dirt, edges and a fax header."""
    height, width = grey.shape
    y, x = round(EDGE * height), round(EDGE * width)
    ink = (grey[y : height - y, x : width - x] < 128).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = stats[1:][stats[1:, cv2.CC_STAT_AREA] > SPECK]
    if float(pieces[:, cv2.CC_STAT_AREA].sum()) >= BLANK_INK * ink.size:
        return False
    smallest, largest = LETTER_HEIGHT
    tall, wide = pieces[:, cv2.CC_STAT_HEIGHT], pieces[:, cv2.CC_STAT_WIDTH]
    letters = (tall >= smallest) & (tall <= largest) & (wide <= LETTER_WIDTH)
    return int(letters.sum()) < FEWEST_LETTERS


def is_cover(text: str) -> bool:
    """Whether a page's text is that of a fax cover sheet: its usual words, and not much else."""
    found = {match.group(1).casefold()[:8] for match in COVER_WORDS.finditer(text)}
    return len(found) >= COVER_SCORE and len(text.split()) <= COVER_LENGTH


def _text(opened: OpenedPage, grey: Grey) -> tuple[str, int]:
    """The page's text and how far it stood turned (degrees clockwise); nothing where no text engine is at hand."""
    if opened.words:
        return " ".join(word.text for word in opened.words), 0
    try:
        read = tesseract.read_page(grey)
        # most pages come upright: only print that reads badly is asked which way it stands
        turned = tesseract.orientation(grey) if read.confidence < LEGIBLE else 0
        if turned:
            read = tesseract.read_page(np.ascontiguousarray(np.rot90(grey, turned // 90)))
        return read.text, turned
    except FaxformsError:
        return "", 0
