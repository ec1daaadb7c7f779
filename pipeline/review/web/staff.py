"""The routes of users, of one's own password, and of the audit trail."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from pipeline.errors import NotThere, UserRefused
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import Posted, Visiting
from pipeline.review.web.rendering import page
from pipeline.store.engine import read_only
from pipeline.store.models import AuditLine
from pipeline.store.people_models import User

NEWEST = 200
"""Lines of the trail on its page; `faxforms audit export` writes all."""


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/people", show_people, methods=["GET"])
    app.add_api_route("/people", add, methods=["POST"])
    app.add_api_route("/people/{user_id}", change, methods=["POST"])
    app.add_api_route("/password", show_password, methods=["GET"])
    app.add_api_route("/password", set_own_password, methods=["POST"])
    app.add_api_route("/trail", trail, methods=["GET"])


def show_people(request: Request) -> Response:
    """Every user."""
    return _people(request)


def add(request: Request, visitor: Visiting, posted: Posted) -> Response:
    """Make a user."""
    try:
        with Session(request.app.state.store.engine) as session, session.begin():
            people.add_user(
                session,
                str(posted.get("name", "")),
                str(posted.get("password", "")),
                _role(posted),
                by=visitor.somebody.name,
                decides_prescriber_only="prescriber_only" in posted,
            )
    except UserRefused as error:
        return _people(request, status=409, refused=str(error))
    return RedirectResponse("/people", 303)


def change(request: Request, user_id: int, visitor: Visiting, posted: Posted) -> Response:
    """Change a user; with a new password where one is given."""
    try:
        with Session(request.app.state.store.engine) as session, session.begin():
            user = session.get(User, user_id)
            if user is None:
                raise NotThere("there is no such user")
            people.change_user(
                session,
                user,
                by=visitor.somebody.name,
                role=_role(posted),
                decides_prescriber_only="prescriber_only" in posted,
                active="active" in posted,
            )
            if password := str(posted.get("password", "")):
                people.set_password(session, user, password, by=visitor.somebody.name)
    except UserRefused as error:
        return _people(request, status=409, refused=str(error))
    return RedirectResponse("/people", 303)


def show_password(request: Request) -> Response:
    """Where people change their own password."""
    return page(request, "password.html", refused="")


def set_own_password(request: Request, visitor: Visiting, posted: Posted) -> Response:
    """Change it; whoever knows the old one only. All sessions end."""
    store, name = request.app.state.store, visitor.somebody.name
    address = request.client.host if request.client else ""
    if people.log_in(store, name, str(posted.get("old", "")), address) is None:
        return page(request, "password.html", status=409, refused="The old password is another one.")
    try:
        with Session(store.engine) as session, session.begin():
            user = session.scalars(select(User).filter_by(name=name)).one()
            people.set_password(session, user, str(posted.get("new", "")), by=name)
    except UserRefused as error:
        return page(request, "password.html", status=409, refused=str(error))
    return RedirectResponse("/login", 303)


def trail(request: Request) -> Response:
    """Who did what, the newest first, without values."""
    with Session(read_only(request.app.state.store.engine)) as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(NEWEST)).all()
        return page(request, "trail.html", lines=lines)


def _people(request: Request, *, status: int = 200, refused: str = "") -> Response:
    with Session(read_only(request.app.state.store.engine)) as session:
        return page(request, "people.html", status=status, users=people.list_users(session), refused=refused)


def _role(posted: FormData) -> Role:
    try:
        return Role(str(posted.get("role", "")))
    except ValueError:
        raise UserRefused("there is no such role") from None
