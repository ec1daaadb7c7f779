"""Values of pages that were filled in on a computer, read from the file itself.

Form fields are taken by name, else by place; what was typed, stamped or drawn on top of the page by place. The picture
is asked only whether there is something that the file does not name: a field that looks filled is never called empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.fillable_values import typed_value
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.limits import Limits
from extractors.opening.document import open_pages
from extractors.opening.opened import FileValue, Medium, OpenedPage, Word
from extractors.reading import Affine, Pen, Reading, ReadingState, Value

ENGINE = "pdf"
IN_FILE = 0.999  # confidence of a value that stands in the file under the field's name
BY_PLACE = 0.99  # of one that was put on the page at the field's place
SEEN = 0.95  # of a tick or signature that only the drawn page shows

SAME_NAMES = 0.6  # share of names that a page's form fields and a form's page must have in common
CLEAR_OF_NEXT = 0.1  # and by how much the best form must be ahead

FEWEST_PLACES = 4  # form fields from which their common place can be told

NEAR = 3.0  # points within which a word or form field of the page is where the blank has it
EDGE = 1.5  # points from a field's frame that are not looked at: frames are drawn there
INK = 160  # grey levels; a rendered page is sharp, so that the exact limit does not matter
PAPER = 235  # the blank's own print begins below
TICK_INK = 0.04  # share of a box's inside: the thinnest tick covers more, an empty box nothing
STAMP_SHARE = 0.1  # of a field's area: less is the margin of a neighbour's stamp
PEN_INK = 12.0  # square points of ink: less is a speck, the shortest signature or word has more
COMB_DIGITS = 8  # of a date in a comb


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the reading functions below need it: everything in points on the blank's page."""

    number: int
    widgets: tuple[FileValue, ...]
    words: tuple[Word, ...]  # put on the page, without the blank's own
    stamps: tuple[Box, ...]
    ink: Grey  # 255 where the page is dark and the blank is not


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a field before it becomes a reading."""

    value: Value
    raw: str
    confidence: float
    why: str = ""


def form_by_names(page: OpenedPage, definitions: Sequence[FormDefinition]) -> tuple[str, int] | None:
    """The form and its page (from 1) whose field names the page carries; None where no form's clearly do."""
    names = {_last_part(value.name) for value in page.form_values}
    if not names:
        return None
    shares = [
        (len(names & expected) / len(names | expected), definition.form_id, layout.number)
        for definition in definitions
        for layout in definition.pages
        if (expected := set(_widget_places(definition, layout.number)))
    ]
    shares.sort(reverse=True)
    clear = len(shares) == 1 or (len(shares) > 1 and shares[0][0] - shares[1][0] >= CLEAR_OF_NEXT)
    if not shares or not clear or shares[0][0] < SAME_NAMES:
        return None
    _, form_id, number = shares[0]
    definition = next(definition for definition in definitions if definition.form_id == form_id)
    return None if placed_by_names(page, definition, number) is None else (form_id, number)


def placed_by_names(page: OpenedPage, definition: FormDefinition, form_page: int) -> Affine | None:
    """What takes a point on the page (points) to the blank's page, by the places of the form fields of the same name.

    None where they do not lie as on the blank: then it is another revision under the same names.
    """
    places = _widget_places(definition, form_page)
    pairs = [(value.box, places[name]) for value in page.form_values if (name := _last_part(value.name)) in places]
    if len(pairs) < FEWEST_PLACES:
        return None
    here = np.array([(*_middle(box), 1.0) for box, _ in pairs])
    there = np.array([_middle(box) for _, box in pairs])
    solution, _, rank, _ = np.linalg.lstsq(here, there, rcond=None)
    if rank < 3 or np.abs(here @ solution - there).max() > NEAR:
        return None
    (a, d), (b, e), (c, f) = solution.tolist()
    return a, b, c, d, e, f


