"""Squares to tick: what stands beside each, and which of them are one question with several answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extractors.geometry import Box
from extractors.learning.labels import Words, column_head, row_head
from extractors.learning.places import Layout, Place, Shape
from extractors.learning.sheet import Run, hull, in_rows, same_row
from extractors.learning.wording import says, without_marks

OPTION_REACH = 12.0  # points between a square and its words
PROMPT_REACH = 17.0  # points between a question and the squares below it
PROMPT_BEFORE = 30.0  # points between a question and the first square beside it
NEXT_ROW = 14.0  # points between the words of one row of squares and the next row
SAME_COLUMN = 3.0  # points
SHORT_PROMPT = 5  # words: a question over its squares that does not say "check one"


@dataclass(slots=True)
class Ticks:
    """Squares that belong together: a choice where `is_choice`, else boxes of which each stands for itself."""

    squares: list[Place]
    labels: list[str]
    label_boxes: list[Box | None]
    prompt: str = ""
    prompt_box: Box | None = None
    is_choice: bool = False
    section: str = ""
    heading: str = ""
    doubts: tuple[str, ...] = ()
    row: str = field(default="")

    @property
    def box(self) -> Box:
        """The squares' hull."""
        return hull(square.box for square in self.squares)

    @property
    def foot(self) -> float:
        """The lowest point of squares and words."""
        return max(box.y1 for box in (*(s.box for s in self.squares), *(b for b in self.label_boxes if b)))


def find_ticks(layout: Layout, words: Words) -> list[Ticks]:
    """Every square of a page, by itself or with the others of its choice, from top to bottom."""
    single = [_labelled(place, layout, words) for place in layout.places if place.shape is Shape.SQUARE]
    groups: list[Ticks] = []
    for ticks in in_rows(single, lambda ticks: ticks.box):
        prompt = words.before(ticks.box, reach=PROMPT_BEFORE)
        ticks.section = words.section_over(ticks.box)
        here = [group for group in groups if prompt is None and group.section == ticks.section]
        row = next((group for group in here if _beside(group, ticks, layout)), None)
        known = row or next((group for group in reversed(here) if _under(group, ticks)), None)
        if known is not None:
            known.squares += ticks.squares
            known.labels += ticks.labels
            known.label_boxes += ticks.label_boxes
            continue
        if prompt is not None:
            ticks.prompt_box, ticks.prompt = prompt.box, words.take(prompt)
        groups.append(ticks)
    return [part for group in groups for part in _settled(group, layout, words)]


def _labelled(place: Place, layout: Layout, words: Words) -> Ticks:
    run = words.after(place.box, OPTION_REACH)
    if run is not None:
        label, box = words.whole(run), run.box
        return Ticks([place], [label], [box])
    if place.holder is not None:
        column = column_head(place.holder, layout, words)
        row = row_head(place.holder, layout, words, far=bool(column))
        if column or row:
            return Ticks([place], [f"{column}: {row}" if column and row else column or row], [None], row=row or column)
    before = words.before(place.box, reach=OPTION_REACH / 2)
    if before is not None:
        return Ticks([place], [words.take(before)], [before.box])
    return Ticks([place], [""], [None], doubts=("no words were found beside it",))


def _beside(group: Ticks, ticks: Ticks, layout: Layout) -> bool:
    """Whether a square goes on in the row of a group: nothing but their words and a line for more between them."""
    last, box = group.squares[-1], ticks.squares[0].box
    if not same_row(last.box, box) or last.holder != ticks.squares[0].holder or ticks.row or group.row:
        return False
    between = Box(last.box.x1, box.y0, box.x0, box.y1)
    return not any(
        place.shape is not Shape.LINE and place.box.x0 >= between.x0 and place.box.x1 <= between.x1 + 0.5
        for place in layout.places
        if same_row(place.box, box) and place.box not in (last.box, box)
    )


def _under(group: Ticks, ticks: Ticks) -> bool:
    """Whether a square begins the next row of a group, or goes on in it."""
    box = ticks.squares[0].box
    if ticks.row or group.row or group.squares[-1].holder != ticks.squares[0].holder:
        return False
    columns = [square.box.x0 for square in group.squares]
    return any(abs(box.x0 - x) <= SAME_COLUMN for x in columns) and 0 < box.y0 - group.foot + 3 <= NEXT_ROW


def _settled(group: Ticks, layout: Layout, words: Words) -> list[Ticks]:
    """A group as a choice, or its squares each by itself."""
    first = group.squares[0]
    above: Run | None = None
    if not group.prompt and first.holder is not None and not group.row:
        group.prompt = row_head(first.holder, layout, words)
    if not group.prompt and len(group.squares) > 1:
        above = words.above(first.box, PROMPT_REACH)
        told = without_marks(above.text) if above is not None else ""
        short = len(told.split()) <= SHORT_PROMPT and not told.endswith(".")
        if above is not None and (says("check_one", told) or short):
            group.prompt, group.prompt_box = words.take(above), above.box
    group.is_choice = bool(group.prompt) and len(group.squares) > 1 and not says("check_several", group.prompt)
    if group.is_choice:
        if above is not None and not says("check_one", group.prompt):
            group.doubts += ("whether only one of its boxes may be ticked",)
        return [group]
    alone = len(group.squares) == 1
    doubt = () if alone else ("whether these boxes are one question with several answers",)
    return [
        Ticks(
            [square], [label], [box],
            prompt=group.prompt if alone else "", section=words.section_over(square.box), doubts=group.doubts + doubt,
            row=group.row,
        )
        for square, label, box in zip(group.squares, group.labels, group.label_boxes, strict=True)
    ]  # fmt: skip


def question_of(ticks: Ticks) -> str:
    """What a choice asks: its prompt without "check one", else the title of its section."""
    first = without_marks(ticks.prompt).split(". ")[0].rstrip(".")
    if first and not says("only_a_prompt", first):
        return first
    number, _, title = ticks.section.partition(" ")
    return title.split(" (")[0] if number.isdigit() or len(number) == 1 else ticks.section


def written_beside(line: Box, groups: Sequence[Ticks]) -> tuple[Ticks, str] | None:
    """The choice, and the option's words, after which a line stands to write more ("Other: ____")."""
    for ticks in groups:
        for label, box in zip(ticks.labels, ticks.label_boxes, strict=True):
            if box is not None and -2 <= line.x0 - box.x1 <= OPTION_REACH and box.y0 <= line.y0 <= box.y1 + 4:
                return ticks, label
    return None
