"""A definition written to disk is the one that was meant, whole or not at all, and never over another.

The shipped definitions are the ones that are written again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from extractors.definition import corrections, looked_for
from extractors.definition_files import SHIPPED, Geometry, Meaning, load_definition, load_definitions, load_meaning
from extractors.definition_rules import DeclaredRule
from extractors.definition_saving import rules_as_text, save_definition
from extractors.errors import DefinitionError

FORMS = [definition.form_id for definition in load_definitions()]
RULES = yaml.safe_load("""
PS1: {title: a, required: {fields: [patient_phone]}, when: [{field: ben_flag, in: [true]}], from: 2022-01-01}
PS2: {title: b, range: {field: anc_value, from: 0.5, to: 30000}}
PS3: {title: c, range: {field: patient_dob, from: 1900-01-01}, sender: "{field}: look again."}
""")


def parts(form_id: str) -> tuple[Geometry, Meaning, bytes]:
    """What a shipped definition is made of."""
    folder = SHIPPED / form_id
    geometry = Geometry.model_validate(yaml.safe_load((folder / "geometry.yaml").read_text(encoding="utf-8")))
    return geometry, load_meaning(folder / "meaning.yaml"), (folder / "blank.pdf").read_bytes()


@pytest.mark.parametrize("form_id", FORMS)
def test_what_is_written_is_what_was_meant(form_id: str, tmp_path: Path) -> None:
    saved = save_definition(tmp_path, *parts(form_id), header="Of a test.\nTwo lines.")
    assert replace(saved, blank=SHIPPED / form_id / "blank.pdf") == load_definition(SHIPPED / form_id)
    text = (tmp_path / form_id / "meaning.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Of a test.\n# Two lines.\nform_id:")


def test_rules_stay_as_they_are(tmp_path: Path) -> None:
    geometry, meaning, blank = parts("psf_2021")
    rules = {number: DeclaredRule.model_validate(rule) for number, rule in RULES.items()}
    meaning = meaning.model_copy(update={"rules": rules})
    assert save_definition(tmp_path, geometry, meaning, blank, "").rules == rules
    assert yaml.safe_load(rules_as_text(meaning)) == RULES


def test_a_revision_that_is_there_is_never_changed(tmp_path: Path) -> None:
    geometry, meaning, blank = parts("psf_2021")
    save_definition(tmp_path, geometry, meaning, blank, "first")
    before = {path.name: path.read_bytes() for path in (tmp_path / "psf_2021").iterdir()}
    with pytest.raises(DefinitionError, match="there is such a revision"):
        save_definition(tmp_path, geometry, meaning.model_copy(update={"title": "x"}), blank, "second")
    assert {path.name: path.read_bytes() for path in (tmp_path / "psf_2021").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["psf_2021"]


def test_what_is_not_whole_leaves_nothing(tmp_path: Path) -> None:
    geometry, meaning, blank = parts("psf_2021")
    fewer = {name: field for name, field in meaning.fields.items() if name != "patient_dob"}
    with pytest.raises(DefinitionError, match="patient_dob"):
        save_definition(tmp_path, geometry, meaning.model_copy(update={"fields": fewer}), blank, "")
    assert not list(tmp_path.iterdir())


def test_a_revision_that_another_corrects_is_no_longer_looked_for(tmp_path: Path) -> None:
    geometry, meaning, blank = parts("psf_2021")
    better = meaning.model_copy(update={"form_id": "psf_2021_b", "replaces": "psf_2021"})
    corrected = save_definition(tmp_path, geometry, better, blank, "")
    again = better.model_copy(update={"form_id": "psf_2021_c", "replaces": "psf_2021_b"})
    known = (*load_definitions(), corrected)
    assert corrections(known) == {"psf_2021": {"psf_2021_b"}}
    assert corrections((*known, save_definition(tmp_path, geometry, again, blank, ""))) == {
        "psf_2021": {"psf_2021_c"},
        "psf_2021_b": {"psf_2021_c"},
    }
    assert [form.form_id for form in looked_for(known)] == [*(id_ for id_ in FORMS if id_ != "psf_2021"), "psf_2021_b"]
    with pytest.raises(DefinitionError, match="itself"):
        save_definition(tmp_path, geometry, better.model_copy(update={"replaces": "psf_2021_b"}), blank, "")


@pytest.mark.parametrize("form_id", ["../psf", "/psf", "PSF 2021", "", "."])
def test_an_id_that_is_no_name_of_a_folder_is_refused(form_id: str) -> None:
    with pytest.raises(ValidationError, match="form_id"):
        Meaning.model_validate(parts("psf_2021")[1].model_dump(by_alias=True) | {"form_id": form_id})
