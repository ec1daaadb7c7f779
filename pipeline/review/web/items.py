"""The routes of one item: take it, look at it, write, decide, go on to the next."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.datastructures import FormData

from extractors.definition import FieldKind
from extractors.errors import FaxformsError
from pipeline.deciding import definitions
from pipeline.errors import ClaimLost, DecisionRefused, NotThere
from pipeline.review import claiming, decide, keying
from pipeline.review.decide import Entries, Hand
from pipeline.review.roles import Somebody
from pipeline.review.web.access import Posted, Visiting, Visitor, is_in_hand, visible_item
from pipeline.review.web.pictures import blank_picture, picture_of
from pipeline.review.web.rendering import page
from pipeline.review.web.screens import BOXES, item_screen
from pipeline.review.web.viewing import opened, picture_seen
from pipeline.review.writing import as_written, iso
from pipeline.store.engine import read_only
from pipeline.store.models import Form, Page, ReviewItem
from pipeline.store.opening import Store

POSTPONED_BY = dt.timedelta(hours=1)


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/next", take_next, methods=["POST"])
    app.add_api_route("/items/{item_id}/claim", take, methods=["POST"])
    app.add_api_route("/items/{item_id}/take-over", take_over, methods=["POST"])
    app.add_api_route("/items/{item_id}", show, methods=["GET"])
    app.add_api_route("/items/{item_id}/pages/{page}.png", picture, methods=["GET"])
    app.add_api_route("/items/{item_id}/beside/{page}.png", picture_beside, methods=["GET"])
    app.add_api_route("/items/{item_id}/preview", preview, methods=["POST"])
    app.add_api_route("/items/{item_id}/heartbeat", heartbeat, methods=["POST"])
    app.add_api_route("/items/{item_id}/decide", decide_item, methods=["POST"])
    app.add_api_route("/blanks/{form_id}/{page}.png", blank, methods=["GET"])


def take_next(request: Request, visitor: Visiting) -> Response:
    """The most urgent item that is theirs to take, or field that is theirs to key."""
    return go_on(request.app.state.store, visitor, "")


def take(request: Request, item_id: int, visitor: Visiting) -> Response:
    """An item picked from the queue."""
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        version = claiming.claim(session, item_id, visitor.somebody, store.settings.review_lease)
    return RedirectResponse(f"/items/{item_id}" if version is not None else "/queue?done=taken", 303)


def take_over(request: Request, item_id: int, visitor: Visiting) -> Response:
    """An item out of somebody else's hand."""
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        version = claiming.take_over(session, item_id, visitor.somebody, store.settings.review_lease)
    return RedirectResponse(f"/items/{item_id}" if version is not None else "/queue?done=taken", 303)


def show(request: Request, item_id: int, visitor: Visiting, done: str = "", notice: str = "") -> Response:
    """The item's page; that it was seen is noted."""
    return _shown(request, item_id, visitor, done=done, notice=notice)


def picture(request: Request, item_id: int, page: int, visitor: Visiting) -> Response:
    """A page of the item's document."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        item = visible_item(session, item_id, visitor.somebody)
        row = session.scalar(select(Page).filter_by(document_id=item.document_id, page=page))
        if row is None:
            raise NotThere("there is no such page")
        png, who = picture_of(store, row).png, visitor.somebody.name
        picture_seen(request, visitor, f"item {item_id}", lambda s: decide.note_view(s, item, who, f"page {page}"))
        return Response(png, media_type="image/png")


def picture_beside(request: Request, item_id: int, page: int, visitor: Visiting) -> Response:
    """A page of the form that contradicts the item's, for whoever may see the item."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        item = visible_item(session, item_id, visitor.somebody)
        form = session.get(Form, item.form_pk) if item.form_pk is not None else None
        other = None if form is None or form.route.contradicts is None else session.get(Form, form.route.contradicts)
        if other is None or page not in other.pages:
            raise NotThere("there is no such page")
        row = session.scalars(select(Page).filter_by(document_id=other.document_id, page=page)).one()
        png, who = picture_of(store, row).png, visitor.somebody.name
        picture_seen(request, visitor, f"item {item_id}", lambda s: decide.note_view_beside(s, item, other, who))
        return Response(png, media_type="image/png")


