"""The routes of notices to senders: looked at as they will go out, edited, sent; and those that were made."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from extractors.definition_drawing import rendered
from extractors.errors import FaxformsError
from pipeline import originals
from pipeline.deciding import definitions
from pipeline.errors import ClaimLost, NoticeTextError, NotThere
from pipeline.notice import layout, make
from pipeline.notice.drafting import addressee_fields
from pipeline.notice.notice import Notice, Point
from pipeline.notice.text import checked, part_names
from pipeline.review import decide, sending_back
from pipeline.review.sending_back import Prepared
from pipeline.review.web.access import Posted, Visiting, Visitor, is_in_hand, visible_item
from pipeline.review.web.crops import png
from pipeline.review.web.items import go_on, hand_of
from pipeline.review.web.rendering import page
from pipeline.review.web.screens import FieldShown, PageShown, fields_shown, page_shown
from pipeline.review.web.viewing import opened, picture_seen, seen
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.models import AuditLine, Form, ReviewItem
from pipeline.store.opening import Store

REFUSED = 409

MORE = 1
"""Empty points that are offered below the others."""


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/items/{item_id}/notice", show, methods=["GET"])
    app.add_api_route("/items/{item_id}/notice", send, methods=["POST"])
    app.add_api_route("/items/{item_id}/notice/words", keep, methods=["POST"])
    app.add_api_route("/items/{item_id}/notice.png", picture, methods=["GET"])
    app.add_api_route("/notices/{sha256}.pdf", made, methods=["GET"])


def show(request: Request, item_id: int, visitor: Visiting) -> Response:
    """The notice about an item in hand, beside its words; that it was seen is noted."""
    return _shown(request, item_id, visitor)


def keep(request: Request, item_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Keep the words as they are by now, and show their page; or go back, to the item or to the program's words."""
    store: Store = request.app.state.store
    action, notice, refused = posted.get("action"), None, ""
    if action != "anew":
        try:
            notice = _fitting(posted)
        except NoticeTextError as error:
            refused = str(error)
    with Session(store.engine) as session, session.begin():
        item = session.get(ReviewItem, item_id)
        if item is None or not is_in_hand(item, visitor.somebody):
            answer = page(request, "_lost.html")
            answer.headers["HX-Retarget"] = "#lost"
            return answer
        if not refused:
            sending_back.keep_words(session, hand_of(item_id, visitor, posted), notice)
    if action in ("anew", "back"):
        return RedirectResponse(f"/items/{item_id}" + ("/notice" if action == "anew" else ""), 303)
    version = _version(notice) if notice else ""
    return page(request, "_notice_page.html", item=item_id, version=version, refused=refused)


def picture(request: Request, item_id: int, visitor: Visiting) -> Response:
    """The notice as it would go out now: the page that is faxed, drawn."""
    store: Store = request.app.state.store
    with Session(store.engine) as session:
        item = _held(session, item_id, visitor)
        ready = sending_back.prepared(session, item, visitor.somebody)
    drawn, who = png(rendered(ready.page(store), 1).convert("L")), visitor.somebody.name
    with Session(read_only(store.engine)) as session:
        item = _held(session, item_id, visitor)
        picture_seen(request, visitor, f"notice {item_id}", lambda s: decide.note_view(s, item, who, "notice"))
    return Response(drawn, media_type="image/png")


