"""The shipped definitions hold what a form must hold, and a wrong file is refused with its name and key.

The blanks in samples/blanks are the source of the shipped geometry; wrong files are made here from the shipped ones.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.definition import Condition, Field, FieldKind, FormDefinition, Required
from extractors.definition_files import SHIPPED, load_definition, load_definitions
from extractors.errors import DefinitionError
from extractors.geometry import Box
from extractors.widgets import read_widgets

BLANKS = Path(__file__).parents[2] / "samples" / "blanks"
DEFINITIONS = {definition.form_id: definition for definition in load_definitions()}
every_form = pytest.mark.parametrize("form", DEFINITIONS.values(), ids=DEFINITIONS.keys())


def places(field: Field) -> tuple[Box, ...]:
    """Where ink of a field is looked for: a choice's squares, not the hull around them."""
    return tuple(option.box for option in field.options) or (field.box,)


def overlap(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def test_seven_revisions_are_shipped_in_order() -> None:
    assert [definition.form_id for definition in load_definitions()] == [
        "anc_lab_2015",
        "designee_enrollment_2021",
        "patient_enrollment_2015",
        "pharmacy_inpatient_2021",
        "pharmacy_outpatient_2021",
        "prescriber_enrollment_2021",
        "psf_2021",
    ]


@every_form
def test_every_widget_of_the_fillable_blank_is_covered_once(form: FormDefinition) -> None:
    named = Counter(
        name
        for field in form.fields
        for name in ([f"{field.name}_{option.name}" for option in field.options] or [field.name])
    )
    assert named == Counter(widget.name for widget in read_widgets(BLANKS / f"{form.form_id}_fillable.pdf"))


@every_form
def test_no_two_places_overlap(form: FormDefinition) -> None:
    spots = [(field.page, field.name, box) for field in form.fields for box in places(field)]
    assert [
        (name, other_name)
        for (page, name, box), (other_page, other_name, other) in itertools.combinations(spots, 2)
        if page == other_page and overlap(box, other)
    ] == []


@every_form
def test_cells_tile_their_comb(form: FormDefinition) -> None:
    for field in form.fields:
        if not field.cells:
            continue
        assert len(field.cells) == field.max_length
        assert (field.cells[0].x0, field.cells[-1].x1) == (field.box.x0, field.box.x1)
        assert all(left.x1 == right.x0 for left, right in itertools.pairwise(field.cells))
        assert all((cell.y0, cell.y1) == (field.box.y0, field.box.y1) for cell in field.cells)
        widths = [cell.width for cell in field.cells]
        assert max(widths) - min(widths) < 0.1
        assert field.kind is not FieldKind.DATE or len(field.cells) == len("MM/DD/YYYY")


@every_form
def test_boxes_to_tick_are_square(form: FormDefinition) -> None:
    for field in form.fields:
        if field.kind in (FieldKind.CHECKBOX, FieldKind.CHOICE):
            assert all(abs(box.width - box.height) <= 0.5 and 5 <= box.width <= 20 for box in places(field))


@every_form
def test_every_field_has_words_for_people(form: FormDefinition) -> None:
    assert all(field.label and field.section for field in form.fields)
    assert all(field.label != field.name for field in form.fields)
    assert all(option.label for field in form.fields for option in field.options)


def test_one_of_the_two_signatures_of_the_status_form_is_due_with_its_date() -> None:
    one_of = {field.name: field.signer for field in DEFINITIONS["psf_2021"].fields if field.required is Required.ONE_OF}
    assert one_of == {
        "prescriber_signature": "prescriber",
        "signature_date": "prescriber",
        "designee_signature": "designee",
        "designee_signature_date": "designee",
    }


def test_what_only_a_prescriber_may_complete_on_the_status_form() -> None:
    sections = {
        field.section.split()[0]: field.signer for field in DEFINITIONS["psf_2021"].fields if field.section[0] in "48"
    }
    assert sections == {"4": "prescriber", "8": "prescriber"}


def test_the_result_is_due_unless_it_is_not_available() -> None:
    form = DEFINITIONS["psf_2021"]
    for name in ("anc_value", "anc_draw_date"):
        (condition,) = form.field(name).required_when
        assert condition.field == "anc_not_available"
        assert condition.holds(False)
        assert condition.holds(None)
        assert not condition.holds(True)


def test_dates_of_use() -> None:
    assert DEFINITIONS["anc_lab_2015"].in_use_to is None
    assert DEFINITIONS["patient_enrollment_2015"].in_use_to == dt.date(2021, 11, 14)
    assert DEFINITIONS["psf_2021"].in_use_from == dt.date(2021, 11, 15)


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (Condition("status", ("interrupted", "discontinued")), "interrupted", True),
        (Condition("status", ("interrupted", "discontinued")), "active", False),
        (Condition("status", ("interrupted", "discontinued")), ("active", "interrupted"), True),
        (Condition("status", ("interrupted", "discontinued")), None, False),
        (Condition("remarks"), "some words", True),
        (Condition("remarks"), None, False),
        (Condition("remarks"), False, False),
        (Condition("remarks"), True, True),
    ],
)
def test_conditions(condition: Condition, value: str | bool | tuple[str, ...] | None, holds: bool) -> None:
    assert condition.holds(value) is holds


