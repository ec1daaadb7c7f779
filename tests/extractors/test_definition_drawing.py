"""A definition drawn on its blank."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageColor

from extractors.definition_drawing import COLOURS, PIXELS_PER_POINT, draw_definition
from extractors.definition_files import SHIPPED, load_definition

FORM = load_definition(SHIPPED / "psf_2021")


def test_every_box_is_drawn_in_the_colour_of_its_kind() -> None:
    picture = Image.open(io.BytesIO(draw_definition(FORM, 2)))
    assert picture.size == (612 * PIXELS_PER_POINT, 792 * PIXELS_PER_POINT)
    for field in FORM.fields_on(2):
        corner = (round(field.box.x0 * PIXELS_PER_POINT), round(field.box.y0 * PIXELS_PER_POINT))
        assert picture.getpixel(corner) == ImageColor.getrgb(COLOURS[field.kind])


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_the_form_has_not(page: int) -> None:
    with pytest.raises(IndexError, match="psf_2021"):
        draw_definition(FORM, page)
