"""The application of the review station: log-in, queue, and what holds for every answer.

Routes are plain functions, which run in threads; each opens its own transaction. Who may ask for which stands in
`access.py`; the routes of one item are in `items.py`, those of users and the trail in `staff.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from extractors.errors import FaxformsError
from pipeline.errors import LoginThrottled, NotAllowed, NotLoggedIn, NotThere
from pipeline.quality import checking
from pipeline.review import claiming, group_sheets, people
from pipeline.review.roles import Role
from pipeline.review.web import (
    arranging,
    checks,
    dashboard,
    forms_editor,
    group,
    health,
    items,
    keying,
    notices,
    oidc,
    staff,
)
from pipeline.review.web.access import COOKIE, HEADERS, Posted, Visiting, admit, set_session_cookie
from pipeline.review.web.rendering import STATIC, login_page, page
from pipeline.review.web.screens import FILTERS, queue_screen
from pipeline.review.web.viewing import Views
from pipeline.store.engine import read_only
from pipeline.store.opening import Store

STATUS = {NotAllowed: 403, NotThere: 404, LoginThrottled: 429}
"""What an error answers; any other of ours is a conflict (409) of what was asked with what stands."""


def create_app(store: Store, *, behind_tls: bool = False) -> FastAPI:
    """The station on a store. `behind_tls`: the cookie is sent over TLS only."""
    app = FastAPI(dependencies=[Depends(admit)], docs_url=None, redoc_url=None, openapi_url=None)
    app.state.store, app.state.behind_tls, app.state.views = store, behind_tls, Views()
    app.add_api_route("/login", show_login, methods=["GET"])
    app.add_api_route("/login", log_in, methods=["POST"])
    app.add_api_route("/static/{path:path}", static, methods=["GET"])
    app.add_api_route("/", home, methods=["GET"])
    app.add_api_route("/help", show_help, methods=["GET"])
    app.add_api_route("/logout", log_out, methods=["POST"])
    app.add_api_route("/queue", queue, methods=["GET"])
    health.add_routes(app)
    oidc.add_routes(app)
    items.add_routes(app)
    arranging.add_routes(app)
    notices.add_routes(app)
    group.add_routes(app)
    keying.add_routes(app)
    checks.add_routes(app)
    dashboard.add_routes(app)
    staff.add_routes(app)
    forms_editor.add_routes(app)
    app.add_exception_handler(FaxformsError, _told)
    app.add_exception_handler(OperationalError, _busy)
    app.middleware("http")(_with_headers)
    return app


def show_login(request: Request) -> Response:
    """The log-in."""
    return login_page(request)


def log_in(request: Request, form: Posted) -> Response:
    """Begin a session."""
    store: Store = request.app.state.store
    address = request.client.host if request.client else ""
    session_id = people.log_in(store, str(form.get("name", "")), str(form.get("password", "")), address)
    if session_id is None:
        return login_page(request, "Name and password do not fit.")
    answer = RedirectResponse("/", 303)
    set_session_cookie(request, answer, session_id)
    return answer


def log_out(request: Request, visitor: Visiting) -> Response:
    """End the session; what the person holds goes back to the queue."""
    with Session(request.app.state.store.engine) as session, session.begin():
        claiming.release_all(session, visitor.somebody.name)
        group_sheets.put_back_all(session, visitor.somebody.name)
        checking.release_all(session, visitor.somebody.name)
        people.log_out(session, visitor.session_id, visitor.somebody.name)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def home(visitor: Visiting) -> Response:
    """Where a person begins."""
    return RedirectResponse("/people" if visitor.somebody.role is Role.ADMINISTRATOR else "/queue", 303)


def queue(request: Request, done: str = "", notice: str = "") -> Response:
    """What waits, by the filters."""
    chosen = {name: request.query_params.get(name, "") for name in FILTERS}
    with Session(read_only(request.app.state.store.engine)) as session:
        screen = queue_screen(session, chosen)
    return page(request, "queue.html", screen=screen, chosen=chosen, done=done, notice=notice)


def show_help(request: Request) -> Response:
    """The keys, and what a decision does."""
    return page(request, "help.html")


def static(path: str) -> Response:
    """Styles and scripts: only the files that lie there, by their plain names."""
    known = {file.name: file for file in STATIC.iterdir() if file.suffix in (".js", ".css", ".svg")}
    if path not in known:
        raise NotThere("there is no such file")
    return FileResponse(known[path], headers={"Cache-Control": "max-age=3600"})


async def _told(request: Request, error: Exception) -> Response:
    """Any error of ours, in words for the person; they name no patient."""
    if isinstance(error, NotLoggedIn) and "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": "/login"})  # the whole page goes, with the patient's data on it
    if isinstance(error, NotLoggedIn):
        return RedirectResponse("/login", 303)
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 409)
    return page(request, "told.html", status=status, words=str(error))


async def _busy(request: Request, _error: Exception) -> Response:
    """The database is locked, or cannot be reached; without its own words, which quote statements."""
    words = "The database did not answer in time, and nothing was changed. Try again in a moment."
    return page(request, "told.html", status=503, words=words)


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
