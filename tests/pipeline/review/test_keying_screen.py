"""Double keying in the browser: nobody sees a value, two who agree let the form pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from browsing import LoggedIn, grave_faults
from papers import Deliver, doubtful, psf
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.models import AuditLine, Form
from pipeline.store.opening import Store


@pytest.fixture
def kind() -> str:
    """What is shown does not hang on the database; `test_keying` asks both."""
    return "sqlite"


@pytest.fixture
def store(store: Store) -> Store:
    """Two people key the ANC."""
    return replace(store, settings=store.settings.model_copy(update={"double_keyed": ("anc_value",)}))


def test_two_people_key_by_keyboard_without_seeing_a_value(
    logged_in: LoggedIn, station: str, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(doubtful(psf(), "anc_value"))
    deliver_pdf(psf(patient_gender=None, anc_draw_date="2022-07-12"))
    ann, ben = logged_in("ann"), logged_in("ben")
    expect(ann.locator("#next")).to_be_focused()
    ann.keyboard.press("Enter")
    expect(ann.locator("#value")).to_be_focused()  # the older one of two: a field to be keyed
    assert not grave_faults(ann)
    ann.keyboard.type("2500")
    ann.keyboard.press("Enter")
    expect(ann.locator("[role=status]")).to_contain_text("Somebody else keys it too")
    expect(ann.locator("main")).to_contain_text("No field waits")
    assert ann.request.get(f"{station}/keying/1/anc_value/crop.png").status == 404
    ben.goto(f"{station}/keying")
    expect(ben.locator("#value")).to_be_focused()
    shown = ben.content()
    assert "2500" not in shown
    assert "2300" not in shown
    assert ben.request.get(f"{station}/keying/1/anc_value/crop.png").body().startswith(b"\x89PNG")
    ben.keyboard.type("2500")
    ben.keyboard.press("Enter")
    expect(ben.locator("[role=status]")).to_contain_text("two say the same")
    with Session(store.engine) as session:
        form = session.get_one(Form, 1)
        assert form.route.route == "accept"
        lines = session.scalars(select(AuditLine).filter_by(action="patient data viewed")).all()
        assert {line.who for line in lines} == {"ann", "ben"}


def test_a_third_person_chooses_by_a_key_and_an_open_item_shows_no_value(
    logged_in: LoggedIn, station: str, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(doubtful(psf(), "anc_value"))
    for name, text in (("ann", "2500"), ("ben", "2600")):
        page = logged_in(name)
        page.goto(f"{station}/keying")
        page.fill("#value", text)
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_be_visible()
    sue = logged_in("sue")
    sue.click(".act button")
    expect(sue.locator("#f-anc_value")).to_have_text("two people key this")
    assert "2300" not in sue.locator(".field[data-field=anc_value]").inner_html()
    sue.locator("#f-anc_value").click()
    expect(sue.locator(".others")).to_contain_text("2600")
    expect(sue.locator("#value")).to_be_focused()  # the page hears keys from now on
    sue.keyboard.press("Alt+2")
    expect(sue.locator("#value")).to_have_value("2600")
    sue.keyboard.press("Enter")
    expect(sue.locator("[role=status]")).to_contain_text("two say the same")
    with Session(store.engine) as session:
        assert session.get_one(Form, 1).route.route == "accept"
