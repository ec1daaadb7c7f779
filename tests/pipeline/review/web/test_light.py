"""The light lies where the field is: on the screen, ink that was drawn into the field is compared with the light."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from browsing import LoggedIn, Wait, press, take_next
from papers import doubtful, psf
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from extractors.geometry import PIXELS_PER_POINT, Grey
from extractors.read import read_document
from extractors.reading import DocumentReading
from pipeline.deciding import definitions

FIELDS = ("patient_last_name", "anc_value", "prescriber_signature")
"""Of both pages, and far enough from each other that one's ink does not lie beside another."""

LIGHT = """place => {
  const to = place.getScreenCTM();
  const corners = [...place.points].map(point => new DOMPoint(point.x, point.y).matrixTransform(to));
  const xs = corners.map(corner => corner.x), ys = corners.map(corner => corner.y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), Math.hypot(to.a, to.b)];
}"""
"""Where the light lies in the window, without its edge; and pixels of the window to one of the picture."""

BESIDE_EACH_OTHER = """([x0, y0, x1, y1]) => {
  const within = (side, to, corners) => {
    const at = side.getBoundingClientRect();
    const points = corners.map(([x, y]) => new DOMPoint(x, y).matrixTransform(to));
    const xs = points.map(point => point.x - at.x), ys = points.map(point => point.y - at.y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), Math.hypot(to.a, to.b)];
  };
  const lit = document.querySelector(".place.lit"), blank = document.querySelector("svg.blank:not([hidden])");
  const corners = [...lit.points].map(point => [point.x, point.y]);
  const field = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  return [
    within(lit.closest("svg"), lit.getScreenCTM(), corners),
    within(blank, blank.querySelector("image").getScreenCTM(), field),
  ];
}"""
"""Where the light lies on the page's half of the stage, and the printed field on the blank's."""

TOLERANCE = 3.0
"""Points by which the light may lie beside the field."""

INK = 130
"""The red of ink under the yellow light; the light and its edge are redder."""

BESIDE = 25
"""Pixels of the window around the light in which ink is looked for."""


def sheet(values: Sequence[str] = FIELDS) -> list[Grey]:
    """The blank at the working resolution, with these fields full of ink."""
    definition = definitions()["psf_2021"]
    blank = pdfium.PdfDocument(definition.blank)
    pictures = [page.render(scale=PIXELS_PER_POINT).to_pil().convert("L") for page in blank]
    blank.close()
    for name in values:
        field = definition.field(name)
        corners = [edge * PIXELS_PER_POINT for edge in field.box.as_list()]
        ImageDraw.Draw(pictures[field.page - 1]).rectangle(corners, fill=0)
    return [np.asarray(picture) for picture in pictures]


