"""An operator's day by keyboard alone, and what a slip of the hand does not do; what was stored is looked up."""

from __future__ import annotations

import datetime as dt
import re
import string

from browsing import LoggedIn, NewPage, Wait, press, refused, take_next, type_in, walk_to
from papers import document
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from staffing import PASSWORD

from extractors.reading import PageKind, PageReading
from pipeline.notice import make
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.models import SENT_BACK, AuditLine, FieldReading, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store
from pipeline.store.registry_models import AncResult


def item(store: Store, item_id: int) -> ReviewItem:
    with Session(read_only(store.engine)) as session:
        return session.get_one(ReviewItem, item_id)


def form(store: Store, item_id: int) -> tuple[str, str]:
    """Route of the item's form, and who decided it."""
    with Session(read_only(store.engine)) as session:
        route = session.get_one(Form, session.get_one(ReviewItem, item_id).form_pk).route
        return route.route, route.decided_by


def reading(store: Store, item_id: int, field: str) -> FieldReading:
    form_pk = item(store, item_id).form_pk
    with Session(read_only(store.engine)) as session:
        return session.scalars(select(FieldReading).filter_by(form_pk=form_pk, field=field)).one()


def results(store: Store, item_id: int) -> list[int]:
    """What the item's form brought to the registry."""
    form_pk = item(store, item_id).form_pk
    with Session(read_only(store.engine)) as session:
        return list(session.scalars(select(AncResult.anc).filter_by(form_pk=form_pk, withdrawn_at=None)))


def trail(store: Store, item_id: int, who: str = "ann") -> list[str]:
    """What that person did with the item, as the audit trail tells it."""
    with Session(read_only(store.engine)) as session:
        lines = session.scalars(select(AuditLine).filter_by(who=who).order_by(AuditLine.id)).all()
        return [line.action for line in lines if (line.after or {}).get("item") == item_id]


