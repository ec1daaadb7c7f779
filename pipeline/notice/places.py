"""Where on a form something stands, in the words printed there, short enough for a line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from extractors.definition import Field, FormDefinition

LONGEST = 60
"""Characters of a label that are quoted: whole sentences stand beside some boxes."""


def label(definition: FormDefinition, name: str) -> str:
    """The words printed beside the field, and whose it is where another field of its section has the same words.

    A name that is no field of the form (`page_2`) is written out.
    """
    field = _field(definition, name)
    if field is None:
        return name.replace("_", " ")
    words = _short(field)
    twins = [other for other in definition.fields if other.section == field.section and _short(other) == words]
    return words if len(twins) == 1 else f"{words} ({_whose(field)})"


def place(definition: FormDefinition, name: str, says: str) -> str:
    """Section and label of a field; the label only where neither the section nor the words `says` name it already."""
    field = _field(definition, name)
    if field is None:
        return ""
    where, words = _section(field), label(definition, name)
    return where if words.casefold() in f"{where} {says}".casefold() else f"{where}, {words}"


def places(definition: FormDefinition, names: Sequence[str]) -> str:
    """The sections that several fields stand in."""
    fields = [field for name in names if (field := _field(definition, name))]
    numbers = sorted({number for field in fields if (number := _number(field))}, key=int)
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f"Section {numbers[0]}"
    return f"Sections {', '.join(numbers[:-1])} and {numbers[-1]}"


def _field(definition: FormDefinition, name: str) -> Field | None:
    return next((field for field in definition.fields if field.name == name), None)


def _section(field: Field) -> str:
    number = _number(field)
    if not number:
        return f"Head of page {field.page}"
    title = re.sub(r"\s*\(.*\)", "", field.section.removeprefix(number)).strip()
    return f"Section {number} ({title})"


def _number(field: Field) -> str:
    found = re.match(r"\d+", field.section)
    return found[0] if found else ""


def _short(field: Field) -> str:
    """The label without hints in brackets and without what follows a colon."""
    words = re.sub(r"\s*\([^()]*\)", "", field.label.partition(": ")[0]) or field.name.replace("_", " ")
    return textwrap.shorten(words.rstrip(".:"), LONGEST, placeholder=" …")


def _whose(field: Field) -> str:
    """The person whose field it is: its signer, else as its name begins (`patient_name`, `designee_1_email`)."""
    if field.signer:
        return field.signer
    begins = re.match(r"[a-z]+(_\d)?", field.name)
    return begins[0].replace("_", " ") if begins else field.name
