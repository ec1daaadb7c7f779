"""The station in a browser (headless Chromium) against a real server, on both databases."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from browsing import LoggedIn, grave_faults
from papers import Deliver, doubtful, psf
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.geometry import PIXELS_PER_POINT
from pipeline.deciding import definitions
from pipeline.store.models import Form, ReviewItem
from pipeline.store.opening import Store

LIGHT = """place => {
  const box = place.getBBox(), to = place.getScreenCTM();
  const corner = (x, y) => new DOMPoint(x, y).matrixTransform(to);
  const first = corner(box.x, box.y), last = corner(box.x + box.width, box.y + box.height);
  return [first.x, first.y, last.x, last.y, to.a];
}"""
"""Where the light lies in the window, without its edge; and pixels of the window to one of the picture."""

TOLERANCE = 3.0
"""Points by which the light may lie beside the field."""


def routes(store: Store) -> list[str]:
    with Session(store.engine) as session:
        return [form.route.route for form in session.scalars(select(Form).order_by(Form.id))]


def take_next(page: Page) -> None:
    """Take the next item from the queue by its key, once the page is ready to hear it."""
    expect(page.locator("#next")).to_be_focused()
    page.keyboard.press("Enter")


def test_an_operator_decides_by_keyboard_alone(logged_in: LoggedIn, store: Store, deliver_pdf: Deliver) -> None:
    deliver_pdf(doubtful(psf(anc_draw_date="2022-07-12"), "anc_value"))
    deliver_pdf(psf(anc_value=None, anc_draw_date="2022-07-13", prescriber_signature=False))
    page = logged_in("ann")
    take_next(page)
    expect(page.locator("#f-anc_value")).to_be_focused()
    page.keyboard.press("Enter")  # the value is right
    expect(page.locator("#accept")).to_be_focused()
    expect(page.locator("#verdict")).to_contain_text("In order")
    page.keyboard.press("Control+Enter")  # accept, next
    expect(page.locator("[role=status]")).to_contain_text("Accepted")
    expect(page.locator("#f-anc_value")).to_be_focused()
    page.keyboard.type("700")
    page.keyboard.press("Enter")
    expect(page.locator("#findings")).to_contain_text("rationale")  # told before anything is saved
    page.locator("#f-prescriber_signature").focus()
    page.keyboard.press("Space")
    expect(page.locator("#f-prescriber_signature")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=alert]").first).to_contain_text("not accepted")
    page.keyboard.press("Alt+s")
    page.keyboard.type("a low ANC without a rationale")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("supervisor")
    assert routes(store) == ["accept", "review"]
    with Session(store.engine) as session:
        item = session.scalars(select(ReviewItem).where(ReviewItem.escalated.is_not(None))).one()
        assert item.draft is not None
        assert item.draft["values"]["anc_value"] == "700"


def test_a_supervisor_overrides_what_an_operator_escalated_and_a_form_goes_back(
    logged_in: LoggedIn, station: str, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf(patient_gender=None, anc_draw_date="2022-07-12"))
    deliver_pdf(psf(ben_flag=True, prescriber_signature=False, anc_draw_date="2022-07-13"))
    page = logged_in("sue")
    take_next(page)
    page.locator("[aria-label='At a glance']").wait_for()
    page.keyboard.press("Alt+r")
    expect(page.locator("[role=status]")).to_contain_text("Sent back")
    link = page.locator("[role=status] a").get_attribute("href")
    assert page.request.get(f"{station}{link}").body().startswith(b"%PDF")
    page.fill("[name=override]", "told by telephone")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=status]")).to_contain_text("Accepted")
    assert routes(store) == ["accept", "sent_back"]


def test_of_two_browsers_one_gets_the_item(logged_in: LoggedIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(anc_value=None))
    ann, ben = (logged_in(name) for name in ("ann", "ben"))
    ann.click(".act button")
    ben.click(".act button")
    expect(ann.locator("#decision")).to_be_visible()
    expect(ben.locator("[role=status]")).to_contain_text("Somebody else has that item")


def test_letters_in_a_field_decide_nothing_and_help_is_there(logged_in: LoggedIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(anc_value=None))
    page = logged_in("ann")
    take_next(page)
    page.locator("#f-anc_value").focus()
    page.keyboard.type("?rxspn ")
    expect(page.locator("#f-anc_value")).to_have_value("?rxspn ")
    expect(page.locator("#keys")).not_to_be_visible()
    with page.expect_response("**/preview"):
        page.locator("#accept").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#f-anc_value")).to_have_value("?rxspn ")  # the draft is kept


def test_the_light_lies_on_the_field_of_a_page_that_came_upside_down(logged_in: LoggedIn, deliver_pdf: Deliver) -> None:
    read = doubtful(psf(), "anc_value")
    layout, shift = definitions()["psf_2021"].pages[0], (7.0, -5.0)
    box = definitions()["psf_2021"].field("anc_value").box
    size = (round(layout.width * PIXELS_PER_POINT), round(layout.height * PIXELS_PER_POINT))
    picture = Image.new("L", size, 255)
    bar = [box.x0 + shift[0], box.y0 + shift[1], box.x1 + shift[0], box.y1 + shift[1]]
    ImageDraw.Draw(picture).rectangle([edge * PIXELS_PER_POINT for edge in bar], fill=0)
    tiff = io.BytesIO()
    pages = [picture.rotate(180), Image.new("L", size, 255)]
    pages[0].save(tiff, "TIFF", save_all=True, append_images=pages[1:], dpi=(200, 200))
    to_blank = (-1.0, 0.0, layout.width - shift[0], 0.0, -1.0, layout.height - shift[1])
    first = replace(read.pages[0], rotated=180, to_blank=to_blank)
    deliver_pdf(replace(read, pages=(first, *read.pages[1:])), tiff.getvalue())
    page = logged_in("ann")
    take_next(page)
    expect(page.locator("#f-anc_value")).to_be_focused()
    left, top, right, bottom, pixels = page.locator(".place.lit").evaluate(LIGHT)
    stage = page.locator("#stage").bounding_box()
    assert stage is not None
    red = np.array(Image.open(io.BytesIO(page.screenshot(clip=stage))).convert("RGB"))[:, :, 0]
    rows, columns = np.nonzero(red < 130)  # the bar through the yellow light; the light's own edge is red
    found = np.array([columns.min(), rows.min(), columns.max(), rows.max()]) + [stage["x"], stage["y"]] * 2
    assert np.abs(found - [left, top, right, bottom]).max() / (pixels * PIXELS_PER_POINT) < TOLERANCE


def test_no_screen_has_a_serious_accessibility_fault(
    logged_in: LoggedIn, station: str, deliver_pdf: Deliver, kind: str
) -> None:
    if kind != "sqlite":
        pytest.skip("screens do not hang on the database")
    deliver_pdf(doubtful(psf(ben_flag=True), "anc_value"))
    screens = {"sue": ("/queue", "/items/1", "/trail", "/help", "/password"), "kim": ("/people",)}
    for name, paths in screens.items():
        page = logged_in(name)
        if name == "sue":
            take_next(page)
            page.locator("#decision").wait_for()
        for path in paths:
            page.goto(f"{station}{path}")
            assert not grave_faults(page), path
