"""Two people at one station: who gets an item, who loses it, and what one hands on to the other."""

from __future__ import annotations

import datetime as dt
import re

from browsing import KEYED_TWICE, LoggedIn, Wait, press, refused, take_next, type_in, walk_to
from playwright.sync_api import expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import read_only
from pipeline.store.models import AuditLine, FieldReading, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store


def holder(store: Store, item: int) -> tuple[str, str | None]:
    """State of an item, and in whose hand it is."""
    with Session(read_only(store.engine)) as session:
        found = session.get_one(ReviewItem, item)
        return found.state, found.claimed_by


def form(store: Store, item: int) -> tuple[str, str]:
    """Route of an item's form, and who decided it."""
    with Session(read_only(store.engine)) as session:
        route = session.get_one(Form, session.get_one(ReviewItem, item).form_pk).route
        return route.route, route.decided_by


def last_line(store: Store, action: str) -> AuditLine:
    with Session(read_only(store.engine)) as session:
        return session.scalars(select(AuditLine).filter_by(action=action).order_by(AuditLine.id.desc()).limit(1)).one()


def lapse(store: Store, item: int) -> None:
    """Let the lease run out, as if the page had shown no sign of life."""
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with Session(store.engine) as session, session.begin():
        session.execute(update(ReviewItem).filter_by(id=item).values(lease_until=past))


