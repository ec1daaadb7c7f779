"""The routes of group verification: the groups with their counts, and a sheet of look-alike crops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import Field
from extractors.errors import FaxformsError
from pipeline.deciding import definitions
from pipeline.errors import ClaimLost, NotThere
from pipeline.review import group_sheets
from pipeline.review.group_sheets import Judged
from pipeline.review.grouping import WHOLE, Scope, question, title
from pipeline.review.roles import Somebody
from pipeline.review.web.access import Posted, Visiting, Visitor
from pipeline.review.web.crops import Size, contact_sheet, crop_picture, crop_size, no_picture, png, surroundings
from pipeline.review.web.rendering import page
from pipeline.review.web.screens import words_of
from pipeline.review.web.viewing import opened, picture_seen, seen
from pipeline.store.engine import read_only
from pipeline.store.group_models import GroupCrop, GroupSheet
from pipeline.store.opening import Store

LATEST = 20
"""Sheets that were judged, listed for those who see everything."""

COLUMNS = 8
"""Tiles in a row of the picture of a sheet; on the screen they flow."""


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/groups", show_groups, methods=["GET"])
    app.add_api_route("/groups/deal", deal, methods=["POST"])
    app.add_api_route("/groups/{sheet_id}", show_sheet, methods=["GET"])
    app.add_api_route("/groups/{sheet_id}/crops.png", crops, methods=["GET"])
    app.add_api_route("/groups/{sheet_id}/context/{crop_id}.png", context, methods=["GET"])
    app.add_api_route("/groups/{sheet_id}/judge", judge, methods=["POST"])
    app.add_api_route("/groups/{sheet_id}/release", release, methods=["POST"])


def told(confirmed: int = 0, odd: int = 0, left_out: int = 0, passed: int = 0) -> Judged:
    """What came of the sheet before, as the address of the next page says it."""
    return Judged(confirmed, odd, left_out, passed)


Told = Annotated[Judged, Depends(told)]


def show_groups(
    request: Request, visitor: Visiting, told: Told, scope: str = "", batch: str = "", done: str = ""
) -> Response:
    """The groups of which something waits for this person, and for those who see everything the latest sheets."""
    store: Store = request.app.state.store
    chosen = _scope(scope)
    with Session(read_only(store.engine)) as session:
        waiting = group_sheets.waiting_looks(session, store.settings, visitor.somebody, chosen, batch)
        sheets = _latest(session) if visitor.somebody.sees_everything else ()
        screen = GroupsScreen(
            sections=_sections(Counter(one.look.group for one in waiting)),
            forms=len({one.form for one in waiting}),
            scope=chosen,
            batch=batch,
            sheets=sheets,
        )
        return page(request, "groups.html", screen=screen, Scope=Scope, done=done, told=told)


def deal(request: Request, visitor: Visiting, posted: Posted) -> Response:
    """The next crops of a group."""
    batch = str(posted.get("batch", ""))
    return _dealt(request, visitor, str(posted.get("group", "")), _scope(str(posted.get("scope", ""))), "", batch)


def show_sheet(
    request: Request, sheet_id: int, visitor: Visiting, told: Told, scope: str = "", batch: str = ""
) -> Response:
    """A sheet, and what came of the one before it."""
    with Session(request.app.state.store.engine) as session, session.begin():
        sheet = _visible(session, sheet_id, visitor.somebody)
        if sheet.who != visitor.somebody.name:
            group_sheets.note_views(session, sheet, visitor.somebody.name)
        edits = group_sheets.in_hand(session, sheet_id, visitor.somebody.name) is not None
        screen, chosen = _screen(sheet), _scope(scope)
    opened(request, visitor, f"sheet {sheet_id}")
    return page(request, "group.html", screen=screen, edits=edits, told=told, scope=chosen, batch=batch)


def crops(request: Request, sheet_id: int, visitor: Visiting) -> Response:
    """All crops of a sheet in one picture."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        sheet = _visible(session, sheet_id, visitor.somebody)
        fields = [definitions()[crop.form.form_id].field(crop.field) for crop in sheet.crops]
        pictures = [
            _picture(session, store, crop, field) for crop, field in zip(sheet.crops, fields, strict=True)
        ]  # fmt: skip
        who = visitor.somebody.name
        picture_seen(request, visitor, f"sheet {sheet_id}", lambda s: group_sheets.note_views(s, sheet, who))
        return Response(contact_sheet(pictures, _tile(sheet), COLUMNS), media_type="image/png")


def context(request: Request, sheet_id: int, crop_id: int, visitor: Visiting) -> Response:
    """One crop with what stands around it on its page."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        sheet = _visible(session, sheet_id, visitor.somebody)
        crop = next((crop for crop in sheet.crops if crop.id == crop_id), None)
        if crop is None:
            raise NotThere("there is no such crop")
        field = definitions()[crop.form.form_id].field(crop.field)
        around, who = png(surroundings(session, store, crop.form, field)), visitor.somebody.name
        seen(request, lambda s: group_sheets.note_surroundings(s, crop, who))
        return Response(around, media_type="image/png")


def judge(request: Request, sheet_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Take the person's word on a sheet, and deal the next one of the group."""
    store: Store = request.app.state.store
    odd = {int(one) for one in map(str, posted.getlist("odd")) if one.isdecimal()}
    try:
        with Session(store.engine) as session, session.begin():
            told = group_sheets.judge(session, store.settings, visitor.somebody, sheet_id, odd)
            group = session.get_one(GroupSheet, sheet_id).group
    except ClaimLost:
        return RedirectResponse("/groups?done=lost", 303)
    words = f"&confirmed={told.confirmed}&odd={told.odd}&left_out={told.left_out}&passed={told.passed}"
    batch = str(posted.get("batch", ""))
    return _dealt(request, visitor, group, _scope(str(posted.get("scope", ""))), words, batch)


