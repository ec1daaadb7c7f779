"""What may be wrong with a definition although it can be loaded: boxes, names, pages that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from extractors.blanks import BlankPage, load_blank_pages
from extractors.definition import Field, FieldKind, FormDefinition
from extractors.form_code import code_box
from extractors.geometry import Box
from extractors.learning.sheet import overlap
from extractors.recognition import CERTAIN_MATCH
from extractors.registration import align, match_coarse

OVERLAPPING = 0.1  # share of the smaller of two boxes from which they cover each other
UNEVEN_CELLS = 0.35  # share by which a comb's cells may differ in width
LEAST_HEIGHT = 6.0  # points: nobody writes smaller
ALIKE_NAMES = 0.85  # difflib's ratio from which a name may be another one misspelt
FITS_AS_WELL = 0.1  # of the print: a page that fits another form nearly as well is told by its code alone


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at; `is_fault`: it will go wrong as it stands."""

    about: str
    says: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Rival:
    """The known page that a page of the form is most like: the share of that one's print that is found on it."""

    page: int
    form_id: str | None
    form_page: int | None
    match: float

    @property
    def margin(self) -> float:
        """How much better the page fits itself."""
        return 1.0 - self.match


def remarks(definition: FormDefinition, known: Sequence[FormDefinition]) -> Iterator[Remark]:
    """What there is to say of a definition's geometry and names."""
    yield from _geometry(definition)
    yield from _names(definition, [other for other in known if other.form_id != definition.form_id])
    for page in definition.pages:
        if code_box(definition.blank, definition.code, page.number) is None:
            says = f"its print does not hold the code {definition.code!r}: only the layout tells revisions apart"
            yield Remark(f"page {page.number}", says)


def rivals(definition: FormDefinition, known: Sequence[FormDefinition]) -> Iterator[Rival]:
    """For each page of the form the known page that it could be taken for."""
    others = [d for d in known if d.form_id not in (definition.form_id, definition.replaces)]
    pages = load_blank_pages(tuple(others))
    for own in load_blank_pages((definition,)):
        fits = [(_fit(own, other), other) for other in pages]
        match, other = max(fits, key=lambda pair: pair[0], default=(0.0, own))
        if match > 0:
            yield Rival(own.page, other.definition.form_id, other.page, match)
        else:
            yield Rival(own.page, None, None, 0.0)


def remarks_on(rival: Rival, definition: FormDefinition, known: Sequence[FormDefinition]) -> Iterator[Remark]:
    """Whether a page can be told from the one that it is most like."""
    other = next((one for one in known if one.form_id == rival.form_id), None)
    if other is None or rival.match < CERTAIN_MATCH - FITS_AS_WELL:
        return
    about = f"page {rival.page}"
    told = f"looks like {rival.form_id} page {rival.form_page} ({rival.match:.0%} of its print)"
    if other.code == definition.code:
        yield Remark(about, f"{told} and has its code: faxes of the two cannot be told apart", is_fault=True)
    elif code_box(definition.blank, definition.code, rival.page) is None:
        yield Remark(about, f"{told}, and no code tells them apart", is_fault=True)
    else:
        yield Remark(about, f"{told}; its code tells them apart")


def _fit(own: BlankPage, other: BlankPage) -> float:
    coarse = match_coarse(own.features, other.features)
    return 0.0 if coarse is None else align(own.grey, other, coarse).match


def _geometry(definition: FormDefinition) -> Iterator[Remark]:
    for page in definition.pages:
        boxes = [(name, box) for field in definition.fields_on(page.number) for name, box in _boxes(field)]
        for index, (name, box) in enumerate(boxes):
            for other, beside in boxes[index + 1 :]:
                if overlap(box, beside) > OVERLAPPING:
                    yield Remark(name, f"covers {other} on page {page.number}", is_fault=True)
    for field in definition.fields:
        widths = [cell.width for cell in field.cells]
        if widths and max(widths) > (1 + UNEVEN_CELLS) * min(widths):
            yield Remark(field.name, "its cells are of different widths")
        if field.kind is not FieldKind.CHOICE and field.box.height < LEAST_HEIGHT and not field.cells:
            yield Remark(field.name, f"is only {field.box.height:.1f} points high")
        if field.kind is FieldKind.DATE and field.cells and len(field.cells) != 10:
            yield Remark(field.name, "a date's comb has ten cells, two of them for the slashes", is_fault=True)


def _boxes(field: Field) -> Iterable[tuple[str, Box]]:
    if field.options:
        return [(f"{field.name}.{option.name}", option.box) for option in field.options]
    return [(field.name, field.box)]


def _names(definition: FormDefinition, known: Sequence[FormDefinition]) -> Iterator[Remark]:
    vocabulary = {field.name: field for other in known for field in other.fields}
    for field in definition.fields:
        same = vocabulary.get(field.name)
        if same is not None and same.kind is not field.kind and FieldKind.SIGNATURE in (same.kind, field.kind):
            yield Remark(field.name, f"is {field.kind} here and {same.kind} on other forms", is_fault=True)
        if same is None and (close := get_close_matches(field.name, vocabulary, 1, ALIKE_NAMES)):
            yield Remark(field.name, f"no known form has it; is it {close[0]}?")
    own = [field.name for field in definition.fields if field.name not in vocabulary]
    if own and len(own) < len(definition.fields):
        yield Remark("names", f"no other known form has {', '.join(own)}: no rule of a programme looks at them")
    elif own:
        yield Remark("names", "no other known form has any of its fields: only its own rules look at them")