def read_fillable(page: OpenedPage, definition: FormDefinition, form_page: int, to_blank: Affine) -> dict[str, Reading]:
    """The readings of all fields on one page of a form that is `digital`.

    `to_blank` takes a point on the page (points, as opened) to the blank's page. A field is doubtful where the file
    says two things about it, or shows something there that cannot be read from the file.

    Raises:
        ValueError: the page is no digital one, or could not be decoded.
    """
    if page.medium != Medium.DIGITAL or page.grey is None:
        raise ValueError("only digital pages carry values")
    blank = _blank_pages(definition.blank)[form_page - 1]
    if blank.grey is None:
        raise ValueError("the blank cannot be drawn")
    on_blank = Page(
        number=page.number,
        widgets=tuple(FileValue(w.name, w.value, _moved(w.box, to_blank)) for w in page.form_values),
        words=_added_words(page.words, blank.words, to_blank),
        stamps=tuple(_moved(stamp, to_blank) for stamp in page.stamps),
        ink=_added_ink(page.grey, blank.grey, to_blank),
    )
    return {field.name: _read(field, on_blank) for field in definition.fields_on(form_page)}


def _read(field: Field, page: Page) -> Reading:
    match field.kind:
        case FieldKind.CHECKBOX:
            found = _tick(field.name, field.box, page)
        case FieldKind.CHOICE:
            found = _choice(field, page)
        case FieldKind.SIGNATURE:
            found = _signature(field, page)
        case _:
            found = _text(field, page)
    empty = found.value is None or found.value is False
    state = ReadingState.READ if not empty else ReadingState.UNREADABLE if found.why else ReadingState.EMPTY
    return Reading(
        field=field.name,
        value=found.value,
        raw=found.raw,
        confidence=found.confidence if not found.why else min(found.confidence, 0.5),
        doubtful=bool(found.why),
        state=state,
        page=page.number,
        box=field.box,
        engine=ENGINE,
        pen=Pen.DIGITAL,
        why=found.why,
    )


def _text(field: Field, page: Page) -> Found:
    """The text of a field: typed into the form field, or put on top of the page."""
    widget = _widget(field.name, field.box, page)
    filled = widget.value if widget is not None and isinstance(widget.value, str) else ""
    on_top = _joined([word for word in page.words if _lies_in(word.box, field.box)], comb=bool(field.cells))
    raw = filled or on_top
    typed = typed_value(field, _without_printed_slashes(raw) if field.kind is FieldKind.DATE and field.cells else raw)
    why = ""
    if filled and on_top and "".join(filled.split()) != "".join(on_top.split()):
        why = "written_over"
    elif _stamped(field.box, page) and not on_top:
        why = "stamped_over"
    elif not raw and _ink_area(page.ink, field.box) > PEN_INK:
        why = "drawn"
    elif not typed.fits:
        why = "format"
    return Found(typed.value, raw, IN_FILE if filled or not raw else BY_PLACE, why)


def _without_printed_slashes(date: str) -> str:
    """A date typed across a comb: the comb's own slashes stand among its characters, wherever they happen to fall."""
    digits = "".join(character for character in date if character.isdigit())
    return digits if len(digits) == COMB_DIGITS and set(date) <= set(digits) | {"/"} else date


def _choice(field: Field, page: Page) -> Found:
    ticks = {option.name: _tick(f"{field.name}_{option.name}", option.box, page) for option in field.options}
    on = tuple(name for name, tick in ticks.items() if tick.value)
    value: Value = None if not on else on[0] if len(on) == 1 else on
    why = next((tick.why for tick in ticks.values() if tick.why), "")
    return Found(value, " ".join(on), min((tick.confidence for tick in ticks.values()), default=IN_FILE), why)


def _tick(name: str, box: Box, page: Page) -> Found:
    """Whether one box is ticked: by its form field, by a mark typed or stamped on it, or by ink in it."""
    widget = _widget(name, box, page)
    if widget is not None and widget.value is True:
        return Found(True, "x", IN_FILE)
    mark = _joined([word for word in page.words if _lies_in(word.box, box)], comb=False)
    inside = box.grown(-EDGE)
    inked = _ink_area(page.ink, inside) > TICK_INK * inside.width * inside.height
    if mark or inked:
        # a form field that is off under a mark: the reader of the page sees a tick, the file says none
        return Found(True, mark, BY_PLACE if mark else SEEN, "written_over" if widget is not None else "")
    return Found(False, "", IN_FILE if widget is not None else BY_PLACE)


def _signature(field: Field, page: Page) -> Found:
    """Whether something stands for a signature: a signed field, a typed name, a picture, a stamp, ink."""
    widget = _widget(field.name, field.box, page)
    if widget is not None and widget.value:
        return Found(True, "", IN_FILE)
    typed = _joined([word for word in page.words if _lies_in(word.box, field.box)], comb=False)
    inked = _ink_area(page.ink, field.box.grown(-EDGE)) > PEN_INK
    if typed or inked:
        return Found(True, typed, BY_PLACE)
    return Found(
        False, "", SEEN, "stamped_over" if _stamped(field.box, page) else ""
    )  # a stamp that shows nothing may be anything