def preview(request: Request, item_id: int, visitor: Visiting, posted: Posted) -> Response:
    """The findings with what is written so far, which is kept as a draft; whoever has lost the item is told."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        item = session.get(ReviewItem, item_id)
        if item is None or not is_in_hand(item, visitor.somebody):
            answer = page(request, "_lost.html")
            answer.headers["HX-Retarget"] = "#lost"
            return answer
        form = session.get(Form, item.form_pk) if item.form_pk is not None else None
        if form is None:
            raise NotThere("the item is no form")
        entries = _entries(form, posted)
        try:
            findings, refused = decide.preview(session, form, entries, visitor.somebody), ""
        except FaxformsError as error:
            findings, refused = decide.shown(form.findings, visitor.somebody), str(error)
    if not refused:
        with Session(store.engine) as session, session.begin():
            decide.keep_draft(session, hand_of(item_id, visitor, posted), entries)
    seen = posted.getlist("seen")
    return page(request, "_findings.html", findings=findings, refused=refused, seen=seen)


def heartbeat(request: Request, item_id: int, visitor: Visiting, posted: Posted) -> Response:
    """A sign of life of the item's page."""
    store: Store = request.app.state.store
    hand = hand_of(item_id, visitor, posted)
    try:
        with Session(store.engine) as session, session.begin():
            claiming.keep(session, hand.item, hand.somebody.name, hand.version, store.settings.review_lease)
    except ClaimLost:
        return page(request, "_lost.html")
    return Response(status_code=204)


