"""A form revision as data: what it is called, when it was in use, and every field with its place on the page.

Each revision is a folder `definitions/<form_id>/`: `geometry.yaml` (measured from the blank by `faxforms forms build`,
never typed by hand), `meaning.yaml` (what a domain expert knows: dates, required, signer) and `blank.pdf` (the flat
blank).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.geometry import Box

if TYPE_CHECKING:
    from extractors.definition_rules import DeclaredRule  # which speaks of the fields below


class FieldKind(StrEnum):
    """What a field holds, by the form's own words (forms.md, "Kinds")."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    CHECKBOX = "checkbox"  # a single box
    CHOICE = "choice"  # a group of boxes of which one is to be ticked
    FREE_TEXT = "free_text"  # several lines
    SIGNATURE = "signature"


class Required(StrEnum):
    """Whether a form is complete without the field."""

    YES = "yes"
    NO = "no"  # optional, or required on a condition (`required_when`)
    ONE_OF = "one_of"  # the one-of fields of one signer belong together; one signer's must all be filled


@dataclass(frozen=True, slots=True)
class Condition:
    """Something another field says: that it has one of `values`, or, with no values, that it is filled or ticked.

    A ticked check box has the value True, an unticked one False; an empty field counts as unticked.
    """

    field: str
    values: tuple[str | bool, ...] = ()

    def holds(self, value: str | bool | tuple[str, ...] | None) -> bool:
        """Whether it holds when the other field has `value` (as `extractors.reading.Value` has it)."""
        found = value if isinstance(value, tuple) else (value or False,)
        return any(one in self.values if self.values else bool(one) for one in found)


@dataclass(frozen=True, slots=True)
class Option:
    """One box of a choice: its name in readings, the words beside it, the printed square in points."""

    name: str
    label: str
    box: Box


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    `box` is where a person writes (for a check box the printed square, for a choice the hull of its options' squares),
    in points on page `page` (1-based).
    `cells` are the comb's cells from left to right, empty where the field is free. A date comb has ten cells of which
    the 3rd and 6th hold the printed slash. `required_when`: the field is required as soon as one of these holds.
    `critical`: a doubt about its value holds the form, whatever else is known.
    """

    name: str
    label: str
    kind: FieldKind
    page: int
    box: Box
    section: str
    required: Required = Required.NO
    required_when: tuple[Condition, ...] = ()
    critical: bool = False
    signer: str | None = None  # "prescriber", "designee", "representative": who completes or signs it
    options: tuple[Option, ...] = ()
    cells: tuple[Box, ...] = ()
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class PageLayout:
    """One page of the blank: its number (1-based) and size in points."""

    number: int
    width: float
    height: float


class Programme(StrEnum):
    """Whose rules a form obeys, beside those that hold for any form."""

    CLOZAPINE_REMS = "clozapine_rems"
    NONE = "none"  # a form of another world: its own rules alone


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """One revision of one form.

    `rules` are those that it brings along, by number. `replaces` is the revision that this one corrects: of the same
    blank, which is looked for by this one alone from now on.
    """

    form_id: str
    title: str
    code: str
    revision: str
    in_use_from: dt.date
    in_use_to: dt.date | None
    fax_number: str
    pages: tuple[PageLayout, ...]
    fields: tuple[Field, ...]
    blank: Path  # the flat blank, a PDF with one page per PageLayout
    programme: Programme = Programme.CLOZAPINE_REMS
    rules: Mapping[str, DeclaredRule] = with_default(default_factory=dict)
    replaces: str | None = None

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when the form has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def fields_on(self, page: int) -> tuple[Field, ...]:
        """The fields on one page (1-based)."""
        return tuple(field for field in self.fields if field.page == page)


def looked_for(definitions: Sequence[FormDefinition]) -> tuple[FormDefinition, ...]:
    """Those that a page may be: all but the ones that another corrects. Forms that were read by these keep them."""
    corrected = {definition.replaces for definition in definitions}
    return tuple(definition for definition in definitions if definition.form_id not in corrected)


def corrections(definitions: Sequence[FormDefinition]) -> dict[str, frozenset[str]]:
    """By revision that another corrects those that its pages are looked for by from now on."""
    by_id = {definition.form_id: definition for definition in definitions}
    found: dict[str, frozenset[str]] = {}
    for standing in looked_for(definitions):
        earlier = by_id.get(standing.replaces or "")
        while earlier is not None:
            found[earlier.form_id] = found.get(earlier.form_id, frozenset()) | {standing.form_id}
            earlier = by_id.get(earlier.replaces or "")
    return found
