"""Which words belong to which place: captions, words beside, above and below, heads of rows and columns, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.geometry import Box
from extractors.learning.places import SEPARATORS, Layout, Place, Shape
from extractors.learning.sheet import Run, hull, inside, overlap, runs_of, same_row
from extractors.learning.wording import says

BESIDE = 14.0  # points between a place and the words before or after it
ABOVE = 13.0  # points between words and the place below them
BELOW = 6.0  # points between a line or comb and the words below it
ALIGNED = 8.0  # points by which words above or below begin beside the place
LONGEST_BELOW = 8  # words
BORDER = 3.5  # points between two cells of one table: each may be drawn with an edge of its own
BASELINE = 4.5  # points between a line and the foot of the words before it
NEXT_LINE = 0.75  # of a word's height, between two lines of one label
BAR = (0.3, 8.0, 32.0)  # share of the page's width, and heights in points, of a section's bar
FOOT = 0.93  # share of the page below which stands its footer
RULE = 0.8  # share of the page's width from which a line with no words is a rule
SECTION = re.compile(r"^(?:section|part)\s+([0-9]+|[A-Z])\b\s*[:.\-–]?\s*(.*)$", re.IGNORECASE)
NUMBERED = re.compile(r"^([0-9]{1,2})[.)]\s+(.*)$")
NO_SECTION = "page head"


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's heading, or one inside a section; `reach`: from where to where across the page it holds below it."""

    text: str
    box: Box
    is_section: bool
    reach: tuple[float, float] = (0.0, float("inf"))

    def is_over(self, box: Box) -> bool:
        """Whether a box stands in the heading's column, below it."""
        left, right = self.reach
        return self.box.y1 <= box.y1 + 2 and left - 4 <= box.x0 <= right


@dataclass(frozen=True, slots=True)
class Labelled:
    """A place and the words about it: `label` as printed, `column` and `row` the heads of its table's column and row.

    `section` and `heading` are those that it stands under.
    """

    place: Place
    label: str
    section: str
    heading: str
    row: str = ""
    column: str = ""
    of_label: Box | None = None

    @property
    def starred(self) -> bool:
        """Whether the print says that it must be filled."""
        told = " ".join((self.label, self.row, self.column))
        return "*" in told or says("required", f"{told} {self.heading} {self.section}")


class Words:
    """The runs of one page, and which of them are somebody's label by now."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        sheet = layout.sheet
        barriers = [place.box for place in layout.places if place.shape in (Shape.SQUARE, Shape.COMB)]
        combs = [place.box for place in layout.places if place.shape is Shape.COMB]
        words = [
            word
            for word in sheet.words
            if word.text not in SEPARATORS or not any(overlap(word.box, comb) > 0.5 for comb in combs)
        ]
        self.runs = runs_of(words, [*barriers, *sheet.down])
        self.used: set[Box] = set()
        self.headings = tuple(self._sections())

    def free(self) -> Iterator[Run]:
        """The runs that are nobody's yet."""
        sections = {heading.box for heading in self.headings}
        return (run for run in self.runs if run.box not in self.used and run.box not in sections)

    def stand_in(self, cell: Box) -> bool:
        """Whether a cell holds words and nothing to write on."""
        return not _is_written_on(cell, self.layout) and any(inside(run.box, cell) for run in self.runs)

    def take(self, run: Run) -> str:
        """The run's text; from now on it is somebody's."""
        self.used.add(run.box)
        return run.text

    def before(self, box: Box, line: bool = False, reach: float = BESIDE) -> Run | None:
        """The run on the same row that ends shortly before a box."""
        found = [
            run
            for run in self.free()
            if -1.5 <= box.x0 - run.box.x1 <= reach
            and (abs(run.box.y1 - box.y0) <= BASELINE if line else same_row(run.box, box))
        ]
        return max(found, key=lambda run: run.box.x1, default=None)

    def after(self, box: Box, reach: float = BESIDE) -> Run | None:
        """The run on the same row that begins shortly after a box."""
        found = [run for run in self.free() if 0 <= run.box.x0 - box.x1 <= reach and same_row(run.box, box)]
        return min(found, key=lambda run: run.box.x0, default=None)

    def above(self, box: Box, reach: float = ABOVE) -> Run | None:
        """The nearest run over a box that begins where it does."""
        found = [
            run for run in self.free() if -1 <= box.y0 - run.box.y1 <= reach and abs(run.box.x0 - box.x0) <= ALIGNED
        ]
        return max(found, key=lambda run: run.box.y1, default=None)

    def below(self, box: Box) -> Run | None:
        """The one run under a box that begins where it does; None where others stand beside it: a footer's rule."""
        if box.y0 > FOOT * self.layout.sheet.height:
            return None
        found = [run for run in self.runs if -1 <= run.box.y0 - box.y1 <= BELOW and box.x0 - 2 <= run.box.x0 < box.x1]
        if len(found) != 1 or abs(found[0].box.x0 - box.x0) > ALIGNED or found[0].box in self.used:
            return None
        if len(found[0].words) > LONGEST_BELOW:
            return None  # a text under a rule
        return found[0]

    def whole(self, run: Run) -> str:
        """A label that goes on in the lines below it, where these begin with the same x and no square before them."""
        parts, last = [self.take(run)], run
        squares = [place.box for place in self.layout.places if place.shape is Shape.SQUARE]
        while True:
            follower = next(
                (
                    other
                    for other in self.free()
                    if abs(other.box.x0 - last.box.x0) <= 2.5
                    and -2 <= other.box.y0 - last.box.y1 <= NEXT_LINE * last.box.height
                    and not any(same_row(square, other.box) and square.x1 <= other.box.x0 + 1 for square in squares)
                ),
                None,
            )
            if follower is None:
                return " ".join(parts)
            parts.append(self.take(follower))
            last = follower

    def section_over(self, box: Box) -> str:
        """The section that a box stands in."""
        return self._over(box, [heading for heading in self.headings if heading.is_section], NO_SECTION)

    def heading_over(self, box: Box, headings: Sequence[Heading]) -> str:
        """The heading inside the section that a box stands under; empty without one."""
        section = max((h.box.y1 for h in self.headings if h.is_section and h.is_over(box)), default=0.0)
        from_here = [heading for heading in headings if heading.box.y0 >= section - 2]
        return self._over(box, from_here, "")

    @staticmethod
    def _over(box: Box, headings: Sequence[Heading], otherwise: str) -> str:
        over = [heading for heading in headings if heading.is_over(box)]
        return max(over, key=lambda h: (round(h.box.y1), h.box.x0), default=Heading(otherwise, box, True)).text

    def _sections(self) -> Iterator[Heading]:
        sheet = self.layout.sheet
        share, lowest, highest = BAR
        bars = [box for box, _ in sheet.shades if box.width >= share * sheet.width and lowest <= box.height <= highest]
        notes: list[Run] = []
        found: list[tuple[Run, str]] = []
        for run in self.runs:
            barred = any(inside(run.box, bar, 2.5) for bar in bars)
            text = _section_text(run, barred)
            if text:
                found.append((run, text))
            elif barred and any(same_row(run.box, other.box) and other.box.x1 < run.box.x0 for other, _ in found):
                notes.append(run)
        for run, text in found:
            beside = [note for note in notes if same_row(note.box, run.box) and note.box.x0 > run.box.x1]
            told = f"{text} ({beside[0].text.lower()})" if beside else text
            bar = next((bar for bar in bars if inside(run.box, bar, 2.5)), None)
            reach = (bar.x0, bar.x1) if bar is not None else (0.0, sheet.width)
            yield Heading(told, run.box, True, reach)
            yield from (Heading(told, note.box, True, reach) for note in beside)


