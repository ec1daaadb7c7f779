"""The routes of an item's pages: what each is, and which belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from extractors.definition import looked_for
from pipeline.deciding import definitions
from pipeline.errors import ClaimLost, DecisionRefused, NotThere
from pipeline.review import decide, rearranging
from pipeline.review.decide import Hand
from pipeline.review.rearranging import Kind, Placement
from pipeline.review.web.access import Posted, Visiting, Visitor, is_in_hand, visible_item
from pipeline.review.web.rendering import page
from pipeline.review.web.screens import PageShown, page_shown
from pipeline.review.web.viewing import opened
from pipeline.store.models import ReviewItem
from pipeline.store.opening import Store

WORDS: Mapping[Kind, str] = {
    Kind.ADDITIONAL: "additional page of a form",
    Kind.BLANK: "blank",
    Kind.COVER: "cover sheet",
    Kind.OTHER: "other, no form",
    Kind.UNDECIDED: "not known yet: waits on",
}
"""What a page may be that is no page of a known form."""


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/items/{item_id}/arrange", show, methods=["GET"])
    app.add_api_route("/items/{item_id}/arrange", arrange, methods=["POST"])


def show(request: Request, item_id: int, visitor: Visiting) -> Response:
    """The pages of an item in hand; that they were seen is noted."""
    return _shown(request, item_id, visitor, {}, "", 200)


def arrange(request: Request, item_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Put the pages where the person says, and go on with the form that results."""
    store: Store = request.app.state.store
    version, asked = str(posted.get("version", "")), _asked(posted)
    hand = Hand(item_id, int(version) if version.isdigit() else 0, visitor.somebody)
    try:
        item = rearranging.arrange(store, hand, asked)
    except ClaimLost:
        return RedirectResponse("/queue?done=lost", 303)
    except DecisionRefused as error:
        return _shown(request, item_id, visitor, asked, str(error), 409)
    return RedirectResponse("/queue?done=arranged" if item is None else f"/items/{item}?done=arranged", 303)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with what it is said to be: `what` is a kind, or a form and its page; `group` the form it belongs to."""

    shown: PageShown
    what: str
    group: int


@dataclass(frozen=True, slots=True)
class ArrangeScreen:
    """The pages that may be arranged, what they may be, and how many pages of decided forms there are beside."""

    item: ReviewItem
    sheets: Sequence[Sheet]
    forms: Mapping[str, Sequence[tuple[str, str]]]
    groups: Sequence[int]
    fixed: int


def _shown(
    request: Request, item_id: int, visitor: Visitor, asked: Mapping[int, Placement], refused: str, status: int
) -> Response:
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        item = visible_item(session, item_id, visitor.somebody)
        if not is_in_hand(item, visitor.somebody):
            raise NotThere("there is no such item")
        decide.note_view(session, item, visitor.somebody.name, "pages")
        screen = _screen(session, store, item, visitor, asked)
        answer = page(request, "arrange.html", status=status, screen=screen, words=WORDS, refused=refused)
    opened(request, visitor, f"item {item_id}")
    return answer


def _screen(
    session: Session, store: Store, item: ReviewItem, visitor: Visitor, asked: Mapping[int, Placement]
) -> ArrangeScreen:
    places = dict(rearranging.placements_of(session, item.document, visitor.somebody))
    places |= {number: place for number, place in asked.items() if number in places}
    rows = [row for row in item.document.pages if row.page in places]
    known = looked_for(tuple(definitions().values()))
    shared = {title for title, count in Counter(one.title for one in known).items() if count > 1}
    titles = {one.form_id: f"{one.title}, {one.revision}" if one.title in shared else one.title for one in known}
    forms = {
        f"{one.title} ({one.form_id})": [
            (f"{one.form_id}/{layout.number}", f"page {layout.number} of {titles[one.form_id]}") for layout in one.pages
        ]
        for one in known
    }
    most = max((place.group or 0 for place in places.values()), default=0)
    return ArrangeScreen(
        item=item,
        sheets=[
            Sheet(page_shown(store, row, None), _what(places[row.page]), places[row.page].group or 1) for row in rows
        ],
        forms=forms,
        groups=range(1, max(most, len(rows)) + 2),
        fixed=len(item.document.pages) - len(rows),
    )


def _what(place: Placement) -> str:
    return f"{place.form_id}/{place.form_page}" if place.kind is Kind.FORM else place.kind.value


def _asked(posted: FormData) -> dict[int, Placement]:
    """What is posted of each page."""
    asked = {}
    for name, said in posted.items():
        number = name.removeprefix("what.")
        if name.startswith("what.") and number.isdecimal():
            asked[int(number)] = _place(str(said), str(posted.get(f"of.{number}", "")))
    return asked


def _place(what: str, group: str) -> Placement:
    number = int(group) if group.isdecimal() else None
    form_id, _, form_page = what.partition("/")
    if form_page.isdecimal():
        return Placement(Kind.FORM, form_id, int(form_page), number)
    if what not in list(Kind) or what == Kind.FORM:
        raise DecisionRefused("say of every page what it is")
    return Placement(Kind(what), group=number if what == Kind.ADDITIONAL else None)
