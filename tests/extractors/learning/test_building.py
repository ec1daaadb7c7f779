"""A blank is measured as it is printed.

The blanks are those of samples/blanks. Where a fillable twin has to disagree with its print, its widgets are moved
here.
"""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.definition_files import SHIPPED, FieldGeometry, Meaning, load_definition, load_meaning
from extractors.errors import DefinitionError
from extractors.geometry import Box
from extractors.learning.building import AGREEMENT, build_definition, measure
from extractors.printed import PrintedPage, read_print
from extractors.widgets import Widget, WidgetKind, read_widgets

BLANKS = Path(__file__).parents[3] / "samples" / "blanks"
FORMS = sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir())
TOLERANCE = 0.05  # points

MEANING = load_meaning(SHIPPED / "psf_2021" / "meaning.yaml")
PRINT = read_print(BLANKS / "psf_2021.pdf")
WIDGETS = read_widgets(BLANKS / "psf_2021_fillable.pdf")

shifts = st.floats(-4, 4).map(lambda shift: round(shift, 2))


def only(name: str) -> tuple[Meaning, Widget]:
    """A meaning of one field, and that field's widget."""
    meaning = MEANING.model_copy(update={"fields": {name: MEANING.fields[name]}})
    return meaning, next(widget for widget in WIDGETS if widget.name == name)


def moved(widget: Widget, dx0: float = 0, dy0: float = 0, dx1: float = 0, dy1: float = 0) -> Widget:
    box = widget.box
    return dataclasses.replace(widget, box=Box(box.x0 + dx0, box.y0 + dy0, box.x1 + dx1, box.y1 + dy1))


def measured(meaning: Meaning, widget: Widget, pages: list[PrintedPage] | None = None) -> tuple[FieldGeometry, str]:
    geometry, warnings = measure(PRINT if pages is None else pages, [widget], meaning)
    (field,) = geometry.fields.values()
    return field, "\n".join(warnings)


@pytest.mark.parametrize("form_id", FORMS)
def test_the_shipped_geometry_is_what_the_command_measures(form_id: str, tmp_path: Path) -> None:
    out = tmp_path / form_id
    warnings = build_definition(
        BLANKS / f"{form_id}.pdf",
        BLANKS / f"{form_id}_fillable.pdf",
        SHIPPED / form_id / "meaning.yaml",
        out,
    )
    assert warnings == []
    built, shipped = load_definition(out), load_definition(SHIPPED / form_id)
    assert built.pages == shipped.pages
    for new, old in zip(built.fields, shipped.fields, strict=True):
        assert numbers(new.box, *new.cells, *(option.box for option in new.options)) == pytest.approx(
            numbers(old.box, *old.cells, *(option.box for option in old.options)), abs=TOLERANCE
        )
        assert dataclasses.replace(new, box=old.box, cells=old.cells, options=old.options) == old
    assert built.blank.read_bytes() == shipped.blank.read_bytes()


def numbers(*boxes: Box) -> list[float]:
    return [edge for box in boxes for edge in box.as_list()]


def test_measuring_in_place_leaves_meaning_and_blank_alone(tmp_path: Path) -> None:
    out = tmp_path / "anc_lab_2015"
    out.mkdir()
    for name in ("meaning.yaml", "blank.pdf"):
        (out / name).write_bytes((SHIPPED / "anc_lab_2015" / name).read_bytes())
    build_definition(out / "blank.pdf", BLANKS / "anc_lab_2015_fillable.pdf", out / "meaning.yaml", out)
    assert load_definition(out).fields == load_definition(SHIPPED / "anc_lab_2015").fields


def test_the_geometry_says_that_it_is_not_to_be_edited() -> None:
    for form_id in FORMS:
        head = (SHIPPED / form_id / "geometry.yaml").read_text(encoding="utf-8").splitlines()[:2]
        assert "faxforms forms build" in head[0]
        assert "not to be edited" in head[1]


@settings(deadline=None)
@given(dx=shifts, dy=shifts)
def test_a_square_is_taken_from_the_print_and_a_misplaced_widget_reported(dx: float, dy: float) -> None:
    meaning, widget = only("ben_flag")
    field, warnings = measured(meaning, moved(widget, dx, dy, dx, dy))
    assert field.box == pytest.approx((38.0, 480.4, 47.0, 489.4), abs=TOLERANCE)
    apart = max(abs(dx), abs(dy))
    if abs(apart - AGREEMENT) > TOLERANCE:
        assert ("points apart" in warnings) == (apart > AGREEMENT)


@settings(deadline=None)
@given(dx=shifts, stretch=shifts)
def test_a_comb_takes_the_printed_uprights(dx: float, stretch: float) -> None:
    meaning, widget = only("patient_dob")
    field, warnings = measured(meaning, moved(widget, dx, 0, dx + stretch, 0))
    if abs(dx) <= 2 and abs(stretch) <= 2:
        assert field.cell_edges == pytest.approx([42 + 15 * index for index in range(11)], abs=TOLERANCE)
        assert (field.box[0], field.box[2]) == (field.cell_edges[0], field.cell_edges[-1])
    if abs(dx) > 1.1:
        assert "beside its place" in warnings