# -- wrong files --

FORM = "psf_2021"
CONTENT: dict[str, Any] = {
    name: yaml.safe_load((SHIPPED / FORM / name).read_text(encoding="utf-8"))
    for name in ("geometry.yaml", "meaning.yaml")
}
OPTIONAL = {"label", "required", "required_when", "signer", "options", "source", "max_length", "cell_edges", "in"}


def keys(content: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in content.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from keys(value, (*above, key))


ALL_KEYS = [(file, path) for file, content in CONTENT.items() for path in keys(content)]
NEEDED_KEYS = [(file, path) for file, path in ALL_KEYS if path[-1] not in OPTIONAL or len(path) == 1]
VALUES = [(file, path) for file, path in ALL_KEYS if path[0] == "fields" and path[-1] in {"box", "kind", "page"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the status form's definition, to be spoiled."""
    return Path(shutil.copytree(SHIPPED / FORM, tmp_path / FORM))


def spoiled(folder: Path, file: str, path: tuple[str, ...], change: str, value: object = None) -> DefinitionError:
    """Load the definition with one key dropped, added or replaced; the error that comes of it."""
    content = copy.deepcopy(CONTENT)
    inner = content[file]
    for key in path[:-1]:
        inner = inner[key]
    if change == "drop":
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    for name, whole in content.items():
        (folder / name).write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_definition(folder)
    return caught.value


quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(place=st.sampled_from(NEEDED_KEYS))
def test_a_missing_key_is_named(folder: Path, place: tuple[str, tuple[str, ...]]) -> None:
    file, path = place
    error = spoiled(folder, file, path, "drop")
    assert error.file in {f"{FORM}/geometry.yaml", f"{FORM}/meaning.yaml"}
    assert ".".join(path[:2]) in error.key
    assert str(folder) not in str(error)


@quick
@given(place=st.sampled_from(VALUES), value=st.sampled_from([None, "?", [], [1, 2], {"a": 1}, -1]))
def test_a_wrong_value_is_named(folder: Path, place: tuple[str, tuple[str, ...]], value: object) -> None:
    file, path = place
    error = spoiled(folder, file, path, "replace", value)
    assert error.file == f"{FORM}/{file}"
    assert error.key.startswith(".".join(path))


@quick
@given(
    place=st.sampled_from([("meaning.yaml", ()), ("geometry.yaml", ()), ("meaning.yaml", ("fields", "patient_dob"))])
)
def test_an_unknown_key_is_named(folder: Path, place: tuple[str, tuple[str, ...]]) -> None:
    file, path = place
    assert spoiled(folder, file, (*path, "requierd"), "add", "yes").key == ".".join((*path, "requierd"))


@pytest.mark.parametrize(
    ("file", "path", "value", "key"),
    [
        ("meaning.yaml", ("form_id",), "psf_2031", "form_id"),
        ("geometry.yaml", ("fields", "patient_dob", "page"), 3, "fields.patient_dob.page"),
        ("geometry.yaml", ("fields", "patient_dob", "box"), [42, 241, 700, 258], "fields.patient_dob"),
        ("geometry.yaml", ("fields", "patient_dob", "box"), [192, 241, 42, 258], "fields.patient_dob"),
        ("meaning.yaml", ("fields", "patient_gender", "options"), ["male", "female"], "fields.patient_gender.options"),
        ("meaning.yaml", ("fields", "patient_gender", "kind"), "checkbox", "fields.patient_gender.options"),
        ("meaning.yaml", ("fields", "patient_zip", "kind"), "choice", "fields.patient_zip.options"),
        (
            "meaning.yaml",
            ("fields", "status_date", "required_when"),
            [{"field": "status"}],
            "fields.status_date.required_when",
        ),
        (
            "meaning.yaml",
            ("fields", "status_date", "required_when"),
            [{"field": "treatment_status", "in": ["stopped"]}],
            "fields.status_date.required_when",
        ),
        # what YAML makes of an unquoted yes
        ("meaning.yaml", ("fields", "patient_gender", "options"), [True, False], "fields.patient_gender.options.0"),
    ],
)
def test_files_that_do_not_fit(folder: Path, file: str, path: tuple[str, ...], value: object, key: str) -> None:
    error = spoiled(folder, file, path, "replace", value)
    assert (error.file, error.key) == (f"{FORM}/{file}", key)


@pytest.mark.parametrize("name", ["geometry.yaml", "meaning.yaml", "blank.pdf"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(DefinitionError, match=f"{FORM}/{name}"):
        load_definition(folder)


@pytest.mark.parametrize("content", [b"fields: [", b"\xff\xfe\x00", b"", b"- a\n- b\n"])
def test_a_file_that_is_no_mapping_is_named(folder: Path, content: bytes) -> None:
    (folder / "meaning.yaml").write_bytes(content)
    with pytest.raises(DefinitionError, match=f"{FORM}/meaning.yaml"):
        load_definition(folder)
