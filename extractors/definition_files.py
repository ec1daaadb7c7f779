"""Form definitions on disk: `definitions/<form_id>/` with `geometry.yaml`, `meaning.yaml` and `blank.pdf`.

The two files are kept apart because they have different authors: `extractors.learning` measures the geometry, a domain
expert writes the meaning. They are put together by field name here, and whatever does not fit is an error that names
file and key.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import Field as Constrained
from pydantic import ValidationError

from extractors.definition import Field, FieldKind, FormDefinition, Option, PageLayout, Programme, Required
from extractors.definition_rules import (
    ConditionMeaning,
    DeclaredRule,
    Name,
    Number,
    Record,
    condition_problem,
    problems,
)
from extractors.errors import DefinitionError
from extractors.geometry import Box

SHIPPED = Path(__file__).with_name("definitions")
GEOMETRY = "geometry.yaml"
MEANING = "meaning.yaml"
BLANK = "blank.pdf"

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the page's top-left corner."""


def load_definitions(root: Path | None = None) -> tuple[FormDefinition, ...]:
    """All definitions below `root` (default: the shipped ones), sorted by form_id.

    Raises:
        DefinitionError: a folder is incomplete, or a file has a wrong or missing key.
    """
    root = SHIPPED if root is None else root
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_")))
    return tuple(load_definition(folder) for folder in folders)


def load_definition(folder: Path) -> FormDefinition:
    """The definition in one folder, which is named after its form_id.

    Raises:
        DefinitionError: the folder is incomplete, or a file has a wrong or missing key.
    """
    geometry = load_geometry(folder / GEOMETRY)
    meaning = load_meaning(folder / MEANING)
    if meaning.form_id != folder.name:
        raise DefinitionError(_named(folder / MEANING), "form_id", f"is {meaning.form_id!r}, the folder says otherwise")
    if meaning.replaces == meaning.form_id:
        raise DefinitionError(_named(folder / MEANING), "replaces", "is the revision itself")
    if not (folder / BLANK).is_file():
        raise DefinitionError(_named(folder / BLANK), "", "there is no such file")
    definition = FormDefinition(
        form_id=meaning.form_id,
        title=meaning.title,
        code=meaning.code,
        revision=meaning.revision,
        in_use_from=meaning.in_use_from,
        in_use_to=meaning.in_use_to,
        fax_number=meaning.fax_number,
        pages=tuple(PageLayout(page.number, page.width, page.height) for page in geometry.pages),
        fields=tuple(_fields(folder, geometry, meaning)),
        blank=folder / BLANK,
        programme=meaning.programme,
        rules=meaning.rules,
        replaces=meaning.replaces,
    )
    _check_places(folder, definition)
    _check_conditions(folder, definition)
    _check_rules(folder, definition)
    return definition


def load_meaning(path: Path) -> Meaning:
    """The hand-written half of a definition.

    Raises:
        DefinitionError: it is missing or has a wrong or missing key.
    """
    return _parsed(path, Meaning)


def load_geometry(path: Path) -> Geometry:
    """The measured half of a definition.

    Raises:
        DefinitionError: it is missing or has a wrong or missing key.
    """
    return _parsed(path, Geometry)


def save_geometry(path: Path, geometry: Geometry, header: str) -> None:
    """Write the measured half of a definition, with `header` as its comment."""
    body = yaml.safe_dump(
        geometry.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
        default_flow_style=None,
        sort_keys=False,
        allow_unicode=True,
        width=120,
    )
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    path.write_text(comment + body, encoding="utf-8")


class OptionGeometry(Record):
    """One box of a choice: the words beside it and its printed square."""

    label: str
    box: Edges


class FieldGeometry(Record):
    """What the blank shows of one field.

    `cell_edges` are the x of the comb's uprights from left to right, one more than it has cells.
    """

    page: Annotated[int, Constrained(ge=1)]
    box: Edges
    label: str | None = None
    max_length: int | None = None
    cell_edges: tuple[float, ...] = ()
    options: dict[str, OptionGeometry] = Constrained(default_factory=dict)


class PageGeometry(Record):
    """One page of the blank, in points."""

    number: int
    width: float
    height: float


class Geometry(Record):
    """`geometry.yaml`."""

    pages: Annotated[tuple[PageGeometry, ...], Constrained(min_length=1)]
    fields: dict[str, FieldGeometry]


