"""Forms that an installation was taught are known beside the shipped ones, as soon as they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors import known_forms
from extractors.definition_files import load_definitions
from extractors.definition_saving import save_definition
from extractors.errors import DefinitionError
from extractors.known_forms import by_id, known_definitions
from extractors.read import known_sight, shipped_sight
from samples import requisition

SHIPPED = len(load_definitions())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of taught forms of this process, not there yet."""
    before = known_forms.folder()
    known_forms.use(tmp_path / "definitions")
    yield tmp_path / "definitions"
    known_forms.use(before)


def teach(folder: Path) -> None:
    save_definition(folder, *requisition.definition(), requisition.blank(), "Taught.")


def test_a_form_is_known_as_soon_as_it_is_saved(folder: Path) -> None:
    assert len(known_definitions()) == SHIPPED
    assert known_definitions() is known_definitions()
    teach(folder)
    assert len(known_definitions()) == SHIPPED + 1
    assert by_id()[requisition.FORM_ID].code == requisition.CODE


def test_its_pages_are_looked_for_from_then_on(folder: Path) -> None:
    before = known_sight()
    teach(folder)
    pages = [blank.definition.form_id for blank in known_sight().blanks]
    assert pages.count(requisition.FORM_ID) == 1
    assert len(pages) == len(before.blanks) + 1
    assert set(map(id, shipped_sight().blanks)) <= set(map(id, known_sight().blanks))  # those are not loaded again


def test_a_broken_one_is_an_error_at_the_beginning_and_left_out_later(folder: Path) -> None:
    teach(folder)
    known = known_definitions()
    (folder / "broken_2026").mkdir()
    assert known_definitions() == known
    with pytest.raises(DefinitionError, match="broken_2026"):
        known_forms.use(folder)


def test_a_shipped_revision_cannot_be_replaced_by_its_name(folder: Path) -> None:
    geometry, meaning = requisition.definition()
    named = meaning.model_copy(update={"form_id": "psf_2021"})
    save_definition(folder, geometry, named, requisition.blank(), "Taught.")
    with pytest.raises(DefinitionError, match="shipped"):
        known_forms.use(folder)
