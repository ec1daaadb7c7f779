"""What this floor hands up: pages accounted for, forms put together, and a reading for every field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from extractors.geometry import Box

Value = str | bool | tuple[str, ...] | None
"""A field's value as the export contract has it.

Text, digits, an ISO date (as written where no such date exists), the option ticked (a tuple when several are), True or
False for a single check box or a signature, None for an empty field.
"""

Affine = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x' = a x + b y + c, y' = d x + e y + f."""


class ReadingState(StrEnum):
    """What stands in a field."""

    READ = "read"
    EMPTY = "empty"  # no ink of a person
    UNREADABLE = "unreadable"  # ink, but no value can be made of it
    STRUCK = "struck"  # struck out or overwritten: a person decides


class Pen(StrEnum):
    """How a value was put on the paper."""

    TYPED = "typed"
    HAND = "hand"
    DIGITAL = "digital"  # read from the file itself, no picture involved
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another value that the ink could say; its `chance` (0 to 1, not calibrated) is shared with the value's."""

    value: str
    chance: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One field as read.

    `confidence` is the calibrated chance (0 to 1) that `value` is right; `doubtful` says that a person must look before
    it is used. `belief` is what the confidence was calibrated from: the readers' own chance of `value` beside its
    `alternatives` (digits and dates only, likeliest first).
    `page` is the document's page (1-based), `box` the place on the blank's page in points, `crop` a PNG of the ink.
    """

    field: str
    value: Value
    raw: str
    confidence: float
    doubtful: bool
    state: ReadingState
    page: int
    box: Box
    engine: str
    pen: Pen = Pen.UNKNOWN
    second: str | None = None  # the second, independent reading, where there is one
    why: str = ""  # why it is doubtful: a slug such as "readings_differ", "low_confidence", "struck"
    belief: float = 1.0
    alternatives: tuple[Alternative, ...] = ()
    crop: bytes | None = dataclasses.field(default=None, repr=False, compare=False)


class PageKind(StrEnum):
    """What a page that came in turned out to be."""

    FORM = "form"
    COVER = "cover"
    BLANK = "blank"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PageReading:
    """One page that came in, and its one place.

    `rotated`: degrees clockwise that it stood turned. `match`: share of the blank's printed words found, 0 to 1.
    `residual`: median distance in points between the page's print and the blank's after registration. `to_blank`: takes
    a point on the page as it came in (points) to the blank's page, turning included. `text`: what can be searched on a
    cover or unknown page.
    """

    page: int
    kind: PageKind
    rotated: int = 0
    form: int | None = None  # index into DocumentReading.forms
    form_id: str | None = None
    form_page: int | None = None
    match: float = 0.0
    residual: float | None = None
    to_blank: Affine | None = None
    text: str = dataclasses.field(default="", repr=False)
    nearest: str | None = None  # for an unknown page: the form it looks most like
    error: str | None = None  # what went wrong on this page, without patient data


@dataclass(frozen=True, slots=True)
class FormReading:
    """The pages of one form and what was read on them; `pages` are document pages in form order."""

    form_id: str
    pages: tuple[int, ...]
    missing_pages: tuple[int, ...]
    readings: Mapping[str, Reading]


class DocumentStatus(StrEnum):
    """What became of a document on this floor."""

    DONE = "done"
    PARTIAL = "partial"  # some page could not be read at all
    FAILED = "failed"  # it could not be opened


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """A whole document as read."""

    pages: tuple[PageReading, ...]
    forms: tuple[FormReading, ...]
    status: DocumentStatus
    error: str | None = None
    seconds: float = dataclasses.field(default=0.0, compare=False)  # that reading it took