def decide_item(request: Request, item_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Decide, and go on to the next item; where that is refused, the item's page says why."""
    store: Store = request.app.state.store
    hand = hand_of(item_id, visitor, posted)
    action, reason = str(posted.get("action", "")), str(posted.get("reason", ""))
    try:
        with Session(store.engine) as session, session.begin():
            done = _decided(session, store, hand, action, reason, posted)
        if not done:
            return RedirectResponse(f"/items/{item_id}/notice" if action == "send_back" else f"/items/{item_id}", 303)
    except (ClaimLost, NotThere):
        return RedirectResponse("/queue?done=lost", 303)
    except FaxformsError as error:
        return _shown(request, item_id, visitor, refused=str(error), status=409)
    return go_on(store, visitor, done)


def blank(form_id: str, page: int) -> Response:
    """A page of a form's blank, to lay beside."""
    return Response(blank_picture(form_id, page), media_type="image/png")


def _decided(session: Session, store: Store, hand: Hand, action: str, reason: str, posted: FormData) -> str:
    """Decide the item; what was done, "" where it stays in hand: nothing was decided yet, or something new came up."""
    match action:
        case "accept":
            item = visible_item(session, hand.item, hand.somebody)
            form = session.get(Form, item.form_pk) if item.form_pk is not None else None
            if form is None:
                raise DecisionRefused("a page that is no form cannot be accepted")
            seen = frozenset(str(one) for one in posted.getlist("seen"))
            key = str(posted.get("patient_key", "")) or None
            route = decide.accept(
                session,
                store.settings,
                hand,
                _entries(form, posted),
                seen=seen,
                override=str(posted.get("override", "")),
                patient_key=key,
            )
            session.refresh(item)
            if route.route == "review":
                return "" if is_in_hand(item, hand.somebody) else "keying"
        case "reject":
            decide.reject(session, store.settings, hand, reason)
        case "set_aside":
            decide.set_aside(session, store.settings, hand)
        case "escalate":
            decide.escalate(session, hand, reason)
        case "postpone":
            decide.postpone(session, hand, POSTPONED_BY)
        case "release":
            claiming.release(session, hand.item, hand.somebody.name, hand.version)
        case _:  # nothing is decided yet: the notice is looked at first; or the check of a browser without scripts
            item = visible_item(session, hand.item, hand.somebody)
            if not is_in_hand(item, hand.somebody) or item.version != hand.version:
                raise ClaimLost(f"review item {item.id}: somebody else took it over, or it was decided")
            form = session.get(Form, item.form_pk) if item.form_pk is not None else None
            if form is not None:
                entries = _entries(form, posted)
                entries.parsed(form)  # what a field cannot say is refused here, where it is written
                decide.keep_draft(session, hand, entries)
            return ""
    return action


def go_on(store: Store, visitor: Visitor, done: str, notice: str = "") -> Response:
    """On to the next item or field, or to the queue where nothing is left; putting one back ends the round."""
    told = f"?done={done}" + (f"&notice={notice}" if notice else "") if done else ""
    item = None
    if done != "release":
        keyed_first = keying.awaits_keying(store.settings)
        with Session(store.engine) as session, session.begin():
            if _keys_first(session, store, visitor.somebody):
                return RedirectResponse(f"/keying{told}", 303)
            item = claiming.claim_next(session, visitor.somebody, store.settings.review_lease, but=keyed_first)
    return RedirectResponse(f"/items/{item}{told}" if item is not None else f"/queue{told or '?done=nothing'}", 303)


def _keys_first(session: Session, store: Store, somebody: Somebody) -> bool:
    """Whether the person holds nothing, and a field waits for them to be keyed that goes before the next item."""
    task = keying.next_task(session, store.settings, somebody)
    if task is None or claiming.in_hand(session, somebody) is not None:
        return False
    but = keying.awaits_keying(store.settings)
    return keying.comes_before(session, task, claiming.upcoming(session, somebody, 1, but=but))


def _shown(
    request: Request,
    item_id: int,
    visitor: Visitor,
    *,
    status: int = 200,
    done: str = "",
    notice: str = "",
    refused: str = "",
) -> Response:
    store: Store = request.app.state.store
    somebody = visitor.somebody
    with Session(store.engine) as session, session.begin():
        item = visible_item(session, item_id, somebody)
        decide.note_view(session, item, somebody.name, "item")
        form = session.get(Form, item.form_pk) if item.form_pk is not None else None
        other = None if form is None or form.route.contradicts is None else session.get(Form, form.route.contradicts)
        if other is not None:
            decide.note_view_beside(session, item, other, somebody.name)
    opened(request, visitor, f"item {item_id}")
    with Session(read_only(store.engine)) as session:  # nobody is held up while the pages are drawn
        item = visible_item(session, item_id, somebody)
        screen = item_screen(session, store, item, somebody)
        edits = is_in_hand(item, somebody) and somebody.decides
        told = {"done": done, "notice": notice, "refused": refused}
        answer = page(request, "item.html", status=status, screen=screen, edits=edits, **told)
    if edits:
        answer.background = BackgroundTask(_fetch_ahead, store, somebody)
    return answer


def _fetch_ahead(store: Store, somebody: Somebody) -> None:
    """Draw the pages of the item that comes next while this one is looked at; nobody's claim, and shown to nobody."""
    with Session(read_only(store.engine)) as session:
        for item_id in claiming.upcoming(session, somebody, 1, but=keying.awaits_keying(store.settings)):
            for row in session.get_one(ReviewItem, item_id).document.pages:
                with suppress(FaxformsError):  # told when the item is opened
                    picture_of(store, row)


def hand_of(item_id: int, visitor: Visitor, posted: FormData) -> Hand:
    """The item in that person's hand, at the version that their page shows."""
    version = str(posted.get("version", ""))
    return Hand(item_id, int(version) if version.isdigit() else 0, visitor.somebody)


def _entries(form: Form, posted: FormData) -> Entries:
    """What is written otherwise than it was read, or was confirmed; a box that is not posted is not ticked."""
    confirmed, values = set(posted.getlist("confirmed")), {}
    hidden = set(posted.getlist("keyed_by_two"))
    kinds = {field.name: field.kind for field in definitions()[form.form_id].fields}
    for reading in form.readings:
        if reading.field in hidden:
            continue
        default = "no" if kinds[reading.field] in BOXES else as_written(reading.value)
        text = str(posted.get(f"v.{reading.field}", default))
        if kinds[reading.field] is FieldKind.DATE:
            text = iso(text)
        if text != as_written(reading.value) or reading.field in confirmed:
            values[reading.field] = text
    return Entries(values, frozenset(str(name) for name in posted.getlist("illegible")))