# Names and places


def _last_part(name: str) -> str:
    """`prescriber_npi` of `form1[0].page1[0].prescriber_npi[0]`, as other programs rename fields."""
    return name.rsplit(".", 1)[-1].split("[", 1)[0]


def _widget_places(definition: FormDefinition, page: int) -> dict[str, Box]:
    """The form fields of a page by name: a choice has one for each option."""
    places: dict[str, Box] = {}
    for field in definition.fields_on(page):
        options = {f"{field.name}_{option.name}": option.box for option in field.options}
        places.update(options or {field.name: field.box})
    return places


def _middle(box: Box) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _widget(name: str, box: Box, page: Page) -> FileValue | None:
    """The form field of that name; else the one that lies in the box under a name of no meaning here."""
    named = [widget for widget in page.widgets if _last_part(widget.name) == name]
    if named:
        return named[0]
    return next((widget for widget in page.widgets if _lies_in(widget.box, box) and _lies_in(box, widget.box)), None)


def _lies_in(inner: Box, outer: Box) -> bool:
    """Whether the middle of a box lies in the other, a little slack at the frame allowed."""
    x, y = _middle(inner)
    around = outer.grown(EDGE)
    return around.x0 <= x <= around.x1 and around.y0 <= y <= around.y1


def _stamped(box: Box, page: Page) -> bool:
    """Whether a picture or annotation covers a part of a field that could hold writing."""
    for stamp in page.stamps:
        width = min(stamp.x1, box.x1) - max(stamp.x0, box.x0)
        height = min(stamp.y1, box.y1) - max(stamp.y0, box.y0)
        if width > 0 and height > 0 and width * height > STAMP_SHARE * box.width * box.height:
            return True
    return False


def _joined(words: Sequence[Word], *, comb: bool) -> str:
    """Words in reading order; those of a comb field are its cells and belong together."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: _middle(word.box)[1]):
        _, middle = _middle(word.box)
        if lines and middle < lines[-1][0].box.y1:
            lines[-1].append(word)
        else:
            lines.append([word])
    ordered = [word.text for line in lines for word in sorted(line, key=lambda word: word.box.x0)]
    return ("" if comb else " ").join(ordered)


# Against the blank


@lru_cache(maxsize=16)
def _blank_pages(blank: Path) -> tuple[OpenedPage, ...]:
    """The blank opened as any file is, so that the same print has the same words and pixels."""
    return tuple(open_pages(blank.read_bytes(), Limits()))


def _added_words(words: Sequence[Word], printed: Sequence[Word], to_blank: Affine) -> tuple[Word, ...]:
    """The page's words, in their places on the blank, without those that the blank has there itself."""
    moved = (Word(word.text, _moved(word.box, to_blank)) for word in words if word.text)
    return tuple(word for word in moved if not any(_same(word, own) for own in printed))


def _moved(box: Box, transform: Affine) -> Box:
    a, b, c, d, e, f = transform
    corners = [(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs = [a * x + b * y + c for x, y in corners]
    ys = [d * x + e * y + f for x, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _same(word: Word, printed: Word) -> bool:
    near = abs(word.box.x0 - printed.box.x0) < NEAR and abs(word.box.y0 - printed.box.y0) < NEAR
    return near and word.text == printed.text


def _added_ink(page: Grey, blank: Grey, to_blank: Affine) -> Grey:
    """255 where the page, laid on the blank, is dark and the blank's print is not near (H x W of the blank)."""
    a, b, c, d, e, f = to_blank
    transform = np.array([[a, b, c * PIXELS_PER_POINT], [d, e, f * PIXELS_PER_POINT]])
    height, width = blank.shape
    laid = cv2.warpAffine(page, transform, (width, height), flags=cv2.INTER_LINEAR, borderValue=255)
    printed = cv2.dilate((blank < PAPER).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where((laid < INK) & (printed == 0), np.uint8(255), np.uint8(0))


def _ink_area(ink: Grey, box: Box) -> float:
    """Square points of added ink in a box."""
    x0, y0, x1, y1 = (max(0, round(edge * PIXELS_PER_POINT)) for edge in box.as_list())
    return float(np.count_nonzero(ink[y0:y1, x0:x1])) / PIXELS_PER_POINT**2