class FieldMeaning(Record):
    """What a domain expert knows of one field; of `required`, YAML reads yes and no as true and false."""

    kind: FieldKind
    section: str
    label: str | None = None
    required: bool | Required = Required.NO
    required_when: tuple[ConditionMeaning, ...] = ()
    critical: bool = False
    signer: str | None = None
    options: tuple[str, ...] = ()
    source: str | None = None
    unsure: str | None = None  # what the learner was not sure of, until a person has looked


class Meaning(Record):
    """`meaning.yaml`."""

    form_id: Name
    title: str
    code: str
    revision: str
    in_use_from: dt.date
    in_use_to: dt.date | None
    fax_number: str
    source: str
    replaces: str | None = None
    programme: Programme = Programme.CLOZAPINE_REMS
    fields: dict[Name, FieldMeaning]
    rules: dict[Number, DeclaredRule] = Constrained(default_factory=dict)


_File = TypeVar("_File", Geometry, Meaning)


def _parsed(path: Path, model: type[_File]) -> _File:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(content)
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(_named(path), "", "cannot be read") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DefinitionError(_named(path), f"line {mark.line + 1}" if mark else "", "is no YAML") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise DefinitionError(_named(path), key, first["msg"]) from error


def _named(path: Path) -> str:
    """The file as errors name it: its form's folder and its name."""
    return f"{path.parent.name}/{path.name}"


def _fields(folder: Path, geometry: Geometry, meaning: Meaning) -> Iterator[Field]:
    """The fields in the order of `meaning.yaml`, which is the order on the form."""
    for name in geometry.fields.keys() - meaning.fields.keys():
        raise DefinitionError(_named(folder / MEANING), f"fields.{name}", f"is missing, {GEOMETRY} has it")
    for name, meant in meaning.fields.items():
        if name not in geometry.fields:
            raise DefinitionError(_named(folder / GEOMETRY), f"fields.{name}", f"is missing, {MEANING} has it")
        measured = geometry.fields[name]
        if meant.options != tuple(measured.options):
            key = f"fields.{name}.options"
            raise DefinitionError(_named(folder / MEANING), key, f"differ from those in {GEOMETRY}")
        yield _field(name, measured, meant)


def _field(name: str, measured: FieldGeometry, meant: FieldMeaning) -> Field:
    _, top, _, bottom = measured.box
    required = meant.required
    return Field(
        name=name,
        label=meant.label or measured.label or name,
        kind=meant.kind,
        page=measured.page,
        box=Box(*measured.box),
        section=meant.section,
        required=required if isinstance(required, Required) else Required("yes" if required else "no"),
        required_when=tuple(condition.condition for condition in meant.required_when),
        critical=meant.critical,
        signer=meant.signer,
        options=tuple(Option(key, option.label, Box(*option.box)) for key, option in measured.options.items()),
        cells=tuple(Box(left, top, right, bottom) for left, right in itertools.pairwise(measured.cell_edges)),
        max_length=measured.max_length,
    )


def _check_places(folder: Path, definition: FormDefinition) -> None:
    """Every box has an area and lies on a page that there is."""
    pages = {page.number: page for page in definition.pages}
    for field in definition.fields:
        key = f"fields.{field.name}"
        if field.page not in pages:
            raise DefinitionError(_named(folder / GEOMETRY), f"{key}.page", f"there is no page {field.page}")
        page = pages[field.page]
        for box in (field.box, *field.cells, *(option.box for option in field.options)):
            if not (0 <= box.x0 < box.x1 <= page.width and 0 <= box.y0 < box.y1 <= page.height):
                raise DefinitionError(_named(folder / GEOMETRY), key, "a box is empty or not on its page")


def _check_conditions(folder: Path, definition: FormDefinition) -> None:
    """Choices have something to choose from, and conditions speak of fields and values that there are."""
    fields = {field.name: field for field in definition.fields}
    for field in definition.fields:
        key = f"fields.{field.name}"
        if (field.kind is FieldKind.CHOICE) != (len(field.options) >= 2):
            raise DefinitionError(_named(folder / MEANING), f"{key}.options", "a choice, and only it, has two or more")
        for condition in field.required_when:
            if problem := condition_problem(condition, fields):
                raise DefinitionError(_named(folder / MEANING), f"{key}.required_when", problem)


def _check_rules(folder: Path, definition: FormDefinition) -> None:
    """Rules speak of fields that there are, and of kinds that they can read."""
    for key, problem in problems(definition.rules, {field.name: field for field in definition.fields}):
        raise DefinitionError(_named(folder / MEANING), key, problem)
