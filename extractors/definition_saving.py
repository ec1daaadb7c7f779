"""A definition written to disk as a folder of its own, whole or not at all, and never over one that is there."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from extractors.definition import FormDefinition
from extractors.definition_files import (
    BLANK,
    GEOMETRY,
    MEANING,
    Geometry,
    Meaning,
    load_definition,
    save_geometry,
)
from extractors.errors import DefinitionError


def save_definition(root: Path, geometry: Geometry, meaning: Meaning, blank: bytes, header: str) -> FormDefinition:
    """Write a new revision to `root/<form_id>/`, after it was loaded from elsewhere to see that it is whole.

    Args:
        root: the folder of definitions; made when it is not there.
        geometry: where the fields are, in points.
        meaning: what they hold.
        blank: the flat blank, a PDF.
        header: says at the top of both files who wrote them.

    Raises:
        DefinitionError: the definition is not whole, or there is one of that form_id: a revision is never changed.
    """
    target = root / meaning.form_id
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=root) as beside:
        folder = write_definition(Path(beside), geometry, meaning, blank, header)
        load_definition(folder)
        try:
            folder.rename(target)  # refused where there is a folder that holds something
        except OSError as error:
            raise DefinitionError(meaning.form_id, "form_id", "there is such a revision; choose another id") from error
    return load_definition(target)


def write_definition(root: Path, geometry: Geometry, meaning: Meaning, blank: bytes, header: str) -> Path:
    """Write the three files to `root/<form_id>/`, unchecked, in place of what is there; the folder."""
    folder = root / meaning.form_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_geometry(folder / GEOMETRY, geometry, header)
    save_meaning(folder / MEANING, meaning, header)
    (folder / BLANK).write_bytes(blank)
    return folder


def save_meaning(path: Path, meaning: Meaning, header: str) -> None:
    """Write the half of a definition that says what fields hold, with `header` as its comment."""
    content = _plain(meaning.model_dump(mode="python", by_alias=True, exclude_defaults=True))
    content["in_use_to"] = meaning.in_use_to  # has to be there also where there is no last day
    body = yaml.safe_dump(content, default_flow_style=None, sort_keys=False, allow_unicode=True, width=120)
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    path.write_text(comment + body, encoding="utf-8")


def rules_as_text(meaning: Meaning) -> str:
    """A form's own rules as YAML, as a person edits them; empty without any."""
    if not meaning.rules:
        return ""
    rules = meaning.model_dump(mode="python", by_alias=True, exclude_defaults=True, include={"rules"})["rules"]
    return yaml.safe_dump(_plain(rules), default_flow_style=None, sort_keys=False, allow_unicode=True, width=100)


def _plain(value: object) -> Any:
    """What YAML can say of it: no enums, tuples or decimals."""
    match value:
        case dict():
            return {_plain(key): _plain(inner) for key, inner in value.items()}
        case tuple() | list():
            return [_plain(inner) for inner in value]
        case Enum():
            return value.value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bool() | int() | float() | str() | dt.date() | None:
            return value
    raise TypeError(f"nothing that YAML can say: {type(value).__name__}")
