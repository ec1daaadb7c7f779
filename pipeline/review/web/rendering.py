"""Pages made of the templates; what is written in them is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.review.roles import Role
from pipeline.review.web.screens import words_of

STATIC = Path(__file__).with_name("static")

_templates = Environment(
    loader=PackageLoader("pipeline.review.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_templates.filters["words"] = words_of


def page(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page; every template knows the visitor (None before the log-in), the roles, and what two people key."""
    visitor = getattr(request.state, "visitor", None)
    double_keyed = request.app.state.store.settings.double_keyed
    known = {"visitor": visitor, "Role": Role, "double_keyed": double_keyed}
    body = _templates.get_template(template).render(**known, **shown)
    return HTMLResponse(body, status)


def login_page(request: Request, wrong: str = "", *, status: int = 401) -> HTMLResponse:
    """The log-in; `wrong` is why the one before failed."""
    provider = bool(request.app.state.store.settings.oidc_issuer)
    return page(request, "login.html", status=status if wrong else 200, wrong=wrong, provider=provider)