def test_of_two_browsers_that_ask_at_once_each_gets_another_item(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    items = {wait("anc_value"), wait("anc_value")}
    pages = [logged_in(name) for name in ("ann", "ben")]
    for page in pages:
        expect(page.locator("#next")).to_be_focused()
    for page in pages:  # neither waits for the answer of the other
        page.evaluate("setTimeout(() => document.getElementById('next').click(), 50)")
    for page in pages:
        expect(page.locator("#decision")).to_be_visible()
    got = [int(page.url.rsplit("/", 1)[1]) for page in pages]
    assert set(got) == items
    assert [holder(store, item) for item in got] == [(ReviewState.CLAIMED, "ann"), (ReviewState.CLAIMED, "ben")]


def test_of_two_browsers_that_pick_the_same_item_one_gets_it(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    item = wait("anc_value")
    ann, ben = (logged_in(name) for name in ("ann", "ben"))
    for page in (ann, ben):
        page.evaluate("setTimeout(() => document.querySelector('.act button').click(), 50)")
    for page in (ann, ben):
        expect(page.locator("#decision, [role=status]").first).to_be_visible()
    winner, loser = (ann, ben) if holder(store, item)[1] == "ann" else (ben, ann)
    expect(winner).to_have_url(f"/items/{item}")
    expect(loser.locator("[role=status]")).to_contain_text("Somebody else has that item")
    assert loser.request.get(f"/items/{item}").status == 404
    assert loser.request.get(f"/items/{item}/pages/1.png").status == 404


def test_an_item_whose_page_fell_silent_goes_on_with_what_was_written(
    logged_in: LoggedIn, store: Store, wait: Wait
) -> None:
    item = wait("anc_value")
    ann, ben = (logged_in(name) for name in ("ann", "ben"))
    take_next(ann, item)
    expect(ann.locator("#f-anc_value")).to_be_focused()
    with ann.expect_response("**/preview"):
        type_in(ann, "2400", "Enter")
    lapse(store, item)
    take_next(ben, item)
    expect(ben.locator("#f-anc_value")).to_have_value("2400")
    with ann.expect_response("**/preview"):
        walk_to(ann, "#f-anc_value", backwards=True)
        type_in(ann, "2500", "Enter")
    expect(ann.locator("#lost")).to_contain_text("no longer in your hand")
    press(ann, "Control+Enter")
    expect(ann).to_have_url("/queue?done=lost")
    expect(ann.locator("[role=status]")).to_contain_text("nothing was changed")
    press(ben, "Control+Enter")
    expect(ben).to_have_url("/queue?done=accept")
    assert form(store, item) == ("accept", "ben")
    with Session(read_only(store.engine)) as session:
        form_pk = session.get_one(ReviewItem, item).form_pk
        anc = session.scalars(select(FieldReading).filter_by(form_pk=form_pk, field="anc_value")).one()
        assert anc.value == "2400"


def test_what_an_operator_escalates_a_supervisor_accepts_with_a_reason(
    logged_in: LoggedIn, store: Store, wait: Wait
) -> None:
    item = wait(patient_gender=None)
    ann, sue = (logged_in(name) for name in ("ann", "sue"))
    take_next(ann, item)
    press(ann, "Control+Enter")
    refused(ann)
    press(ann, "Alt+s")
    expect(ann.locator("#reason")).to_be_focused()
    type_in(ann, "the office says it has no fax any more", "Enter")
    expect(ann).to_have_url("/queue?done=escalate")
    expect(ann.locator("tbody tr")).to_contain_text("escalated")
    expect(ann.locator(".act button")).to_have_count(0)
    sue.reload()
    take_next(sue, item)
    expect(sue.locator(".tag.urgent")).to_contain_text("the office says it has no fax any more")
    press(sue, "Control+Enter")
    refused(sue)
    walk_to(sue, "[name=override]")
    type_in(sue, "told by telephone")
    press(sue, "Control+Enter")
    expect(sue).to_have_url("/queue?done=accept")
    assert form(store, item) == ("accept", "sue")
    after = last_line(store, "form decided").after or {}
    assert (after["item"], after["override"]) == (item, "told by telephone")
    assert (last_line(store, "review escalated").after or {})["reason"] == "the office says it has no fax any more"


def test_a_supervisor_takes_an_item_out_of_somebodys_hand(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    item = wait("anc_value")
    ann, sue = (logged_in(name) for name in ("ann", "sue"))
    take_next(ann, item)
    expect(ann.locator("#f-anc_value")).to_be_focused()
    sue.reload()
    expect(sue.locator("tbody tr")).to_contain_text("with ann")
    walk_to(sue, ".act button")
    press(sue, "Enter")
    expect(sue).to_have_url(f"/items/{item}")
    assert holder(store, item) == (ReviewState.CLAIMED, "sue")
    with ann.expect_response("**/preview"):
        type_in(ann, "2500", "Enter")
    expect(ann.locator("#lost")).to_contain_text("no longer in your hand")
    assert last_line(store, "review taken over").who == "sue"


def test_two_people_key_a_field_and_a_third_decides_between_them(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    item = wait(KEYED_TWICE, **{KEYED_TWICE: "2022-07-11"})
    for name, keyed in (("ann", "07/12/2022"), ("ben", "07/13/2022")):
        page = logged_in(name)
        page.goto("/keying")
        expect(page.locator("#value")).to_be_focused()
        assert not [day for day in ("2022-07-11", "2022-07-12", "07/12/2022") if day in page.content()], name
        type_in(page, keyed, "Enter")
        expect(page.locator("[role=status]").first).to_contain_text("Somebody else keys it too")
        expect(page.locator("#value")).to_have_count(0)  # nobody keys a field twice
        assert page.request.get(f"/keying/{form_pk(store, item)}/{KEYED_TWICE}/crop.png").status == 404
    sue = logged_in("sue")
    sue.goto("/keying")
    expect(sue.locator("[data-take]")).to_contain_text(["2022-07-12", "2022-07-13"])
    press(sue, "Alt+1")
    expect(sue.locator("#value")).to_have_value("2022-07-12")
    press(sue, "Enter")
    expect(sue.locator("[role=status]").first).to_contain_text("two say the same")
    assert form(store, item) == ("accept", "sue")
    with Session(read_only(store.engine)) as session:
        fields = select(FieldReading).filter_by(form_pk=form_pk(store, item), field=KEYED_TWICE)
        reading = session.scalars(fields).one()
        assert (reading.value, reading.engine, reading.doubtful) == ("2022-07-12", "person", False)


def form_pk(store: Store, item: int) -> int:
    with Session(read_only(store.engine)) as session:
        found = session.get_one(ReviewItem, item).form_pk
        assert found is not None
        return found


def test_look_alikes_are_confirmed_but_the_odd_one_on_one_screen(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    items = [wait("anc_value") for _ in range(3)]
    page = logged_in("ann")
    page.goto("/groups")
    walk_to(page, "[name=group][value='field:anc_value']")
    press(page, "Enter")
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#confirm")).to_be_enabled()
    press(page, "ArrowRight", "F2")
    expect(page.locator("#context-picture")).to_be_visible()
    press(page, "Escape", "Space")
    expect(page.locator("#odd-count")).to_contain_text("1 odd")
    press(page, "Enter")
    expect(page).to_have_url(re.compile("/groups.*confirmed=2.*odd=1"))
    assert [form(store, item) for item in items] == [("accept", "ann"), ("review", "ann"), ("accept", "ann")]
    assert [holder(store, item)[0] for item in items] == [ReviewState.DONE, ReviewState.WAITING, ReviewState.DONE]


def test_an_answer_that_came_too_late_changes_nothing(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    item = wait("anc_value")
    ann = logged_in("ann")
    take_next(ann, item)
    with Session(read_only(store.engine)) as session:
        version = session.get_one(ReviewItem, item).version
    token = ann.locator("#decision [name=token]").get_attribute("value") or ""
    fields = {"token": token, "version": str(version), "action": "reject", "reason": "twice at once"}
    # the same decision, sent again by a browser that had no answer
    answers = [ann.request.post(f"/items/{item}/decide", form=fields, max_redirects=0) for _ in range(2)]
    assert ["done=lost" in answer.headers["location"] for answer in answers] == [False, True]
    with Session(read_only(store.engine)) as session:
        decided = session.scalars(select(AuditLine).filter_by(action="form decided")).all()
        assert sum((line.after or {}).get("item") == item for line in decided) == 1
