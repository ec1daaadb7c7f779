"""PNG and JPEG files, as phones and scanning programs write them."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_pages import as_png, saved
from PIL import Image

from extractors.geometry import Grey
from extractors.limits import Limits
from extractors.opening.document import OpenedPage, open_pages

ORIENTATION = 0x0112


def only(data: bytes) -> OpenedPage:
    """The single page of a file."""
    (page,) = open_pages(data, Limits())
    return page


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_png_of_every_depth(square_page: Grey, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(square_page.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(square_page).convert(mode)
    np.testing.assert_array_equal(only(saved(image, "PNG", dpi=(200, 200))).grey, square_page)


def test_what_is_transparent_is_paper(square_page: Grey) -> None:
    ink = np.zeros((*square_page.shape, 4), np.uint8)
    ink[..., 3] = 255 - square_page
    np.testing.assert_array_equal(only(saved(Image.fromarray(ink), "PNG", dpi=(200, 200))).grey, square_page)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(square_page: Grey, mode: str) -> None:
    page = only(saved(Image.fromarray(square_page).convert(mode), "JPEG", quality=95, dpi=(200, 200)))
    assert page.grey is not None
    assert page.medium == "scan"
    assert np.mean(np.abs(page.grey.astype(int) - square_page)) < 2


@pytest.mark.parametrize(("orientation", "quarters"), [(3, 2), (6, 3), (8, 1)])
def test_the_camera_says_how_it_was_held(square_page: Grey, orientation: int, quarters: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    held = Image.fromarray(np.rot90(square_page, -quarters))
    page = only(saved(held, "PNG", dpi=(200, 200), exif=exif))
    np.testing.assert_array_equal(page.grey, square_page)


def test_resolution_of_a_photograph_is_inferred(square_page: Grey) -> None:
    page = only(saved(Image.fromarray(square_page).resize((3400, 4400)), "JPEG", dpi=(72, 72)))
    assert page.resolution == pytest.approx((400, 400))
    assert page.grey is not None
    assert page.grey.shape == (2200, 1700)
    assert only(as_png(square_page[:100, :100], dpi=(1e6, 1e6))).error is None


def test_a_scan_of_150_dpi_is_brought_up(square_page: Grey) -> None:
    page = only(saved(Image.fromarray(square_page).resize((1275, 1650)), "PNG", dpi=(150, 150)))
    assert page.grey is not None
    assert page.grey.shape == (2200, 1700)


def test_a_picture_cut_off_is_a_page_with_its_error(square_page: Grey) -> None:
    for kind in ("PNG", "JPEG"):
        data = saved(Image.fromarray(square_page), kind)
        assert only(data[: len(data) // 2]).error


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    (page,) = open_pages(as_png(np.zeros((1001, 1000), np.uint8)), Limits(pixels=1_000_000))
    assert page.grey is None
    assert "pixels" in str(page.error)