def send(request: Request, item_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Send the item back with these words, and go on to the next; where that is refused, the page says why."""
    store: Store = request.app.state.store
    try:
        pdf = sending_back.send_back(store, hand_of(item_id, visitor, posted), _fitting(posted))
    except (ClaimLost, NotThere):
        return RedirectResponse("/queue?done=lost", 303)
    except FaxformsError as error:
        return _shown(request, item_id, visitor, refused=str(error), written=_written(posted))
    return go_on(store, visitor, "send_back", hashlib.sha256(pdf).hexdigest())


def made(request: Request, sha256: str, visitor: Visiting) -> Response:
    """A notice that was made, for whoever made it and for those who see everything; that it was seen is noted."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        lines = select(AuditLine).filter_by(action=make.MADE).order_by(AuditLine.id.desc())
        if not visitor.somebody.sees_everything:
            lines = lines.filter_by(who=visitor.somebody.name)
        made = next((line for line in session.scalars(lines) if (line.after or {}).get("sha256") == sha256), None)
        if made is None:
            raise NotThere("there is no such notice")
        document_id = made.document_id
    pdf, who = originals.fetch(store.notices, sha256), visitor.somebody.name
    after = {"what": "notice", "sha256": sha256}
    seen(request, lambda s: audit.write_line(s, audit.VIEWED, who=who, document_id=document_id, after=after))
    return Response(pdf, media_type="application/pdf")


@dataclass(frozen=True, slots=True)
class NoticeScreen:
    """A notice to be sent; `addressee` are the fields of the form that name whom it goes to, to be compared."""

    item: ReviewItem
    title: str
    notice: Notice
    points: Sequence[Point]
    remarks: Sequence[str]
    changed: bool
    version: str
    addressee: Sequence[FieldShown]
    pages: Sequence[PageShown]


def _shown(
    request: Request, item_id: int, visitor: Visitor, *, refused: str = "", written: Notice | None = None
) -> Response:
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        item = _held(session, item_id, visitor)
        decide.note_view(session, item, visitor.somebody.name, "notice")
    with Session(store.engine) as session:
        ready = sending_back.prepared(session, _held(session, item_id, visitor), visitor.somebody)
    with Session(read_only(store.engine)) as session:
        screen = _screen(session, store, _held(session, item_id, visitor), ready, written)
        status = REFUSED if refused else 200
        answer = page(request, "notice.html", status=status, screen=screen, refused=refused)
    opened(request, visitor, f"notice {item_id}")
    opened(request, visitor, f"item {item_id}")  # the crops of whom it goes to are parts of its pages
    return answer


def _screen(
    session: Session, store: Store, item: ReviewItem, ready: Prepared, written: Notice | None
) -> NoticeScreen:  # fmt: skip
    form = session.get(Form, item.form_pk) if item.form_pk is not None else None
    notice, pages = written or ready.notice, [page_shown(store, row, form) for row in item.document.pages]
    fields = [] if form is None else fields_shown(form, decide.kept_draft(item), pages)
    names = set() if ready.content is None else addressee_fields(ready.content)
    return NoticeScreen(
        item=item,
        title="Pages of no form" if form is None else definitions()[form.form_id].title,
        notice=notice,
        points=[*notice.points, *[Point("", "")] * MORE],
        remarks=ready.draft.remarks,
        changed=bool(ready.changed(notice)),
        version=_version(ready.notice),
        addressee=[one for one in fields if one.field.name in names],
        pages=pages,
    )


def _held(session: Session, item_id: int, visitor: Visitor) -> ReviewItem:
    """The item, for whoever has it in hand; to everybody else its notice is as if it did not exist."""
    item = visible_item(session, item_id, visitor.somebody)
    if not is_in_hand(item, visitor.somebody):
        raise NotThere("there is no such item")
    return item


def _fitting(posted: FormData) -> Notice:
    """The notice that was posted; NoticeTextError where it says too little, or more than a page holds."""
    notice = checked(_written(posted))
    layout.page(notice, {})  # pictures give way to words
    return notice


def _written(posted: FormData) -> Notice:
    """What was posted, as it is; points that say nothing are no points."""
    points = [
        Point(*(str(posted.get(f"{name}.{number}", "")) for name in ("place", "says", "picture")))
        for number in itertools.takewhile(lambda number: f"says.{number}" in posted, itertools.count(1))
        if f"out.{number}" not in posted
    ]
    said = {name: str(posted.get(name, "")) for name in part_names()}
    return Notice(points=tuple(point for point in points if point.place.strip() or point.says.strip()), **said)


def _version(notice: Notice) -> str:
    """What of the picture's address changes with the words."""
    return hashlib.sha256(repr(notice).encode()).hexdigest()[:12]
