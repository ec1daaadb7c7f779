"""`faxforms forms learn` and `faxforms forms check`: a form from its blank, and whether it is fit to be read by."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from extractors.definition import FormDefinition
from extractors.definition_checking import Remark, remarks, remarks_on, rivals
from extractors.definition_files import load_definition
from extractors.definition_saving import save_definition, write_definition
from extractors.learning.learn import Draft, header, learn, put_down
from extractors.learning.picture import draw_draft, rows_of
from extractors.read import read_by
from extractors.reading import DocumentReading, PageKind, ReadingState
from flows.commands.forms import known, named_form
from flows.exit_codes import ExitCode
from flows.terminal import err, out, print_table
from pipeline.intake.folder import find_arrivals
from pipeline.readers import ReaderPool
from pipeline.settings import Settings
from validators.needed_fields import fields_lacking

PAGES = "page_{}.png"


def learn_form(
    blank: Annotated[
        Path,
        typer.Argument(metavar="BLANK.pdf", help="A fillable PDF, a flat one, or a scan.", exists=True, dir_okay=False),
    ],
    form_id: Annotated[
        str | None, typer.Option("--id", help="The new revision's id; else made of its title and year.")
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="FORM", help="A known form: fields that both have get its names and meaning.")
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Know the form from now on: faxes of it are read.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where draft and pictures go; else a folder named after the id.")
    ] = None,
) -> None:
    """Learn a form from its blank: a draft of its definition, and a picture with every field found drawn and numbered.

    What is unsure is told, dashed in the picture, and marked in the definition editor.

    Example: faxforms forms learn psf_2023.pdf --id psf_2023 --like psf_2021 --save
    """
    draft = learn(blank.read_bytes(), form_id, named_form(like) if like else None)
    geometry, meaning = put_down(draft)
    target = folder or Path(f"{meaning.form_id}-draft")
    written = write_definition(target, geometry, meaning, draft.blank, header(draft))
    load_definition(written)
    for number, picture in enumerate(draw_draft(draft), start=1):
        (target / PAGES.format(number)).write_bytes(picture)
    _tell(draft, target)
    if save:
        known()  # says at once where the folder of taught forms cannot be used
        saved = save_definition(Settings().taught_forms, geometry, meaning, draft.blank, header(draft))
        out.print(f"{saved.form_id} is known from now on; `faxforms reprocess` reads what waits.", highlight=False)


def _tell(draft: Draft, target: Path) -> None:
    head = draft.head
    print_table(
        f"{head.title}, {head.code}, in use from {head.in_use_from}: a {draft.kind} blank, {len(draft.fields)} fields",
        ("no.", "page", "field", "kind", "required", "options or cells", "label", "unsure"),
        rows_of(draft.fields),
    )
    for key in head.unsure:
        err.print(f"unsure: {key} was not found on the form", markup=False, highlight=False)
    out.print(f"to look at: {len(draft.unsure)}; definition and pictures: {target}", highlight=False)


def check_form(
    form: Annotated[str, typer.Argument(metavar="DEF", help="The id of a known form, or a definition's folder.")],
    faxes: Annotated[
        Path | None, typer.Option(help="Filled faxes of the form to read on trial.", exists=True, file_okay=False)
    ] = None,
) -> None:
    """Check a definition: its boxes, its names, what the rules need, what it may be confused with; read faxes on trial.

    Ends with 1 where something will go wrong as it stands.

    Example: faxforms forms check psf_2023 --faxes trial/
    """
    definitions = known()
    definition = load_definition(Path(form)) if Path(form).is_dir() else named_form(form)
    found = [*remarks(definition, definitions), *_lacking(definition, definitions)]
    beside = list(rivals(definition, definitions))
    found += [remark for rival in beside for remark in remarks_on(rival, definition, definitions)]
    print_table(
        f"{definition.form_id}: {len(definition.fields)} fields on {len(definition.pages)} pages",
        ("about", "what to look at", "fault"),
        [(remark.about, remark.says, "fault" if remark.is_fault else "") for remark in found],
    )
    print_table(
        "The known page that each is most like",
        ("page", "form", "its page", "print found", "margin"),
        [(r.page, r.form_id or "none", r.form_page, f"{r.match:.0%}", f"{r.margin:.0%}") for r in beside],
    )
    if faxes is not None:
        _try(definition, faxes)
    if any(remark.is_fault for remark in found):
        raise typer.Exit(ExitCode.ERROR)


def _lacking(definition: FormDefinition, definitions: Sequence[FormDefinition]) -> list[Remark]:
    lacking = fields_lacking(definition, definitions)
    return [Remark(name, f"is not on it; {', '.join(rules)} look at it") for name, rules in sorted(lacking.items())]


def _try(definition: FormDefinition, faxes: Path) -> None:
    """Read every fax of a folder by this definition alone, in processes of their own."""
    files = [arrival.path for arrival in find_arrivals([faxes], None)]
    reader = functools.partial(read_by, definition.blank.parent)
    settings = Settings()
    with ReaderPool(workers=settings.workers, limits=settings.limits, reader=reader) as readers:
        read = dict(readers.read((file, file) for file in files))
    print_table(
        "Read on trial",
        ("file", "pages of it", "print found", "points off", "fields", "empty", "in doubt", "trouble"),
        [_trial(file, read[file]) for file in files],
    )


def _trial(file: Path, read: DocumentReading) -> tuple[object, ...]:
    pages = [page for page in read.pages if page.kind is PageKind.FORM]
    readings = [reading for form in read.forms for reading in form.readings.values()]
    least = min((page.match for page in pages), default=0.0)
    off = max((page.residual or 0.0 for page in pages), default=0.0)
    empty = sum(reading.state is ReadingState.EMPTY for reading in readings)
    doubtful = sum(reading.doubtful for reading in readings)
    found = f"{len(pages)} of {len(read.pages)}"
    return file.name, found, f"{least:.0%}", f"{off:.2f}", len(readings), empty, doubtful, read.error or ""