def test_the_whole_day_of_an_operator_by_keyboard_alone(new_page: NewPage, store: Store, wait: Wait) -> None:
    right = wait("anc_value")
    wrong = wait("anc_value", prescriber_signature=False)
    unsigned = wait("anc_value", prescriber_signature=False)
    void, unclear, later, smudged, other = (wait("anc_value") for _ in range(5))
    letter = wait(read=document(more=(PageReading(1, PageKind.UNKNOWN), PageReading(2, PageKind.UNKNOWN))))
    page = new_page()
    page.goto("/login")
    expect(page.locator("[name=name]")).to_be_focused()
    type_in(page, "ann", "Tab", PASSWORD, "Enter")

    take_next(page, right)
    press(page, "F1")
    expect(page.locator("#keys")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    press(page, "Enter")  # the value is right
    expect(page.locator("#accept")).to_be_focused()
    expect(page.locator("#verdict")).to_contain_text("In order")
    press(page, "Control+Enter")

    opened(page, wrong, "Accepted")
    type_in(page, "700", "Enter")
    expect(page.locator("#findings")).to_contain_text("rationale")  # told before anything is saved
    walk_to(page, "#f-anc_value", backwards=True)
    type_in(page, "2800", "Enter")
    expect(page.locator("#findings")).not_to_contain_text("rationale")
    walk_to(page, "#f-prescriber_signature", backwards=True)
    press(page, "Space")  # it is signed
    expect(page.locator("#f-prescriber_signature")).to_be_checked()
    expect(page.locator("#verdict")).to_contain_text("In order")
    press(page, "Control+Enter")

    opened(page, unsigned, "Accepted")
    press(page, "Enter", "Control+Enter")
    refused(page)
    press(page, "Alt+r")
    noticed(page)
    press(page, "Control+Enter")
    opened(page, void, "Sent back")
    link = page.locator("[role=status] a").get_attribute("href") or ""
    assert page.request.get(link).body().startswith(b"%PDF")

    press(page, "Alt+x")
    expect(page.locator("#reason")).to_be_focused()
    type_in(page, "crossed out by hand", "Enter")
    opened(page, unclear, "Rejected")
    press(page, "Alt+s")
    expect(page.locator("#reason")).to_be_focused()
    type_in(page, "two values, one above the other", "Enter")
    opened(page, later, "supervisor")
    press(page, "Alt+p")
    opened(page, smudged, "Postponed")
    press(page, "Alt+i")
    expect(page.locator(".field.illegible")).to_have_count(1)
    expect(page.locator("#verdict")).to_contain_text("keep")
    press(page, "Alt+r")
    noticed(page)
    press(page, "Control+Enter")
    opened(page, other, "Sent back")
    press(page, "Alt+w")  # its pages belong to two forms
    expect(page.locator("[name='what.1']")).to_be_focused()
    walk_to(page, "[name='of.2']")
    type_in(page, "2")
    press(page, "Control+Enter")
    expect(page.locator("[role=status]")).to_contain_text("The pages are arranged")
    for goes_on in (re.compile(r"/items/\d+\?done=reject"), f"/items/{letter}?done=reject"):
        press(page, "Alt+x")
        expect(page.locator("#reason")).to_be_focused()
        type_in(page, "half a form", "Enter")
        expect(page).to_have_url(goes_on)
    press(page, "Alt+n")
    expect(page.locator("[role=status]")).to_contain_text("not a form")
    expect(page).to_have_url("/queue?done=set_aside")
    walk_to(page, ".who button", backwards=True)
    press(page, "Enter")
    expect(page).to_have_url("/login")
    page.goto(f"/items/{right}")
    expect(page).to_have_url("/login")

    assert [form(store, one) for one in (right, wrong)] == [("accept", "ann")] * 2
    assert (results(store, right), results(store, wrong)) == ([2300], [2800])
    assert (reading(store, right, "anc_value").engine, reading(store, wrong, "anc_value").value) == ("person", "2800")
    assert reading(store, wrong, "prescriber_signature").value is True
    assert [form(store, one) for one in (unsigned, smudged, void)] == [(SENT_BACK, "ann")] * 2 + [("reject", "ann")]
    assert reading(store, smudged, "anc_value").state == "unreadable"
    assert [results(store, one) for one in (unsigned, smudged, void)] == [[], [], []]
    assert (item(store, unclear).state, item(store, unclear).escalated) == (
        ReviewState.WAITING, "two values, one above the other",
    )  # fmt: skip
    assert form(store, other) == ("rearranged", "ann")
    postponed = item(store, later).postponed_until
    assert postponed is not None
    assert dt.timedelta(minutes=50) < postponed - dt.datetime.now(dt.UTC) <= dt.timedelta(hours=1)
    assert item(store, letter).state == ReviewState.DONE
    assert trail(store, right) == ["review claimed", "patient data viewed", "form decided"]
    assert trail(store, unclear)[-2:] == ["review escalated", "review released"]
    assert trail(store, letter)[-1] == "item decided"
    with Session(read_only(store.engine)) as session:
        notices = session.scalars(select(AuditLine.document_id).filter_by(action=make.MADE, who="ann")).all()
        assert set(notices) == {item(store, unsigned).document_id, item(store, smudged).document_id}
        assert audit.verify(session) is None


def noticed(page: Page) -> None:
    """Wait until the notice is there as it will go out, and hears keys: what is missing of it has the focus."""
    expect(page.locator("[name=fax]")).to_be_focused()
    expect(page.locator("#paper img")).to_have_js_property("naturalWidth", 1224)


def opened(page: Page, item_id: int, told: str) -> None:
    """Wait until the next item is there, with what became of the one before it, and ready for the first value."""
    expect(page).to_have_url(re.compile(rf"/items/{item_id}\?"))
    expect(page.locator("[role=status]")).to_contain_text(told)
    expect(page.locator("#f-anc_value")).to_be_focused()


def test_a_notice_is_looked_at_and_edited_by_keyboard_before_it_goes_out(
    logged_in: LoggedIn, store: Store, wait: Wait
) -> None:
    unsigned = wait("anc_value", prescriber_signature=False)
    page = logged_in("ann")
    take_next(page, unsigned)
    press(page, "Enter", "Alt+r")
    noticed(page)
    before = page.locator("#paper img").get_attribute("src")
    walk_to(page, "[name=to]", backwards=True)
    page.locator("[name=to]").select_text()
    type_in(page, "Grace Hopper", "Enter")
    expect(page.locator("[name=fax]")).to_be_focused()
    walk_to(page, "[name='says.1']")
    press(page, "Control+End")
    type_in(page, " Thank you?")
    expect(page.locator("#paper img")).not_to_have_attribute("src", before or "")
    expect(page.locator("#keys")).not_to_be_visible()  # a question mark is written
    press(page, "Escape")
    expect(page).to_have_url(f"/items/{unsigned}")
    expect(page.locator("#verdict")).to_be_visible()
    assert (item(store, unsigned).state, form(store, unsigned)[0]) == (ReviewState.CLAIMED, "review")
    expect(page.locator(".field[data-field=anc_value] .state")).to_contain_text("confirmed")
    press(page, "Alt+r")
    noticed(page)
    expect(page.locator("[name=to]")).to_have_value("Grace Hopper")
    expect(page.locator("[name='says.1']")).to_have_value(re.compile(r" Thank you\?$"))
    walk_to(page, "[name='says.1']", backwards=True)
    press(page, "Control+Enter")
    expect(page).to_have_url(re.compile(r"/queue\?done=send_back&notice="))
    with Session(read_only(store.engine)) as session:
        line = session.scalars(
            select(AuditLine).filter_by(action=make.MADE, document_id=item(store, unsigned).document_id)
        ).one()
        assert (line.after or {})["changed"] == ["to", "points"]
    assert form(store, unsigned) == (SENT_BACK, "ann")


def test_one_doubtful_field_takes_two_keystrokes(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    first, second = wait("anc_value"), wait("anc_value")
    page = logged_in("ann")
    take_next(page, first)
    assert press(page, "Enter", "Control+Enter") <= 3
    opened(page, second, "Accepted")
    assert press(page, "Enter") + press(page, "Enter") <= 3  # the key that confirms accepts as well
    expect(page).to_have_url("/queue?done=accept")
    assert [form(store, one) for one in (first, second)] == [("accept", "ann")] * 2


def test_a_prescribers_form_that_is_in_order_takes_one_key(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    glanced = wait("prescriber_first_name", ben_flag=True)  # a doubt on which nothing hangs
    page = logged_in("sue")
    take_next(page, glanced)
    expect(page.locator("[aria-label='At a glance'] figure")).not_to_have_count(0)
    expect(page.locator("[aria-label='At a glance']")).to_be_in_viewport()
    expect(page.locator("#accept")).to_be_focused()
    assert press(page, "Enter") == 1
    expect(page).to_have_url("/queue?done=accept")
    assert form(store, glanced) == ("accept", "sue")


def test_letters_are_written_and_decide_nothing(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    waits = wait("anc_value")
    page = logged_in("ann")
    take_next(page, waits)
    letters = string.ascii_letters + "?/ "
    page.locator("#f-patient_last_name").focus()
    page.keyboard.type(letters)
    expect(page.locator("#f-patient_last_name")).to_have_value(letters)
    expect(page.locator("#keys")).not_to_be_visible()
    for place in ("#accept", "#f-prescriber_signature", "#f-patient_gender", ".thumb >> nth=0"):
        page.locator(place).focus()
        page.keyboard.type(string.ascii_letters)
    expect(page).to_have_url(f"/items/{waits}")
    press(page, "Alt+s")
    page.keyboard.type(letters)
    expect(page.locator("#reason")).to_have_value(letters)
    press(page, "Escape", "?")
    expect(page.locator("#keys")).to_be_visible()
    press(page, "Escape")
    expect(page).to_have_url(f"/items/{waits}")
    assert (item(store, waits).state, item(store, waits).claimed_by) == (ReviewState.CLAIMED, "ann")
    page.reload()
    expect(page.locator("#f-patient_last_name")).to_have_value(letters)  # the draft is kept


def test_a_key_held_down_or_struck_twice_decides_one_item(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    first, second, third = wait("anc_value"), wait("anc_value"), wait("anc_value")
    page = logged_in("ann")
    take_next(page, first)
    for _ in range(6):
        page.keyboard.down("Enter")  # a key that stays down repeats
    page.keyboard.up("Enter")
    expect(page.locator("#accept")).to_be_focused()
    expect(page).to_have_url(f"/items/{first}")
    press(page, "Control+Enter", "Control+Enter")
    opened(page, second, "Accepted")
    press(page, "Enter")
    page.keyboard.down("Control")
    for _ in range(6):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    opened(page, third, "Accepted")
    assert [form(store, one)[0] for one in (first, second, third)] == ["accept", "accept", "review"]
