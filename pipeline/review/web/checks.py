"""The routes of blind checks: a form that passed, its pages beside fields without values, keyed once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from extractors.definition import FieldKind
from pipeline.deciding import definitions
from pipeline.errors import CheckRefused, ClaimLost, CorrectionRefused, NotThere
from pipeline.quality import checking
from pipeline.quality.checking import AskedField
from pipeline.quality.sampling import CheckKind
from pipeline.quality.snapshot import as_value
from pipeline.review.web.access import Posted, Visiting, Visitor
from pipeline.review.web.keying import others_said
from pipeline.review.web.pictures import picture_of, place_of
from pipeline.review.web.rendering import page as rendered
from pipeline.review.web.screens import BOXES, FieldShown, PageShown, by_section, page_shown
from pipeline.review.web.viewing import opened, picture_seen
from pipeline.review.writing import iso, parsed
from pipeline.store.engine import read_only
from pipeline.store.models import Page
from pipeline.store.opening import Store
from pipeline.store.quality_models import QualityCheck


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/checks", show_checks, methods=["GET"])
    app.add_api_route("/checks/next", take_next, methods=["POST"])
    app.add_api_route("/checks/{check_id}", show, methods=["GET"])
    app.add_api_route("/checks/{check_id}/pages/{page}.png", picture, methods=["GET"])
    app.add_api_route("/checks/{check_id}/heartbeat", heartbeat, methods=["POST"])
    app.add_api_route("/checks/{check_id}/record", record, methods=["POST"])


def show_checks(request: Request, visitor: Visiting, done: str = "") -> Response:
    """The checks that wait, and which of them this person may do."""
    with Session(read_only(request.app.state.store.engine)) as session:
        checks = checking.waiting(session)
        mine = {one.id for one in checks if checking.may_check(session, one, visitor.somebody.name)}
        return rendered(request, "checks.html", checks=checks, mine=mine, definitions=definitions(), done=done)


def take_next(request: Request, visitor: Visiting) -> Response:
    """The next check that this person may do."""
    return _next(request.app.state.store, visitor, "")


def show(request: Request, check_id: int, visitor: Visiting, done: str = "") -> Response:
    """A check in hand; that its pages were seen is noted."""
    return _shown(request, check_id, visitor, FormData(), done=done)


def picture(request: Request, check_id: int, page: int, visitor: Visiting) -> Response:
    """A page of the form that is checked."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        check = _in_hand(session, check_id, visitor)
        row = session.scalar(select(Page).filter_by(document_id=check.form.document_id, page=page))
        if row is None or page not in check.form.pages:
            raise NotThere("there is no such page")
        png, who = picture_of(store, row).png, visitor.somebody.name
        picture_seen(request, visitor, f"check {check_id}", lambda s: checking.note_view(s, check, who))
        return Response(png, media_type="image/png")


def heartbeat(request: Request, check_id: int, visitor: Visiting, posted: Posted) -> Response:
    """A sign of life of the check's page."""
    store: Store = request.app.state.store
    try:
        with Session(store.engine) as session, session.begin():
            lease = store.settings.review_lease
            checking.keep(session, check_id, visitor.somebody.name, _version(posted), lease)
    except ClaimLost:
        return rendered(request, "_lost.html")
    return Response(status_code=204)


