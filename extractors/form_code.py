"""The form code printed in a page's footer: the same as the blank's, another one, or not to be read.

Two revisions can look alike nearly everywhere; their code and its version tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache
from pathlib import Path

import pypdfium2 as pdfium

from extractors.crops import cut
from extractors.decoding import decode
from extractors.definition import FormDefinition
from extractors.engines.ppocr import ppocr
from extractors.formats import FREE
from extractors.geometry import Box
from extractors.registration import AlignedPage

LEGIBLE = 0.5  # the engine's belief in its reading of another code, below which that says nothing
REACH = 3.0  # points around the code in which it is looked for
VERSION_SHAPE = r"(?:V(\d)[.,]?(\d))?"
LOOK_ALIKES = str.maketrans("OQILZSB", "0011258")  # in a version's digits


class CodeCheck(Enum):
    """What the footer says."""

    SAME = "same"
    ANOTHER = "another"
    UNREAD = "unread"


def check_code(page: AlignedPage) -> CodeCheck:
    """Read the page's form code and compare it with its blank's."""
    definition = page.blank.definition
    box = code_box(definition.blank, definition.code, page.blank.page)
    if box is None:
        return CodeCheck.UNREAD
    engine = ppocr()
    read = decode(engine.read([cut(page.grey, box, REACH)])[0], engine.alphabet, FREE)
    check = compare_codes(read.text, definition)
    # chance does not spell the very code that is expected, but it does spell others
    return CodeCheck.UNREAD if check is CodeCheck.ANOTHER and read.probability < LEGIBLE else check


def compare_codes(text: str, definition: FormDefinition) -> CodeCheck:
    """Whether a text as read is the definition's code, and its version where that can be read."""
    shape = _shape(definition.code)
    found, own = _parts(text, shape), _parts(definition.code, shape)
    if own is None or found is None:
        return CodeCheck.UNREAD
    same = found[0] == own[0] and (not found[1] or not own[1] or found[1] == own[1])
    return CodeCheck.SAME if same else CodeCheck.ANOTHER


def revision_of(text: str, definitions: Sequence[FormDefinition]) -> str | None:
    """The known form of which a page's text bears the code of another revision: the same letters, other figures."""
    for definition in sorted(definitions, key=lambda one: one.in_use_from, reverse=True):
        shape = _shape(definition.code)
        own, found = _parts(definition.code, shape), _parts(text, shape)
        if own and found and re.sub(r"\d", "", own[0]) == re.sub(r"\d", "", found[0]):
            return definition.form_id
    return None


@cache
def _shape(code: str) -> re.Pattern[str]:
    """What codes of a form look like, by that of one revision: as many letters, give or take one, as many figures."""
    parts = re.findall(r"[A-Z]+|\d+", re.sub(r"\s.*", "", code.upper()))
    told = (
        rf"\d{{{len(part)}}}" if part.isdigit() else rf"[A-Z]{{{max(2, len(part) - 1)},{len(part) + 1}}}"
        for part in parts
    )
    return re.compile(rf"({'-?'.join(told)}){VERSION_SHAPE}")


def _parts(text: str, shape: re.Pattern[str]) -> tuple[str, str] | None:
    """The code without hyphens and the version's digits: (`CREMSPSF1121`, `10`) of `CREMS-PSF-1121 v1.0`."""
    plain = re.sub(r"\s", "", text).upper()
    before, sign, version = plain.rpartition("V")
    match = shape.search(before + sign + version.translate(LOOK_ALIKES))
    return (match[1].replace("-", ""), (match[2] or "") + (match[3] or "")) if match and match[1] else None


@cache
def code_box(blank: Path, code: str, page: int) -> Box | None:
    """Where the code and its version are printed on a page of a blank, in points; None where they are not."""
    document = pdfium.PdfDocument(blank)
    try:
        sheet = document[page - 1]
        height = sheet.get_height()
        text = sheet.get_textpage()
        whole = text.get_text_range()
        printed = re.search(r"\s+".join(map(re.escape, code.split())), whole)
        if printed is None:
            return None
        chars = [text.get_charbox(index) for index in range(*printed.span()) if not whole[index].isspace()]
    finally:
        document.close()
    left, right = min(char[0] for char in chars), max(char[2] for char in chars)
    return Box(left, height - max(char[3] for char in chars), right, height - min(char[1] for char in chars))
