"""What opening hands up: one page as it came in, at its true aspect, with what the file itself says of its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from extractors.geometry import Box, Grey


class Medium(StrEnum):
    """How a page was made."""

    FAX = "fax"  # black and white, as wide as a fax machine scans
    SCAN = "scan"  # any other picture
    DIGITAL = "digital"  # written by a program: text and lines, not a picture


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the text layer, or one text put on the page as an annotation."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class FileValue:
    """One form field (AcroForm widget) of a digital page.

    `value` is the text typed, True or False for a check box, None for an empty field; True for a signed signature.
    """

    name: str
    value: str | bool | None
    box: Box


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """One page that came in, number from 1, upright as its file says.

    `grey` has square pixels at the working resolution; it is None where nothing could be decoded. `error` tells what is
    wrong; a page with both was decoded in part, and what is missing is white. `resolution` is dots per inch across and
    down as sent (of rendered pages the working resolution). `bad_lines` counts the scan lines lost in transmission,
    where the receiving machine wrote it down (TIFF-F, RFC 2306).
    `form_values`, `words` and `stamps` (pictures and annotations put on top) are empty on pages that are pictures.
    """

    number: int
    grey: Grey | None = field(repr=False)
    size_points: tuple[float, float]
    resolution: tuple[float, float]
    medium: Medium
    bad_lines: int | None = None
    form_values: tuple[FileValue, ...] = field(default=(), repr=False)
    words: tuple[Word, ...] = field(default=(), repr=False)
    stamps: tuple[Box, ...] = ()
    error: str | None = None


def unopened(number: int, error: str) -> OpenedPage:
    """The place of a page that could not be decoded, so that none is dropped."""
    return OpenedPage(number, None, (0.0, 0.0), (0.0, 0.0), Medium.SCAN, error=error)