def faxed(pictures: Sequence[Grey], on_page: np.ndarray, turned: int) -> bytes:
    """The pages laid on the glass by that map (pixels to pixels, 2 x 3), then turned clockwise by quarters."""
    laid = [
        cv2.warpAffine(picture, on_page, picture.shape[::-1], flags=cv2.INTER_LINEAR, borderValue=(255,))
        for picture in pictures
    ]
    first, *others = [Image.fromarray(np.rot90(picture, -turned // 90)) for picture in laid]
    tiff = io.BytesIO()
    first.save(tiff, "TIFF", save_all=True, append_images=others, dpi=(200, 200), compression="tiff_lzw")
    return tiff.getvalue()


def glass(degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    """A sheet that lies askew (degrees), is scaled, and is shifted (points)."""
    on_page: np.ndarray = cv2.getRotationMatrix2D((850, 1100), degrees, scale)
    on_page[:, 2] += np.array(shift) * PIXELS_PER_POINT
    return on_page


def as_read(picture: Grey, on_page: np.ndarray, turned: int) -> DocumentReading:
    """The reading that lays such pages on the blank: the maps backwards, in points."""
    height, width = picture.shape
    turn = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        90: [[0, -1, height], [1, 0, 0], [0, 0, 1]],
        180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        270: [[0, 1, 0], [-1, 0, width], [0, 0, 1]],
    }[turned]
    points = np.diag([PIXELS_PER_POINT, PIXELS_PER_POINT, 1])
    came_in = np.linalg.inv(points) @ turn @ np.vstack([on_page, [0, 0, 1]]) @ points
    to_blank = tuple(float(number) for number in np.linalg.inv(came_in)[:2].ravel())
    read = doubtful(psf(), *FIELDS)
    return replace(read, pages=tuple(replace(page, rotated=turned, to_blank=to_blank) for page in read.pages))


def off(page: Page) -> float:
    """By how many points the ink lies beside the light, at the worst edge."""
    left, top, right, bottom, pixels = page.locator(".place.lit").evaluate(LIGHT)
    stage = page.locator("#stage").bounding_box()
    assert stage is not None
    shown = np.array(Image.open(io.BytesIO(page.screenshot(clip=stage))).convert("RGB"))[:, :, 0]
    x, y = max(0, round(left - stage["x"]) - BESIDE), max(0, round(top - stage["y"]) - BESIDE)
    near = shown[y : round(bottom - stage["y"]) + BESIDE, x : round(right - stage["x"]) + BESIDE]
    # the printed lines around a field are thin, and what else is black does not touch the ink drawn into it
    ink = cv2.morphologyEx((near < INK).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, blots = cv2.connectedComponents(ink)
    in_the_middle = blots[blots.shape[0] // 2, blots.shape[1] // 2]
    assert in_the_middle, "the light does not lie on the ink"
    rows, columns = np.nonzero(blots == in_the_middle)
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    found = found + [stage["x"] + x, stage["y"] + y] * 2
    return float(np.abs(found - [left, top, right, bottom]).max() / (pixels * PIXELS_PER_POINT))


@pytest.mark.parametrize(
    ("turned", "on_page"),
    [
        pytest.param(0, glass(0, 1, (0, 0)), id="straight"),
        pytest.param(90, glass(1.5, 0.97, (9, -6)), id="askew, small, on its side"),
        pytest.param(180, glass(-2, 1, (7, -5)), id="askew, upside down"),
        pytest.param(270, glass(0, 0.95, (-8, 4)), id="small, on its other side"),
    ],
)
def test_the_light_lies_on_the_ink_however_the_page_is_laid_and_looked_at(
    logged_in: LoggedIn, wait: Wait, turned: int, on_page: np.ndarray
) -> None:
    pictures = sheet()
    waits = wait(read=as_read(pictures[0], on_page, turned), picture=faxed(pictures, on_page, turned))
    page = logged_in("ann")
    take_next(page, waits)
    for name in FIELDS:
        page.locator(f"#f-{name}").focus()
        expect(page.locator(f".place.lit[data-field={name}]")).to_be_visible()
        assert off(page) < TOLERANCE, f"{name} zoomed"
    press(page, "Alt+z")
    assert off(page) < TOLERANCE, "the whole page"
    for quarter in (90, 180, 270):
        press(page, "Alt+t")
        assert off(page) < TOLERANCE, f"turned by {quarter}"
    press(page, "Alt+t", "Alt+z")
    assert off(page) < TOLERANCE, "zoomed again"
    with page.expect_response("**/blanks/psf_2021/2.png") as drawn:
        press(page, "Alt+b")
    assert drawn.value.status == 200
    expect(page.locator("svg.blank:visible")).to_have_count(1)
    lit, print_of_it = page.evaluate(BESIDE_EACH_OTHER, list(definitions()["psf_2021"].field(FIELDS[-1]).box.as_list()))
    beside = np.abs(np.array(lit[:4]) - print_of_it[:4]).max() / (lit[4] * PIXELS_PER_POINT)
    assert beside < TOLERANCE, "the blank lies at the same place, and is as large"
    press(page, "Alt+b")
    expect(page.locator("svg.blank:visible")).to_have_count(0)


def test_the_light_lies_on_the_ink_of_a_page_that_was_read(logged_in: LoggedIn, wait: Wait, kind: str) -> None:
    if kind != "sqlite":
        pytest.skip("reading does not hang on the database")
    data = faxed(sheet(FIELDS[:2]), glass(-1.2, 0.98, (5, -4)), 180)
    waits = wait(read=read_document(data), picture=data)
    page = logged_in("ann")
    take_next(page, waits)
    for name in FIELDS[:2]:
        page.locator(f"#f-{name}").focus()
        expect(page.locator(f".place.lit[data-field={name}]")).to_be_visible()
        assert off(page) < TOLERANCE, name
