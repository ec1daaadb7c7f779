"""The draft of a definition: what a blank shows, as fields with a name, a kind, a place, and what is unsure of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from extractors.definition import Condition, FieldKind, Option, Required
from extractors.geometry import Box
from extractors.learning.choices import Ticks, find_ticks, question_of, written_beside
from extractors.learning.labels import Heading, Labelled, Words, headings_inside, label_places
from extractors.learning.places import Place, Shape, find_places
from extractors.learning.sheet import Sheet, in_rows, overlap
from extractors.learning.wording import kind_of, length_of, says, slug, subjects, without_marks

SIDE = 2.5  # points between a frame's side and what is written in it
HEAD = 1.5  # points likewise, above and below
UNDER_CAPTION = 0.5  # points
LINE_SIDE = 1.0  # points from a line's beginning to what is written on it
LINE_FOOT = 0.6  # points between what is written and the line
LINE_HEIGHT, SIGNATURE_HEIGHT = 16.0, 26.0  # points above a line that writing takes
AS_LARGE = 1.6  # of the words before a line: the room that one writes in behind them
CLEAR = 1.0  # points that stay free below the print above
SEVERAL_LINES = 42.0  # points: what is as high takes several lines


@dataclass(frozen=True, slots=True)
class DraftField:
    """One field as it was learnt. `doubts` say in words what a person should look at."""

    name: str
    label: str
    kind: FieldKind
    page: int
    box: Box
    section: str
    heading: str = ""
    required: Required = Required.NO
    options: tuple[Option, ...] = ()
    cell_edges: tuple[float, ...] = ()
    max_length: int | None = None
    column: str = ""  # the head of its table's column
    beside: str = ""  # the label of the choice that it is written beside
    required_when: tuple[Condition, ...] = ()
    signer: str | None = None
    critical: bool = False
    like: str | None = None  # the field of the known form that it was named after
    doubts: tuple[str, ...] = ()


def draft_fields(sheets: Iterable[Sheet]) -> tuple[DraftField, ...]:
    """The fields of all pages in reading order, with names of their own."""
    return with_names([field for sheet in sheets for field in _of_page(sheet)])


def _of_page(sheet: Sheet) -> list[DraftField]:
    layout = find_places(sheet)
    words = Words(layout)
    ticks = find_ticks(layout, words)
    beside = {place.box: found for place in layout.places if place.shape is Shape.LINE
              if (found := written_beside(place.box, ticks)) is not None}  # fmt: skip
    left = replace(layout, places=tuple(place for place in layout.places if place.box not in beside))
    labelled = label_places(left, words)
    headings = headings_inside(words)
    fields = [field for group in ticks for field in _marks(group, words, headings)]
    fields += [_written(one, sheet) for one in labelled]
    for place in layout.places:
        if place.box in beside:
            fields.append(_more(place, *beside[place.box], sheet))
    return in_rows(fields, _anchor)


def _anchor(field: DraftField) -> Box:
    return field.options[0].box if field.options else field.box


# Marks


def _marks(ticks: Ticks, words: Words, headings: Sequence[Heading]) -> list[DraftField]:
    heading = words.heading_over(ticks.squares[0].box, headings)
    page, required = ticks.squares[0].page, Required.NO
    told = " ".join((ticks.prompt, *(ticks.labels if not ticks.is_choice else ()), ticks.row))
    if "*" in told or says("required", f"{told} {heading} {ticks.section}"):
        required = Required.YES
    if not ticks.is_choice:
        label = without_marks(ticks.labels[0]) or without_marks(ticks.prompt)
        box = ticks.squares[0].box
        return [DraftField("", label, FieldKind.CHECKBOX, page, box, ticks.section, heading, required,
                           doubts=ticks.doubts)]  # fmt: skip
    options = tuple(
        Option(name, without_marks(label), square.box)
        for name, label, square in zip(_option_names(ticks.labels), ticks.labels, ticks.squares, strict=True)
    )
    return [
        DraftField("", question_of(ticks), FieldKind.CHOICE, page, ticks.box, ticks.section, heading, required,
                   options=options, doubts=ticks.doubts)
    ]  # fmt: skip


def _option_names(labels: Sequence[str]) -> list[str]:
    names: list[str] = []
    for number, label in enumerate(labels, 1):
        name = "_".join(slug(label).split("_")[:3]) or f"option_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _more(place: Place, ticks: Ticks, option: str, sheet: Sheet) -> DraftField:
    """The line behind an option's words, for what none of the options says."""
    question = question_of(ticks) if ticks.is_choice else ""
    label = f"{without_marks(option)} {question.lower()}".strip()
    box = _over_line(place.box, LINE_HEIGHT - 3, sheet)
    beside = question or without_marks(option)
    return DraftField("", label, FieldKind.TEXT, place.page, box, ticks.section, beside=beside, max_length=60)