def record(request: Request, check_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Take what was keyed, and go on to the next check; where that is refused, the page says why and keeps it."""
    store: Store = request.app.state.store
    who, version = visitor.somebody.name, _version(posted)
    try:
        with Session(store.engine) as session, session.begin():
            if posted.get("action") == "release":
                checking.release(session, check_id, who, version)
                return RedirectResponse("/checks?done=release", 303)
            check = _in_hand(session, check_id, visitor)
            illegible = {str(name) for name in posted.getlist("illegible")}
            written = {
                name: _written(check, name, posted) for name in (_looked_at(posted) - illegible) & set(check.fields)
            }
            keyed = {name: as_value(parsed(check.form, name, text)) for name, text in written.items()}
            checking.record(session, check_id, who, version, keyed, illegible)
    except (ClaimLost, NotThere):
        return RedirectResponse("/checks?done=lost", 303)
    except (CheckRefused, CorrectionRefused) as error:
        return _shown(request, check_id, visitor, posted, status=409, refused=str(error))
    return _next(store, visitor, "record")


@dataclass(frozen=True, slots=True)
class CheckScreen:
    """A form to be keyed once more; `third`: only what two others differ in."""

    check: int
    version: int
    title: str
    document: int
    third: bool
    pages: Sequence[PageShown]
    sections: Mapping[str, Sequence[FieldShown]]


def _next(store: Store, visitor: Visitor, done: str) -> Response:
    with Session(store.engine) as session, session.begin():
        check = checking.claim_next(session, visitor.somebody.name, store.settings.review_lease)
    if check is None:
        return RedirectResponse(f"/checks?done={done or 'nothing'}", 303)
    return RedirectResponse(f"/checks/{check}?done={done}", 303)


def _shown(
    request: Request,
    check_id: int,
    visitor: Visitor,
    posted: FormData,
    *,
    status: int = 200,
    done: str = "",
    refused: str = "",
) -> Response:
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        checking.note_view(session, _in_hand(session, check_id, visitor), visitor.somebody.name)
    opened(request, visitor, f"check {check_id}")
    with Session(read_only(store.engine)) as session:
        screen = _screen(session, store, _in_hand(session, check_id, visitor), posted)
        return rendered(request, "check.html", status=status, screen=screen, done=done, refused=refused)


def _screen(session: Session, store: Store, check: QualityCheck, posted: FormData) -> CheckScreen:
    asked = checking.asked(session, check)
    rows = {row.page: row for row in check.form.document.pages if row.page in asked.pages}
    pages = {number: page_shown(store, row, check.form) for number, row in rows.items()}
    return CheckScreen(
        check=check.id,
        version=check.version,
        title=definitions()[asked.form_id].title,
        document=asked.document_id,
        third=asked.kind is CheckKind.THIRD,
        pages=list(pages.values()),
        sections=by_section([_field(one, rows[one.page], pages[one.page], posted) for one in asked.fields]),
    )


def _field(asked: AskedField, row: Page, page: PageShown, posted: FormData) -> FieldShown:
    """A field without a value, or with what was keyed and could not be taken."""
    name = asked.field.name
    blank = FieldShown(
        field=asked.field,
        text="",
        written=str(posted.get(f"v.{name}", "")),
        page=asked.page,
        state="to_key",
        percent=0,
        why="",
        place=None if page.picture is None else place_of(asked.box, row, page.picture),
        alternatives=(),
        was_read=False,
        others=others_said(asked.field, asked.shown),
    )
    keyed = {"illegible": name in posted.getlist("illegible"), "confirmed": name in _looked_at(posted)}
    return replace(blank, state=next((state for state, is_so in keyed.items() if is_so), "to_key"))


def _looked_at(posted: FormData) -> set[str]:
    """The fields that the person says they looked at, and those in which something stands."""
    written = {name.removeprefix("v.") for name, text in posted.items() if name.startswith("v.") and text}
    return written | {str(name) for name in posted.getlist("confirmed")}


def _written(check: QualityCheck, name: str, posted: FormData) -> str:
    kind = definitions()[check.form.form_id].field(name).kind
    text = str(posted.get(f"v.{name}", "no" if kind in BOXES else ""))
    return iso(text) if kind is FieldKind.DATE else text


def _in_hand(session: Session, check_id: int, visitor: Visitor) -> QualityCheck:
    """The check, for whoever has it in hand; to everybody else it is as if it did not exist."""
    check = checking.in_hand(session, check_id, visitor.somebody.name)
    if check is None:
        raise NotThere("there is no such check")
    return check


def _version(posted: FormData) -> int:
    version = str(posted.get("version", ""))
    return int(version) if version.isdigit() else 0
