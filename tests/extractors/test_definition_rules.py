"""Rules written wrongly in a form's meaning.yaml are refused on load, by file and key.

The form is the shipped status form with rules added; it has none of its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from extractors.definition import FormDefinition, Programme
from extractors.definition_files import SHIPPED, load_definition
from extractors.definition_rules import LONGEST_PATTERN, DeclaredRule, whole_text
from extractors.errors import DefinitionError

FORM = "psf_2021"
CONTENT: dict[str, Any] = yaml.safe_load((SHIPPED / FORM / "meaning.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the status form's definition."""
    return Path(shutil.copytree(SHIPPED / FORM, tmp_path / FORM))


def loaded(folder: Path, rules: str, **more: object) -> FormDefinition:
    """The definition with such rules, as YAML."""
    content = CONTENT | {"rules": yaml.safe_load(rules)} | more
    (folder / "meaning.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return load_definition(folder)


def test_every_kind_is_loaded(folder: Path) -> None:
    form = loaded(
        folder,
        """
        PS1: {title: a, required: {fields: [patient_phone]}, when: [{field: treatment_status, in: [active]}]}
        PS2: {title: b, one_of: {fields: [patient_phone, prescriber_phone], only_one: yes}}
        PS3: {title: c, pattern: {field: patient_zip, matches: "[0-9]{5}"}, reason: zip_of_five}
        PS4: {title: d, range: {field: anc_value, from: 100, to: 30000, unit: per µL}, outcome: other}
        PS5: {title: e, date_order: {earlier: anc_draw_date, later: received, within_days: 30}, from: 2021-11-15}
        PS6: {title: f, signer: {lines: [{signature: prescriber_signature, date: signature_date}]}}
        """,
        programme="none",
    )
    assert [rule.kind for rule in form.rules.values()] == [
        "required",
        "one_of",
        "pattern",
        "range",
        "date_order",
        "signer",
    ]
    assert form.programme is Programme.NONE


@pytest.mark.parametrize(
    ("rules", "key", "message"),
    [
        ("PS1: {required: {fields: [patient_phone]}}", "rules.PS1.title", "required"),
        ("PS1: {title: a}", "rules.PS1", "exactly one of"),
        (
            "PS1: {title: a, required: {fields: [a]}, one_of: {fields: [a, b]}}",
            "rules.PS1",
            "exactly one of",
        ),
        ("PS1: {title: a, requires: {fields: [a]}}", "rules.PS1.requires", "not permitted"),
        ("R99: {title: a, required: {fields: [patient_phone]}}", "rules.R99", "taken, by the rulebook"),
        ("ps_1: {title: a, required: {fields: [patient_phone]}}", "rules.ps_1", "match"),
        ("PS1: {title: a, required: {fields: [phone]}}", "rules.PS1.required.fields", "no field 'phone'"),
        (
            "PS1: {title: a, one_of: {fields: [patient_phone, patient_phone]}}",
            "rules.PS1.one_of.fields",
            "twice",
        ),
        (
            "PS1: {title: a, pattern: {field: ben_flag, matches: a}}",
            "rules.PS1.pattern.field",
            "ben_flag is of kind checkbox, not text or digits or free_text",
        ),
        ("PS1: {title: a, pattern: {field: patient_zip, matches: '[0-9'}}", "pattern.matches", "regular expression"),
        ("PS1: {title: a, pattern: {field: patient_zip, matches: '(?=a)'}}", "pattern.matches", "look-around"),
        ("PS1: {title: a, range: {field: patient_zip}}", "rules.PS1.range", "neither from nor to"),
        ("PS1: {title: a, range: {field: patient_zip, from: 2, to: 1}}", "rules.PS1.range", "from lies beyond to"),
        ("PS1: {title: a, range: {field: patient_zip, from: 2, to: 2021-01-01}}", "rules.PS1.range", "of one kind"),
        ("PS1: {title: a, range: {field: patient_dob, to: 5}}", "rules.PS1.range.field", "of kind date"),
        ("PS1: {title: a, range: {field: patient_zip, to: 2021-01-01}}", "rules.PS1.range.field", "of kind digits"),
        (
            "PS1: {title: a, date_order: {earlier: patient_dob, later: patient_zip}}",
            "rules.PS1.date_order.later",
            "of kind digits",
        ),
        (
            "PS1: {title: a, date_order: {earlier: received, later: received}}",
            "rules.PS1.date_order.later",
            "the same",
        ),
        (
            "PS1: {title: a, signer: {lines: [{signature: signature_date}]}}",
            "rules.PS1.signer.lines",
            "of kind date",
        ),
        (
            "PS1: {title: a, required: {fields: [patient_phone]}, when: [{field: treatment_status, in: [paused]}]}",
            "rules.PS1.when",
            "treatment_status is never paused",
        ),
        (
            "PS1: {title: a, required: {fields: [patient_phone]}, operator: 'Value {value}.'}",
            "rules.PS1",
            "operator: only {field}",
        ),
        ("PS1: {title: a, required: {fields: [patient_phone]}, sender: 'a } b'}", "rules.PS1", "sender: a brace"),
        ("PS1: {title: a, required: {fields: [patient_phone]}, outcome: accept}", "rules.PS1.outcome", "reject"),
        (
            "PS1: {title: a, required: {fields: [patient_phone]}, from: 2022-01-02, to: 2022-01-01}",
            "rules.PS1",
            "from lies beyond to",
        ),
    ],
)
def test_a_wrong_rule_is_refused_by_file_and_key(folder: Path, rules: str, key: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        loaded(folder, rules)
    assert caught.value.file == f"{FORM}/meaning.yaml"
    assert key in caught.value.key
    assert message in str(caught.value)


def test_an_unknown_programme_is_refused(folder: Path) -> None:
    """A slip of the pen must not put the programme's rules out of force."""
    with pytest.raises(DefinitionError, match="programme"):
        loaded(folder, "{}", programme="clozapine-rems")


@given(st.text(max_size=LONGEST_PATTERN))
@example("a)|(b")
def test_any_text_is_a_pattern_or_refused(pattern: str) -> None:
    """Whatever is accepted as a pattern matches whole texts."""
    try:
        rule = DeclaredRule.model_validate({"title": "a", "pattern": {"field": "a", "matches": pattern}})
    except ValidationError:
        return
    assert rule.pattern is not None
    assert whole_text(rule.pattern.matches)
    assert pattern != "a)|(b"