def test_a_comb_with_other_cells_than_are_printed_is_reported() -> None:
    meaning, widget = only("patient_zip")
    _, warnings = measured(meaning, dataclasses.replace(widget, max_length=2))
    assert "6 uprights are printed, the widget has 2 cells" in warnings


@settings(deadline=None)
@given(edges=st.tuples(shifts, shifts, shifts, shifts))
def test_writing_space_never_leaves_its_frame(edges: tuple[float, float, float, float]) -> None:
    meaning, widget = only("patient_first_name")
    grown = moved(widget, *edges)
    field, warnings = measured(meaning, grown)
    box, frame = grown.box, Box(38.0, 190.16, 264.29, 220.16)  # printed around the first name
    inside = max(box.x0, frame.x0), max(box.y0, frame.y0), min(box.x1, frame.x1), min(box.y1, frame.y1)
    assert field.box == pytest.approx(inside, abs=TOLERANCE)
    outside = max(abs(edge - cut) for edge, cut in zip(box.as_list(), inside, strict=True))
    if abs(outside - AGREEMENT) > TOLERANCE:
        assert ("out of its frame" in warnings) == (outside > AGREEMENT)


def test_writing_space_ends_at_its_line() -> None:
    meaning = load_meaning(SHIPPED / "anc_lab_2015" / "meaning.yaml")
    meaning = meaning.model_copy(update={"fields": {"prescriber_name": meaning.fields["prescriber_name"]}})
    widget = next(w for w in read_widgets(BLANKS / "anc_lab_2015_fillable.pdf") if w.name == "prescriber_name")
    pages = read_print(BLANKS / "anc_lab_2015.pdf")
    line = pages[0].line_under(widget.box, 4)
    assert line is not None
    field, warnings = measured(meaning, moved(widget, 0, 0, 0, 3), pages)
    assert field.box[3] == pytest.approx(line.y0, abs=TOLERANCE)
    assert "out of its frame or line" in warnings


def test_without_print_the_widgets_are_taken_and_every_one_is_reported() -> None:
    bare = [dataclasses.replace(page, frames=(), lines=(), words=()) for page in PRINT]
    geometry, warnings = measure(bare, WIDGETS, MEANING)
    assert len(warnings) == len(WIDGETS)
    for widget in WIDGETS:
        if widget.name in geometry.fields:
            assert geometry.fields[widget.name].box == pytest.approx(widget.box.as_list(), abs=TOLERANCE)


def test_other_words_beside_a_square_are_reported() -> None:
    meaning, widget = only("hospice_flag")
    _, warnings = measured(meaning, dataclasses.replace(widget, label="Agreed"))
    assert "'Agreed'" in warnings
    assert "'Patient'" in warnings


@pytest.mark.parametrize(("name", "kind"), [("ben_flag", WidgetKind.TEXT), ("rationale_text", WidgetKind.TEXT)])
def test_a_widget_of_another_kind_is_reported(name: str, kind: WidgetKind) -> None:
    meaning, widget = only(name)
    _, warnings = measured(meaning, dataclasses.replace(widget, kind=kind))
    assert "is meant to be" in warnings


@pytest.mark.parametrize("name", ["patient_zip", "patient_gender_male"])
def test_a_field_without_its_widget_is_an_error(name: str) -> None:
    with pytest.raises(DefinitionError, match=name):
        measure(PRINT, [widget for widget in WIDGETS if widget.name != name], MEANING)


def test_a_widget_without_a_field_is_an_error() -> None:
    stray = dataclasses.replace(WIDGETS[0], name="patient_shoe_size")
    with pytest.raises(DefinitionError, match="patient_shoe_size"):
        measure(PRINT, [*WIDGETS, stray], MEANING)


def test_a_flat_blank_without_its_second_page_is_an_error() -> None:
    with pytest.raises(DefinitionError, match="fewer pages"):
        measure(PRINT[:1], WIDGETS, MEANING)


def test_widgets_stand_in_points_from_the_top_left() -> None:
    by_name = {widget.name: widget for widget in WIDGETS}
    assert by_name["ben_flag"].box.as_list() == pytest.approx([38.0, 480.4, 47.0, 489.4], abs=TOLERANCE)
    assert by_name["ben_flag"].kind is WidgetKind.CHECKBOX
    assert (by_name["patient_dob"].kind, by_name["patient_dob"].max_length) == (WidgetKind.COMB, 10)
    assert (by_name["rationale_text"].kind, by_name["rationale_text"].page) == (WidgetKind.MULTILINE, 2)
    assert by_name["designee_signature"].kind is WidgetKind.SIGNATURE


def test_the_written_geometry_is_plain_yaml() -> None:
    content = yaml.safe_load((SHIPPED / "psf_2021" / "geometry.yaml").read_text(encoding="utf-8"))
    edges = content["fields"]["patient_dob"]["cell_edges"]
    assert all(left < right for left, right in itertools.pairwise(edges))
