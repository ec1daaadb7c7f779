"""Assembly: the pages of a fax put together to forms.

Pages come in any order, several forms in one fax, with pages missing. A second page belongs to the first page whose
head names the same person, and among equals to its neighbour in the fax. Neighbours whose heads differ are put together
all the same, when nothing else fits: the judgement finds the contradiction and a person decides, so they are never
joined silently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from extractors.definition import FormDefinition
from extractors.reading import FormReading, Reading

HEAD = "_p2"  # fields that repeat a first page's field on a later page end so
STRANGERS = 0.5  # agreement of heads below which pages are joined only as neighbours
NO_EVIDENCE = 0.75  # agreement where a head is empty
NEVER = 1e6  # the cost of what is not joined


@dataclass(frozen=True, slots=True)
class Sheet:
    """A recognised page: its number in the document, which page of which form, and what was read on it."""

    page: int
    definition: FormDefinition
    form_page: int
    readings: Mapping[str, Reading]


def assemble(sheets: Sequence[Sheet]) -> tuple[FormReading, ...]:
    """Put sheets together to forms, in the order in which the forms begin in the fax."""
    by_form: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        by_form.setdefault(sheet.definition.form_id, []).append(sheet)
    groups = [group for same in by_form.values() for group in _grouped(same)]
    groups.sort(key=lambda group: min(sheet.page for sheet in group))
    return tuple(_form(group) for group in groups)


def _grouped(sheets: list[Sheet]) -> list[list[Sheet]]:
    """Sheets of one form revision as groups of one sheet a form page."""
    groups = [[sheet] for sheet in sheets if sheet.form_page == 1]
    for number in range(2, len(sheets[0].definition.pages) + 1):
        later = [sheet for sheet in sheets if sheet.form_page == number]
        pairs = sorted(
            ((_cost(group[0], sheet), g, s) for g, group in enumerate(groups) for s, sheet in enumerate(later)),
            key=lambda pair: pair[0],
        )
        taken_groups: set[int] = set()
        taken_sheets: set[int] = set()
        for cost, g, s in pairs:
            if g not in taken_groups and s not in taken_sheets and cost < NEVER:
                taken_groups.add(g)
                taken_sheets.add(s)
                groups[g].append(later[s])
        groups += [[sheet] for s, sheet in enumerate(later) if s not in taken_sheets]
    return groups


def _cost(first: Sheet, later: Sheet) -> float:
    """How ill two sheets fit together: heads that differ weigh more than distance in the fax."""
    agreement = head_agreement(first, later)
    apart = later.page - first.page
    neighbours = apart == later.form_page - first.form_page or abs(apart) == 1
    if agreement < STRANGERS and not neighbours:
        return NEVER
    distance = 0.0 if apart == later.form_page - first.form_page else 0.5 + 0.1 * abs(apart)
    return 10.0 * (1.0 - agreement) + distance


def head_agreement(first: Sheet, later: Sheet) -> float:
    """How much the later sheet's head says what the first sheet says: 0 (another person) to 1 (the same)."""
    scores = []
    for name, reading in later.readings.items():
        own = _counterpart(name.removesuffix(HEAD), first.readings) if name.endswith(HEAD) else None
        if own and reading.raw:
            scores.append(SequenceMatcher(None, _plain(own), _plain(reading.raw), autojunk=False).ratio())
    return sum(scores) / len(scores) if scores else NO_EVIDENCE


def _counterpart(name: str, readings: Mapping[str, Reading]) -> str | None:
    """What the first page says where a later one repeats it; a whole name stands there as "last, first"."""
    if name in readings:
        return readings[name].raw or None
    person = name.removesuffix("_name")
    parts = [readings[part].raw for part in (f"{person}_last_name", f"{person}_first_name") if part in readings]
    return ", ".join(parts) if any(parts) else None


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _form(sheets: list[Sheet]) -> FormReading:
    definition = sheets[0].definition
    ordered = sorted(sheets, key=lambda sheet: sheet.form_page)
    present = {sheet.form_page for sheet in ordered}
    readings: dict[str, Reading] = {}
    for sheet in ordered:
        readings |= sheet.readings
    return FormReading(
        form_id=definition.form_id,
        pages=tuple(sheet.page for sheet in ordered),
        missing_pages=tuple(layout.number for layout in definition.pages if layout.number not in present),
        readings=readings,
    )