def release(request: Request, sheet_id: int, visitor: Visiting) -> Response:
    """Put a sheet back."""
    with Session(request.app.state.store.engine) as session, session.begin():
        if group_sheets.in_hand(session, sheet_id, visitor.somebody.name) is not None:
            group_sheets.put_back_all(session, visitor.somebody.name)
    return RedirectResponse("/groups?done=release", 303)


def _picture(session: Session, store: Store, crop: GroupCrop, field: Field) -> Image.Image:
    try:
        return crop_picture(session, store, crop.form, field, crop.cell)
    except FaxformsError:  # one damaged original must not hide the whole sheet; nobody confirms what says this
        return no_picture(crop_size(field, crop.cell))


def _dealt(request: Request, visitor: Visitor, group: str, scope: Scope, told: str, batch: str) -> Response:
    store: Store = request.app.state.store
    done = "all" if told else "none"
    with Session(store.engine) as session, session.begin():
        lease = store.settings.review_lease
        sheet = group_sheets.deal(session, store.settings, visitor.somebody, group, scope, lease, batch)
    told = f"&batch={quote(batch)}{told}" if batch else told
    if sheet is None:
        return RedirectResponse(f"/groups?scope={scope}&done={done}{told}", 303)
    return RedirectResponse(f"/groups/{sheet}?scope={scope}{told}", 303)


def _visible(session: Session, sheet_id: int, somebody: Somebody) -> GroupSheet:
    """The sheet, for whoever has it in hand and those who see everything."""
    sheet = session.get(GroupSheet, sheet_id)
    mine = sheet is not None and group_sheets.in_hand(session, sheet_id, somebody.name) is not None
    if sheet is None or not (mine or somebody.sees_everything):
        raise NotThere("there is no such sheet")
    return sheet


def _scope(asked: str) -> Scope:
    return Scope(asked) if asked in list(Scope) else Scope.HOLDING


# What is shown


@dataclass(frozen=True, slots=True)
class Tile:
    """A crop on the screen: where it lies on the sheet's picture, and in words where it comes from."""

    id: int
    view_box: str
    shows: str
    where: str
    odd: bool
    left_out: bool


@dataclass(frozen=True, slots=True)
class SheetScreen:
    """A sheet, as far as it is shown; `picture` is the size of its picture, `kind` what its crops are."""

    id: int
    title: str
    question: str
    kind: str
    who: str
    tiles: Sequence[Tile]
    tile: Size
    picture: Size


@dataclass(frozen=True, slots=True)
class GroupsScreen:
    """The groups by what they show, of how many forms, and the latest sheets that were judged."""

    sections: Mapping[str, Sequence[GroupLine]]
    forms: int
    scope: Scope
    batch: str
    sheets: Sequence[GroupSheet]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group and how many crops of it wait."""

    key: str
    title: str
    waiting: int


def _sections(counts: Mapping[str, int]) -> dict[str, list[GroupLine]]:
    """The groups by what they show, the largest first; digits in their order."""
    sections: dict[str, list[GroupLine]] = {"Boxes and signatures": [], "Digits in combs": [], "Values": []}
    for group, waiting in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        sections[_section(group)].append(GroupLine(group, title(group), waiting))
    sections["Digits in combs"].sort(key=lambda line: line.key)
    return sections


def _section(group: str) -> str:
    if group.startswith("digit-"):
        return "Digits in combs"
    return "Values" if group.startswith("field:") or group == "empty" else "Boxes and signatures"


def _latest(session: Session) -> Sequence[GroupSheet]:
    judged = select(GroupSheet.id).join(GroupCrop).where(GroupCrop.verdict.is_not(None)).distinct()
    latest = select(GroupSheet).where(GroupSheet.id.in_(judged)).order_by(GroupSheet.id.desc()).limit(LATEST)
    return session.scalars(latest).all()


def _screen(sheet: GroupSheet) -> SheetScreen:
    tile = _tile(sheet)
    rows = -(-len(sheet.crops) // COLUMNS)
    return SheetScreen(
        id=sheet.id,
        title=title(sheet.group),
        question=question(sheet.group),
        kind=sheet.group.split("-")[0].split(":")[0],
        who=sheet.who,
        tiles=[_tile_shown(crop, number, tile) for number, crop in enumerate(sheet.crops)],
        tile=tile,
        picture=(tile[0] * COLUMNS, tile[1] * rows),
    )


def _tile_shown(crop: GroupCrop, number: int, tile: Size) -> Tile:
    definition = definitions()[crop.form.form_id]
    field = definition.field(crop.field)
    label = field.label or words_of(crop.field)
    options = {option.name: option.label or words_of(option.name) for option in field.options}
    cell = f", cell {crop.cell}" if crop.cell != WHOLE else ""
    return Tile(
        id=crop.id,
        view_box=f"{number % COLUMNS * tile[0]} {number // COLUMNS * tile[1]} {tile[0]} {tile[1]}",
        shows=options.get(crop.shows, crop.shows),
        where=f"{label}{cell} · {definition.title} · document {crop.form.document_id}",
        odd=crop.verdict == group_sheets.Verdict.ODD,
        left_out=crop.verdict is None and crop.sheet.closed_at is not None,
    )


def _tile(sheet: GroupSheet) -> Size:
    sizes = [crop_size(definitions()[crop.form.form_id].field(crop.field), crop.cell) for crop in sheet.crops]
    return max(width for width, _ in sizes), max(height for _, height in sizes)