def _section_text(run: Run, barred: bool) -> str:
    """A section's number and title, or nothing where a run is no section's heading."""
    match = SECTION.match(run.text) or (NUMBERED.match(run.text) if barred or run.bold else None)
    if match is not None and match[2]:
        return f"{match[1]} {match[2]}"
    return ""


def headings_inside(words: Words) -> tuple[Heading, ...]:
    """Headings below the sections' own: what is bold at a line's beginning, or short and nobody's label."""
    found = []
    any_bold = any(run.bold for run in words.runs)
    for run in words.free():
        if any_bold and not run.bold:
            continue
        text = " ".join(word.text for word in run.words if word.bold) if any_bold else run.text
        rest = run.text if len(run.words) <= 8 else text
        if len(text.split()) <= 8:
            over = [heading for heading in words.headings if heading.is_section and heading.is_over(run.box)]
            reach = max(over, key=lambda heading: heading.box.y1).reach if over else (0.0, float("inf"))
            found.append(Heading(rest if "(" in rest else text, run.box, False, reach))
    return tuple(found)


def label_places(layout: Layout, words: Words) -> list[Labelled]:
    """The words about every comb, space and line of a page; lines that are mere rules are left out."""
    found: list[Labelled] = []
    for place in layout.places:
        if place.shape is Shape.SQUARE or _is_corner(place, layout, words):
            continue
        labelled = _of_caption(place, words) or _in_table(place, layout, words) or _beside(place, words)
        if place.shape is Shape.LINE and labelled is None:
            last = found[-1] if found else None
            if last is not None and _goes_on(last.place, place):
                found[-1] = replace(last, place=_joined(last.place, place))
                continue
            if place.box.width > RULE * layout.sheet.width or place.box.y0 > FOOT * layout.sheet.height:
                continue
        if labelled is None:
            place = replace(place, doubts=(*place.doubts, "no words were found beside it"))
            labelled = Labelled(place, "", "", "")
        found.append(labelled)
    headings = headings_inside(words)
    return [
        replace(
            one,
            section=words.section_over(one.place.box),
            heading=words.heading_over(one.place.box, headings),
        )
        for one in found
    ]


