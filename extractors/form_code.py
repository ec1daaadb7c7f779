"""The form code printed in a page's footer: the same as the blank's, another one, or not to be read.

Two revisions can look alike nearly everywhere; their code tells them apart. Where the code's picture is the blank's,
that is enough; else it is read.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium

from extractors.crops import cut
from extractors.decoding import decode
from extractors.definition import FormDefinition
from extractors.engines.ppocr import ppocr
from extractors.formats import FREE
from extractors.geometry import Box
from extractors.registration import AlignedPage

SAME_PICTURE = 0.90  # correlation of the code's picture with the blank's from which it need not be read
LEGIBLE = 0.5  # the engine's belief in its reading of a code, below which it says nothing
REACH = 3.0  # points around the code in which it is looked for
CODE_SHAPE = re.compile(r"([A-Z]{4,6}-?[A-Z]{2,4}-?\d{4})(?:V(\d)\.?(\d))?")


class CodeCheck(Enum):
    """What the footer says."""

    SAME = "same"
    ANOTHER = "another"
    UNREAD = "unread"


def check_code(page: AlignedPage) -> CodeCheck:
    """Compare the page's form code with its blank's."""
    definition = page.blank.definition
    box = code_box(definition.blank, definition.code, page.blank.page)
    if box is None:
        return CodeCheck.UNREAD
    seen, printed = cut(page.grey, box, REACH), cut(page.blank.grey, box)
    scores = cv2.matchTemplate(seen, printed, cv2.TM_CCOEFF_NORMED)
    if float(np.nanmax(scores)) >= SAME_PICTURE:
        return CodeCheck.SAME
    engine = ppocr()
    read = decode(engine.read([seen])[0], engine.alphabet, FREE)
    if read.probability < LEGIBLE:
        return CodeCheck.UNREAD
    return compare_codes(read.text, definition)


def compare_codes(text: str, definition: FormDefinition) -> CodeCheck:
    """Whether a text as read is the definition's code; look-alike letters and digits are taken for each other."""
    found, own = _parts(text), _parts(definition.code)
    if own is None or found is None:
        return CodeCheck.UNREAD
    return CodeCheck.SAME if found == own else CodeCheck.ANOTHER


def _parts(text: str) -> str | None:
    """The revision's own part of a code, `PSF1121` of `CREMS-PSF-1121 v1.0`, None where there is none."""
    match = CODE_SHAPE.search(re.sub(r"\s", "", text).upper())
    return match.group(1).replace("-", "") if match else None


@cache
def code_box(blank: Path, code: str, page: int) -> Box | None:
    """Where the code is printed on a page of a blank, in points; None where it is not."""
    document = pdfium.PdfDocument(blank)
    try:
        sheet = document[page - 1]
        height = sheet.get_height()
        searcher = sheet.get_textpage().search(code.split()[0])
        found = searcher.get_next()
        if found is None:
            return None
        chars = [searcher.textpage.get_charbox(found[0] + offset) for offset in range(found[1])]
    finally:
        document.close()
    left, right = min(char[0] for char in chars), max(char[2] for char in chars)
    return Box(left, height - max(char[3] for char in chars), right, height - min(char[1] for char in chars))
