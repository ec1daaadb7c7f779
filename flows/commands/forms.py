"""`faxforms forms …`: the form definitions that are known, and making new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extractors import known_forms
from extractors.definition import Field, FormDefinition
from extractors.definition_drawing import draw_definition
from extractors.definition_files import SHIPPED
from extractors.learning.building import build_definition
from flows.terminal import err, out, print_json, print_table
from pipeline.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The form revisions that can be read, and how to add one.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


@app.command("list")
def list_forms(as_json: AsJson = False) -> None:
    """List the form revisions: id, code, dates of use, pages and fields.

    Example: faxforms forms list
    """
    definitions = known()
    if as_json:
        print_json(_summary(definition) for definition in definitions)
        return
    print_table(
        f"{len(definitions)} form revisions",
        ("form", "title", "code", "in use from", "to", "pages", "fields"),
        [(d.form_id, d.title, d.code, d.in_use_from, d.in_use_to, len(d.pages), len(d.fields)) for d in definitions],
    )


@app.command("show")
def show_form(
    form_id: Annotated[str, typer.Argument(metavar="FORM", help="An id that `faxforms forms list` shows.")],
    page: Annotated[int, typer.Option(help="The page to draw, with --out.", min=1)] = 1,
    picture: Annotated[
        Path | None, typer.Option("--out", help="Write the blank with its fields drawn on it (PNG).", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every field of a form: its place, kind, and whether the form is complete without it.

    Example: faxforms forms show psf_2021 --page 2 --out psf.png
    """
    definition = named_form(form_id)
    if picture is not None:
        if page > len(definition.pages):
            raise typer.BadParameter(f"{form_id} has {len(definition.pages)} pages", param_hint="--page")
        picture.write_bytes(draw_definition(definition, page))
        err.print(f"{picture} written", markup=False, highlight=False)
    elif as_json:
        print_json(_field_record(field) for field in definition.fields)
    else:
        title = f"{definition.title}, {definition.code}, revision {definition.revision}, fax {definition.fax_number}"
        print_table(
            title,
            ("page", "field", "kind", "required", "options or cells", "label"),
            [(f.page, f.name, f.kind, f.required, _inside(f), f.label) for f in definition.fields],
        )


@app.command("build")
def build(
    flat: Annotated[Path, typer.Argument(metavar="BLANK.pdf", help="The flat blank.", exists=True, dir_okay=False)],
    fillable: Annotated[
        Path, typer.Argument(metavar="FILLABLE.pdf", help="Its fillable twin (AcroForm).", exists=True, dir_okay=False)
    ],
    meaning: Annotated[
        Path,
        typer.Option(
            help="What a domain expert knows of it: dates, required fields, signers.", exists=True, dir_okay=False
        ),
    ],
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where the definition goes; else beside the shipped ones.")
    ] = None,
) -> None:
    """Measure a blank and write its definition; what blank and twin disagree about is told.

    Example: faxforms forms build psf.pdf psf_fillable.pdf --meaning psf_2021/meaning.yaml
    """
    target = folder or SHIPPED / meaning.resolve().parent.name
    for warning in build_definition(flat, fillable, meaning, target):
        err.print(f"note: {warning}", markup=False, highlight=False)
    out.print(f"{target.name}: written", highlight=False)


def known() -> tuple[FormDefinition, ...]:
    """The shipped revisions and those that were taught here."""
    known_forms.use(Settings().taught_forms)
    return known_forms.known_definitions()


def named_form(form_id: str) -> FormDefinition:
    """The known form of that id; an error of the command line when there is none."""
    for definition in known():
        if definition.form_id == form_id:
            return definition
    raise typer.BadParameter(f"no form {form_id}; `faxforms forms list` shows those there are", param_hint="FORM")


def _summary(definition: FormDefinition) -> dict[str, object]:
    return {
        "form_id": definition.form_id,
        "title": definition.title,
        "code": definition.code,
        "revision": definition.revision,
        "in_use_from": definition.in_use_from,
        "in_use_to": definition.in_use_to,
        "pages": len(definition.pages),
        "fields": len(definition.fields),
    }


def _field_record(field: Field) -> dict[str, object]:
    return {
        "field": field.name,
        "label": field.label,
        "kind": field.kind,
        "page": field.page,
        "box": field.box.as_list(),
        "required": field.required,
        "options": [option.name for option in field.options],
        "cells": len(field.cells),
    }


def _inside(field: Field) -> str:
    """What stands inside a field: the names of its boxes, or the number of its comb cells."""
    if field.options:
        return ", ".join(option.name for option in field.options)
    return f"{len(field.cells)} cells" if field.cells else ""