# Writing


def _written(one: Labelled, sheet: Sheet) -> DraftField:
    place, label = one.place, without_marks(one.label)
    kind, doubts = _kind(one, label), list(place.doubts)
    box, edges = _writing_box(one, kind, sheet), place.cell_edges
    length = len(edges) - 1 if edges else length_of(label)
    if kind is FieldKind.DATE and edges and not place.is_date:
        kind, doubts = FieldKind.DIGITS, [*doubts, f"a date in {len(edges) - 1} cells without slashes"]
    if kind is FieldKind.TEXT and not edges and kind_of(label) is None and length is None:
        length = 60
    required = Required.YES if one.starred else Required.NO
    return DraftField("", label, kind, place.page, box, one.section, one.heading, required,
                      cell_edges=tuple(round(edge, 2) for edge in edges), max_length=length,
                      column=without_marks(one.column) if one.row else "", doubts=tuple(doubts))  # fmt: skip


def _kind(one: Labelled, label: str) -> FieldKind:
    place, said = one.place, kind_of(label)
    if place.is_date:
        return FieldKind.DATE
    if place.shape is Shape.COMB:
        if said is FieldKind.DATE:
            return said
        return FieldKind.TEXT if says("letters_in_combs", label) else FieldKind.DIGITS
    high = place.box.height >= SEVERAL_LINES or (place.shape is Shape.LINE and place.box.height > HEAD)
    if high and said is not FieldKind.SIGNATURE:
        caption = one.of_label.height if one.of_label is not None and place.caption else 0.0
        return FieldKind.FREE_TEXT if place.box.height - caption >= SEVERAL_LINES or said is None else said
    if said is FieldKind.FREE_TEXT:
        return FieldKind.TEXT
    return said or FieldKind.TEXT


def _writing_box(one: Labelled, kind: FieldKind, sheet: Sheet) -> Box:
    """Where a person writes: the comb, the frame without its edge and caption, or the room above the line."""
    place = one.place
    if place.shape is Shape.COMB:
        return place.box
    if place.shape is Shape.LINE:
        before = one.of_label is not None and one.of_label.x1 <= place.box.x0 + 2
        # who writes behind words writes about as large as they are
        usual = one.of_label.height * AS_LARGE if before and one.of_label is not None else LINE_HEIGHT
        return _over_line(place.box, SIGNATURE_HEIGHT if kind is FieldKind.SIGNATURE else usual, sheet)
    left, top = place.box.x0 + SIDE, place.box.y0 + HEAD
    if place.caption and one.of_label is not None:
        if one.of_label.y1 + 9 <= place.box.y1:
            top = one.of_label.y1 + UNDER_CAPTION
        else:
            left = one.of_label.x1 + SIDE
    return Box(left, top, place.box.x1 - SIDE, place.box.y1 - HEAD)


def _over_line(line: Box, height: float, sheet: Sheet) -> Box:
    """The room above a line, down from the print above it; of several lines, from above the first one."""
    top = line.y0 - height
    for printed in (*(word.box for word in sheet.words), *sheet.across):
        over = Box(line.x0 + LINE_SIDE, line.y0 - height, line.x1, line.y0 - 6)
        if overlap(printed.grown(0, 0.1), over) > 0.05 and printed.y1 < line.y0 - 6:
            top = max(top, printed.y1 + CLEAR)
    return Box(line.x0 + LINE_SIDE, top, line.x1, line.y1 - LINE_FOOT)


# Names


def with_names(fields: Sequence[DraftField]) -> tuple[DraftField, ...]:
    """The fields, each with a name made of its label and of whom its section is about; no name twice."""
    named: list[DraftField] = []
    taken: dict[str, int] = {}
    choices: dict[str, str] = {}
    for number, field in enumerate(fields, 1):
        name = _name(field, choices) or f"field_{number}"
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            name = f"{name}_{taken[name]}"
        if field.kind in (FieldKind.CHOICE, FieldKind.CHECKBOX):
            choices[field.label] = name
        named.append(replace(field, name=name))
    return tuple(named)


def _name(field: DraftField, choices: dict[str, str]) -> str:
    if field.beside:
        return f"{choices.get(field.beside) or slug(field.beside)}_other_text"
    name = slug(field.label)
    subject = subject_of(field)
    if not name or field.kind is FieldKind.CHECKBOX or any(part in subjects() for part in name.split("_")):
        return name
    return f"{subject}_{name}" if subject else name


def subject_of(field: DraftField) -> str:
    """Whom or what a field is about by the heading it stands under: `patient`, `prescriber`; empty where none says."""
    for text in (field.heading, field.section):
        words = text.lower().replace("(", " ").split()
        for word in words:
            if word.strip(".,:;") in subjects():
                return word.strip(".,:;")
    return ""
