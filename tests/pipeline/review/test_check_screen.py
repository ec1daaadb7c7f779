"""A blind check in the browser: keyed without a value in sight, compared, and decided by a third person."""

from __future__ import annotations

import pytest
from blind_checks import choose_everything
from browsing import LoggedIn, grave_faults
from papers import Deliver, psf
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.models import AuditLine
from pipeline.store.opening import Store
from pipeline.store.quality_models import CheckOutcome


@pytest.fixture
def kind() -> str:
    """What is shown does not hang on the database; `test_checking` asks both."""
    return "sqlite"


def take_check(page: Page, station: str) -> None:
    page.goto(f"{station}/checks")
    expect(page.locator("#next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#decision")).to_be_visible()


def test_a_form_is_keyed_blindly_and_a_third_person_decides(
    logged_in: LoggedIn, station: str, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf())
    choose_everything(store)
    ann = logged_in("ann")
    take_check(ann, station)
    expect(ann.locator(".place.lit")).to_be_visible()
    shown = ann.content()
    assert not [value for value in ("2300", "1980-02-03", "5555550100", "% sure") if value in shown]
    assert not grave_faults(ann)
    ann.locator("#f-patient_first_name").focus()
    ann.keyboard.type("CY")
    ann.keyboard.press("Enter")
    ann.locator("#f-anc_value").focus()
    ann.keyboard.type("2800")
    ann.keyboard.press("Enter")
    ann.locator("#f-ben_flag").focus()
    ann.keyboard.press("Enter")  # looked at: not ticked
    ann.locator("#f-anc_draw_date").focus()
    ann.keyboard.type("yesterday")
    expect(ann.locator("#accept")).to_contain_text("3 of")
    ann.keyboard.press("Control+Enter")
    expect(ann.locator("[role=alert]")).to_contain_text("expected a date")
    expect(ann.locator("#f-anc_value")).to_have_value("2800")  # nothing is lost
    ann.locator("#f-anc_draw_date").fill("07/11/2022")
    ann.keyboard.press("Control+Enter")
    expect(ann.locator("[role=status]")).to_contain_text("Nothing more waits for you")
    ben = logged_in("ben")
    take_check(ben, station)
    expect(ben.locator(".field")).to_have_count(1)
    expect(ben.locator(".others")).to_contain_text("2300")
    ben.locator("#f-anc_value").focus()
    ben.keyboard.press("Alt+2")
    ben.keyboard.press("Control+Enter")
    expect(ben.locator("[role=status]")).to_contain_text("Kept")
    with Session(store.engine) as session:
        outcomes = {one.field: one.right for one in session.scalars(select(CheckOutcome))}
        assert outcomes == {"patient_first_name": True, "anc_value": False, "ben_flag": True, "anc_draw_date": True}
        seen = session.scalars(select(AuditLine.who).filter_by(action="patient data viewed").distinct()).all()
        assert set(seen) == {"ann", "ben"}


def test_pages_are_for_the_one_who_has_the_check_in_hand_and_go_back_with_the_log_out(
    logged_in: LoggedIn, station: str, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf())
    choose_everything(store)
    ann, ben = logged_in("ann"), logged_in("ben")
    take_check(ann, station)
    picture = f"{station}/checks/1/pages/1.png"
    assert ann.request.get(picture).body().startswith(b"\x89PNG")
    assert ben.request.get(picture).status == 404
    ben.goto(f"{station}/checks")
    expect(ben.locator("tbody")).to_contain_text("with ann")
    ann.click("text=Log out")
    ben.click("#next")
    expect(ben.locator("#decision")).to_be_visible()