def _of_caption(place: Place, words: Words) -> Labelled | None:
    """The words inside the frame that a place stands in."""
    if place.caption:
        caption = hull(word.box for word in place.caption)
        for run in words.runs:
            if inside(run.box, caption):
                words.used.add(run.box)
        return Labelled(place, " ".join(word.text for word in place.caption), "", "", of_label=caption)
    if place.shape is not Shape.COMB or place.holder is None:
        return None
    beside = [
        run
        for run in words.free()
        if inside(run.box, place.holder, 2) and (run.box.y1 <= place.box.y0 + 4 or run.box.x1 <= place.box.x0 + 2)
    ]
    if not beside:
        return None
    run = min(beside, key=lambda run: abs(run.box.x0 - place.box.x0) + abs(run.box.y1 - place.box.y0))
    return Labelled(place, words.take(run), "", "", of_label=run.box)


def _beside(place: Place, words: Words) -> Labelled | None:
    """The words before a place, else the nearer of those above and below it."""
    run = words.before(place.box, line=place.shape is Shape.LINE)
    if run is None:
        below = words.below(place.box) if place.shape is not Shape.SPACE else None
        above = words.above(place.box) if place.shape is not Shape.LINE else None
        under = below.box.y0 - place.box.y1 if below else 99.0
        over = place.box.y0 - above.box.y1 if above else 99.0
        run = below if under <= over else above
    return None if run is None else Labelled(place, words.take(run), "", "", of_label=run.box)


def _in_table(place: Place, layout: Layout, words: Words) -> Labelled | None:
    """The heads of the row and the column of the table's cell that a place stands in or is."""
    if place.holder is None:
        return None
    column = column_head(place.holder, layout, words)
    row = row_head(place.holder, layout, words, far=bool(column))
    if not column and not row:
        return None
    return Labelled(place, f"{column}: {row}" if column and row else column or row, "", "", row, column)


def row_head(cell: Box, layout: Layout, words: Words, far: bool = False) -> str:
    """The words of the cell before this one; in a table with heads of columns, of the row's first cell."""
    row = [other for other in layout.cells if same_row(other, cell) and abs(other.height - cell.height) <= 3]
    lefts = sorted((other for other in row if other.x1 <= cell.x0 + 2), key=lambda other: -other.x1)
    if not lefts or cell.x0 - lefts[0].x1 > BORDER:
        return ""
    return _words_of(lefts[-1] if far else lefts[0], layout, words)


def column_head(cell: Box, layout: Layout, words: Words) -> str:
    """The words at the top of the column that a cell stands in; empty where it is no column with a head."""
    current, climbed = cell, 0
    while True:
        over = [
            other
            for other in layout.cells
            if abs(other.y1 - current.y0) <= BORDER and other.x0 <= current.x0 + 2 and other.x1 >= current.x1 - 2
        ]
        if not over:
            return ""
        current_over = min(over, key=lambda other: other.width)
        text = _words_of(current_over, layout, words, between=(cell.x0, cell.x1))
        if text:
            top = not any(abs(other.y1 - current_over.y0) <= BORDER and _columns(other, cell) for other in layout.cells)
            return text if top and not _is_written_on(current_over, layout) else ""
        if abs(current_over.x0 - cell.x0) > 2 or abs(current_over.x1 - cell.x1) > 2:
            return ""
        current, climbed = current_over, climbed + 1


def _columns(one: Box, other: Box) -> bool:
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 2


def _is_written_on(cell: Box, layout: Layout) -> bool:
    return any(inside(place.box, cell) for place in layout.places)


def _words_of(cell: Box, layout: Layout, words: Words, between: tuple[float, float] | None = None) -> str:
    """What a cell of words alone says; of a cell over several columns what stands in one of them."""
    if _is_written_on(cell, layout):
        return ""
    left, right = between or (cell.x0, cell.x1)
    own = [
        run for run in words.runs if inside(run.box, cell) and left - 2 <= (run.box.x0 + run.box.x1) / 2 <= right + 2
    ]
    words.used.update(run.box for run in own)
    return " ".join(run.text for run in own)


def _is_corner(place: Place, layout: Layout, words: Words) -> bool:
    """Whether an empty cell is the corner of a table: words in the cells beside it and below it, nothing before it."""
    cell = place.box
    if place.shape is not Shape.SPACE or place.caption:
        return False
    row = [other for other in layout.cells if same_row(other, cell) and abs(other.height - cell.height) <= BORDER]
    beside = next((other for other in row if abs(other.x0 - cell.x1) <= BORDER), None)
    below = next((o for o in layout.cells if abs(o.y0 - cell.y1) <= BORDER and abs(o.x0 - cell.x0) <= BORDER), None)
    first = not any(abs(other.x1 - cell.x0) <= BORDER for other in row)
    return bool(first and beside and below and words.stand_in(beside) and words.stand_in(below))


def _goes_on(one: Place, other: Place) -> bool:
    """Whether a line without words is the next one of those above it."""
    return (
        one.shape is Shape.LINE
        and abs(one.box.x0 - other.box.x0) <= 3
        and abs(one.box.x1 - other.box.x1) <= 3
        and 0 < other.box.y0 - one.box.y1 <= 28
    )


def _joined(one: Place, other: Place) -> Place:
    return replace(one, box=hull((one.box, other.box)))
