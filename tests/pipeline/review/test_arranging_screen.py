"""The pages of a fax in the browser: a form is taken apart and put together by keyboard."""

from __future__ import annotations

import pytest
from browsing import LoggedIn, grave_faults
from papers import Deliver, doubtful, psf
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.models import Form
from pipeline.store.opening import Store


@pytest.fixture
def kind() -> str:
    """What is shown does not hang on the database; `test_rearranging` asks both."""
    return "sqlite"


def test_pages_are_taken_apart_and_put_together_by_keyboard(
    logged_in: LoggedIn, station: str, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(doubtful(psf(), "anc_value"))
    page = logged_in("ann")
    page.click("#next")
    expect(page.locator("#f-anc_value")).to_be_focused()
    page.keyboard.type("2750")
    with page.expect_response("**/preview"):
        page.keyboard.press("Tab")
    page.keyboard.press("Alt+w")
    expect(page.locator("[name='what.1']")).to_be_focused()
    assert not grave_faults(page)
    page.locator("[name='of.2']").focus()
    page.keyboard.type("2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=status]")).to_contain_text("The pages are arranged")
    expect(page.locator("#f-anc_value")).to_have_value("2750")
    page.keyboard.press("Alt+w")
    page.locator("[name='of.1']").select_option("3")
    page.locator("[name='of.2']").select_option("3")
    page.locator("[name='what.2']").select_option("psf_2021/1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=alert]")).to_contain_text("are the same")
    expect(page.locator("[name='of.2']")).to_have_value("3")  # what was chosen stays
    page.locator("[name='what.2']").select_option("psf_2021/2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#f-anc_value")).to_have_value("2750")
    assert page.request.get(f"{station}/items/1/arrange").status == 404
    with Session(store.engine) as session:
        forms = session.scalars(select(Form).order_by(Form.id)).all()
        assert [(one.route.route, one.pages) for one in forms] == [
            ("rearranged", [1, 2]), ("rearranged", [1]), ("rearranged", [2]), ("review", [1, 2]),
        ]  # fmt: skip
