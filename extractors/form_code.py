"""The form code printed in a page's footer: the same as the blank's, another one, or not to be read.

Two revisions can look alike nearly everywhere; their code and its version tell them apart. It is looked for where the
blank has it, and then, since another revision may print it elsewhere, in every line along the page's foot and head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium

from extractors.crops import cut
from extractors.decoding import decode
from extractors.definition import FormDefinition
from extractors.engines.ppocr import ppocr
from extractors.formats import FREE
from extractors.geometry import INK_LEVEL, PIXELS_PER_POINT, Box, Grey
from extractors.opening.opened import Word
from extractors.pdfium_turn import in_pdfium_turn
from extractors.registration import AlignedPage

LEGIBLE = 0.5  # the engine's belief in its reading of another code, below which that says nothing
REACH = 3.0  # points around the code in which it is looked for
VERSION_SHAPE = r"(?:V(\d)[.,]?(\d))?"
WRITTEN = re.compile(r"[A-Z]{4,6}-[A-Z]{2,4}-\d{4}")  # a code in a file's own text
MARGIN = 72.0  # points at foot and head of a page in whose lines another revision's code is looked for
GAP = 8.0  # points without ink that part two phrases of a line
LINE_HEIGHTS = (3.0, 14.0)  # points: less is dirt or a rule, more is no small print
SHORTEST = 30.0  # points: no code is shorter
MOST_PHRASES = 16  # that are read
BEGINS = 3  # characters by which a line elsewhere is known to be a code of the same house
LEAST_INK = 4  # pixels of a row: dirt has less
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
    there = _read([cut(page.grey, box, REACH)], definition)
    return next(there, None) or next(_read(_phrases(page.grey), definition, elsewhere=True), CodeCheck.UNREAD)


def names_another(words: Iterable[Word], definition: FormDefinition) -> bool:
    """Whether the text of a page that a program wrote has a form code, and none is the definition's."""
    told = [word.text for word in words]
    codes = [
        compare_codes(f"{text} {after}", definition)
        for text, after in pairwise([*told, ""])
        if WRITTEN.fullmatch(text.upper())
    ]
    return bool(codes) and CodeCheck.SAME not in codes


def _read(pictures: Iterable[Grey], definition: FormDefinition, *, elsewhere: bool = False) -> Iterator[CodeCheck]:
    """What each picture of a line says that says anything; `elsewhere`: of those that begin as the form's code does."""
    engine, begins = ppocr(), definition.code[:BEGINS].upper()
    for picture in pictures:
        read = decode(engine.read([picture])[0], engine.alphabet, FREE)
        if elsewhere and not read.text.strip().upper().startswith(begins):
            continue
        check = compare_codes(read.text, definition)
        # chance does not spell the very code that is expected, but it does spell others
        if check is CodeCheck.SAME or (check is CodeCheck.ANOTHER and read.probability >= LEGIBLE):
            yield check


def _phrases(grey: Grey) -> Iterator[Grey]:
    """The lines of small print at the foot of a page and then at its head, the outermost first, parted at wide gaps."""
    margin, found = round(MARGIN * PIXELS_PER_POINT), 0
    for strip, order in ((grey[-margin:], -1), (grey[:margin], 1)):
        least, most = (round(height * PIXELS_PER_POINT) for height in LINE_HEIGHTS)
        for top, bottom in _runs((strip < INK_LEVEL).sum(axis=1), LEAST_INK, 2)[::order]:
            line = strip[max(0, top - 3) : bottom + 3]
            if not least <= bottom - top <= most:
                continue
            for left, right in _runs((line < INK_LEVEL).sum(axis=0), 0, round(GAP * PIXELS_PER_POINT)):
                if right - left >= SHORTEST * PIXELS_PER_POINT and found < MOST_PHRASES:
                    found += 1
                    yield line[:, max(0, left - 6) : right + 6]


def _runs(ink: np.ndarray, least: int, gap: int) -> list[tuple[int, int]]:
    """First and last + 1 of each run of more than `least` in a row of counts (N), over gaps of up to `gap`."""
    at = np.flatnonzero(ink > least)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


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
        own = _parts(definition.code, shape)
        told = (found[1] for word in text.upper().split() if (found := shape.search(word)) is not None)
        if own and any(re.sub(r"[\d-]", "", own[0]) == re.sub(r"[\d-]", "", code) for code in told):
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
@in_pdfium_turn
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
