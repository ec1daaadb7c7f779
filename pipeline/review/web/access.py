"""Who may ask for what: every route of the station, with the roles that it answers. What is not listed is refused.

Whether a form is shown hangs on the item too: operators see what they hold, supervisors and auditors everything
(`visible_item`). To everybody else an item is as if it did not exist.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from pipeline.errors import NotAllowed, NotLoggedIn, NotThere
from pipeline.review import people
from pipeline.review.roles import Role, Somebody
from pipeline.store.models import ReviewItem, ReviewState
from pipeline.store.opening import Store

COOKIE = "faxforms_session"

ANYBODY: frozenset[Role] | None = None
"""Instead of roles: the route answers without a log-in."""

ALL = frozenset(Role)
DECIDE = frozenset({Role.OPERATOR, Role.SUPERVISOR})
SEE = DECIDE | {Role.AUDITOR}
OVERSEE = frozenset({Role.AUDITOR, Role.SUPERVISOR})
TEACH = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})

ACCESS: Mapping[tuple[str, str], frozenset[Role] | None] = {
    ("GET", "/login"): ANYBODY,
    ("POST", "/login"): ANYBODY,
    ("GET", "/login/oidc"): ANYBODY,
    ("GET", "/login/oidc/callback"): ANYBODY,
    ("GET", "/static/{path:path}"): ANYBODY,
    ("GET", "/health/live"): ANYBODY,
    ("GET", "/health/ready"): ANYBODY,
    ("GET", "/"): ALL,
    ("GET", "/help"): ALL,
    ("POST", "/logout"): ALL,
    ("GET", "/password"): ALL,
    ("POST", "/password"): ALL,
    ("GET", "/queue"): SEE,
    ("POST", "/next"): DECIDE,
    ("POST", "/items/{item_id}/claim"): DECIDE,
    ("POST", "/items/{item_id}/take-over"): frozenset({Role.SUPERVISOR}),
    ("GET", "/items/{item_id}"): SEE,
    ("GET", "/items/{item_id}/pages/{page}.png"): SEE,
    ("GET", "/items/{item_id}/beside/{page}.png"): SEE,
    ("POST", "/items/{item_id}/preview"): DECIDE,
    ("POST", "/items/{item_id}/heartbeat"): DECIDE,
    ("POST", "/items/{item_id}/decide"): DECIDE,
    ("GET", "/items/{item_id}/arrange"): DECIDE,
    ("POST", "/items/{item_id}/arrange"): DECIDE,
    ("GET", "/items/{item_id}/notice"): DECIDE,
    ("POST", "/items/{item_id}/notice"): DECIDE,
    ("POST", "/items/{item_id}/notice/words"): DECIDE,
    ("GET", "/items/{item_id}/notice.png"): DECIDE,
    ("GET", "/blanks/{form_id}/{page}.png"): SEE,
    ("GET", "/notices/{sha256}.pdf"): SEE,
    ("GET", "/groups"): SEE,
    ("POST", "/groups/deal"): DECIDE,
    ("GET", "/groups/{sheet_id}"): SEE,
    ("GET", "/groups/{sheet_id}/crops.png"): SEE,
    ("GET", "/groups/{sheet_id}/context/{crop_id}.png"): SEE,
    ("POST", "/groups/{sheet_id}/judge"): DECIDE,
    ("POST", "/groups/{sheet_id}/release"): DECIDE,
    ("GET", "/keying"): DECIDE,
    ("POST", "/keying/{form_pk}/{field}"): DECIDE,
    ("GET", "/keying/{form_pk}/{field}/crop.png"): DECIDE,
    ("GET", "/keying/{form_pk}/{field}/context.png"): DECIDE,
    ("GET", "/checks"): SEE,
    ("POST", "/checks/next"): DECIDE,
    ("GET", "/checks/{check_id}"): DECIDE,
    ("GET", "/checks/{check_id}/pages/{page}.png"): DECIDE,
    ("POST", "/checks/{check_id}/heartbeat"): DECIDE,
    ("POST", "/checks/{check_id}/record"): DECIDE,
    ("GET", "/forms"): TEACH,
    ("GET", "/forms/{form_id}"): TEACH,
    ("GET", "/forms/{form_id}/pages/{number}.png"): TEACH,
    ("POST", "/forms/{form_id}/fax"): TEACH,
    ("GET", "/forms/{form_id}/fax/{number}.png"): TEACH,
    ("POST", "/forms/{form_id}/try"): TEACH,
    ("POST", "/forms/{form_id}/save"): TEACH,
    ("GET", "/dashboard"): OVERSEE,
    ("GET", "/dashboard/{name}"): OVERSEE,
    ("GET", "/trail"): OVERSEE,
    ("GET", "/people"): frozenset({Role.ADMINISTRATOR}),
    ("POST", "/people"): frozenset({Role.ADMINISTRATOR}),
    ("POST", "/people/{user_id}"): frozenset({Role.ADMINISTRATOR}),
}

HEARTBEATS = frozenset({"/items/{item_id}/heartbeat", "/checks/{check_id}/heartbeat"})
"""The routes that a page asks for by itself: they do not keep a person logged in."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer: no script, style or picture from elsewhere, nothing kept by the browser."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks; `token` stands in every form of their pages."""

    somebody: Somebody
    session_id: str
    token: str


async def admit(request: Request) -> None:
    """Let the request pass by the table, and note who asks in `request.state.visitor`.

    Raises:
        NotLoggedIn: there is no session.
        NotAllowed: the role is not listed, the route is not, or a POST comes from another site.
    """
    path = request.scope["route"].path
    roles = ACCESS.get((request.method, path), frozenset())
    if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotAllowed("not for this role, or not from a page of this session")
    if roles is None:
        return
    store: Store = request.app.state.store
    session_id = request.cookies.get(COOKIE, "")
    # in a thread: whoever waits for the database must not hold up everybody else's requests
    somebody = await run_in_threadpool(people.who_is, store, session_id, acts=path not in HEARTBEATS)
    if somebody is None:
        raise NotLoggedIn("log in first")
    visitor = Visitor(somebody, session_id, people.form_token(session_id))
    if somebody.role not in roles:
        raise NotAllowed("not for this role, or not from a page of this session")
    if request.method == "POST":
        token = (await request.form()).get("token")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), visitor.token.encode()):
            raise NotAllowed("not for this role, or not from a page of this session")
    request.state.visitor = visitor


def visitor_of(request: Request) -> Visitor:
    """Who asks, on a route that is not for anybody."""
    visitor: Visitor = request.state.visitor
    return visitor


async def posted(request: Request) -> FormData:
    """What was posted."""
    return await request.form()


Visiting = Annotated[Visitor, Depends(visitor_of)]
Posted = Annotated[FormData, Depends(posted)]
"""What the station's routes ask for: who is there, and what they sent."""


def set_session_cookie(request: Request, answer: Response, session_id: str) -> None:
    """Hand out a session: out of reach of scripts and other sites, and over TLS only where there is some."""
    secure = bool(request.app.state.behind_tls)
    answer.set_cookie(COOKIE, session_id, httponly=True, samesite="strict", secure=secure, path="/")


def visible_item(session: Session, item_id: int, somebody: Somebody) -> ReviewItem:
    """The item, if that person may see it; NotThere otherwise."""
    item = session.get(ReviewItem, item_id)
    if item is None or not (somebody.sees_everything or is_in_hand(item, somebody)):
        raise NotThere("there is no such item")
    return item


def is_in_hand(item: ReviewItem, somebody: Somebody) -> bool:
    """Whether the person holds the item now."""
    held = item.state == ReviewState.CLAIMED and item.claimed_by == somebody.name
    return held and item.lease_until is not None and item.lease_until >= dt.datetime.now(dt.UTC)
