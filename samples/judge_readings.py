"""Readings of a reader without a fault: what is written on a form, each value sure. They try the rules alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.definition_files import load_definitions
from extractors.fillable_values import typed_value
from extractors.reading import (
    DocumentReading,
    DocumentStatus,
    FormReading,
    PageKind,
    PageReading,
    Reading,
    ReadingState,
    Value,
)

MARKED = {FieldKind.CHECKBOX, FieldKind.SIGNATURE}


def faultless_document(truth: Mapping[str, Any]) -> DocumentReading:
    """The reading of a document of which a line of `truth.jsonl` tells what is on it."""
    pages = tuple(_page(number, page, truth) for number, page in enumerate(truth["pages"], start=1))
    forms = tuple(
        faultless_form(
            form["form_id"],
            form["values"],
            pages={page.form_page: page.page for page in pages if page.form == position and page.form_page},
            struck=form.get("struck", ()),
        )
        for position, form in enumerate(truth["forms"])
    )
    return DocumentReading(pages, forms, DocumentStatus.DONE)


def faultless_form(
    form_id: str, values: Mapping[str, Any], pages: Mapping[int, int], struck: Collection[str] = ()
) -> FormReading:
    """The reading of a form: `values` as written on it, `pages` its pages that came and which of the document each is.

    Fields on pages that did not come have no reading; those in `struck` are crossed out, and a person has to decide.
    """
    definition = _definitions()[form_id]
    return FormReading(
        form_id=form_id,
        pages=tuple(pages[number] for number in sorted(pages)),
        missing_pages=tuple(page.number for page in definition.pages if page.number not in pages),
        readings={
            field.name: _reading(field, values.get(field.name), pages[field.page], field.name in struck)
            for field in definition.fields
            if field.page in pages
        },
    )


def _page(number: int, page: Mapping[str, Any], truth: Mapping[str, Any]) -> PageReading:
    if page["kind"] != PageKind.FORM:
        return PageReading(number, PageKind(page["kind"]))
    form = page["form"]
    form_id = truth["forms"][form]["form_id"]
    return PageReading(number, PageKind.FORM, form=form, form_id=form_id, form_page=page["form_page"], match=1.0)


def _reading(field: Field, written: Any, page: int, struck: bool) -> Reading:
    value = _value(field, written)
    state = ReadingState.STRUCK if struck else ReadingState.READ if value else ReadingState.EMPTY
    return Reading(
        field=field.name,
        value=value,
        raw="" if written is None else str(written),
        confidence=1.0,
        doubtful=struck,
        state=state,
        page=page,
        box=field.box,
        engine="truth",
        why=state.value if struck else "",
    )


def _value(field: Field, written: Any) -> Value:
    """What is written, as a reader hands it up: dates in ISO 8601, telephone numbers in digits, marks as such."""
    if field.kind in MARKED:
        return bool(written)
    if isinstance(written, str) and field.kind is not FieldKind.CHOICE:
        return typed_value(field, written).value
    return tuple(written) if isinstance(written, list | tuple) else written


@cache
def _definitions() -> Mapping[str, FormDefinition]:
    return {definition.form_id: definition for definition in load_definitions()}
