"""Log-in by an OpenID provider (OpenID Connect Core 1.0, code flow with PKCE), where the settings name one.

    /login/oidc -> the provider asks who it is -> /login/oidc/callback -> a session like any other

Who gets in, and as what, is said by a claim and the setting `oidc_roles`; whoever has none of its values stays out.
What has to be remembered meanwhile lies signed in a cookie of ten minutes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from fastapi.responses import Response
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

from pipeline.errors import NotThere, UserRefused
from pipeline.review import people
from pipeline.review.people import Vouched
from pipeline.review.roles import Role
from pipeline.review.web.access import set_session_cookie
from pipeline.review.web.rendering import login_page, page
from pipeline.settings import Settings
from pipeline.store.opening import Store

MEANWHILE = 600
"""Seconds that somebody may take at the provider."""

MOST_FIRST = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR)
"""Which role somebody has of whom the provider says several."""


def add_routes(app: FastAPI) -> None:
    """The two routes; without a provider they lead nowhere."""
    settings: Settings = app.state.store.settings
    app.add_api_route("/login/oidc", ask, methods=["GET"])
    app.add_api_route("/login/oidc/callback", come_back, methods=["GET"])
    if not settings.oidc_issuer:
        return
    provider = OAuth()
    provider.register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": 10},
    )
    app.state.provider = provider.provider
    app.add_middleware(
        SessionMiddleware,
        secret_key=secrets.token_urlsafe(32),  # the log-ins under way end with the process
        session_cookie="faxforms_asking",
        path="/login/oidc",
        max_age=MEANWHILE,
        same_site="lax",  # the provider's answer comes from another site
        https_only=app.state.behind_tls,
    )


async def ask(request: Request) -> Response:
    """On to the provider."""
    try:
        redirect: Response = await _provider(request).authorize_redirect(request, _here(request))
    except (httpx.HTTPError, AuthlibBaseError):
        return login_page(request, "The provider does not answer.", status=502)
    return redirect


async def come_back(request: Request) -> Response:
    """The provider's answer: a session for whom it vouches for, if that is somebody for the station."""
    store: Store = request.app.state.store
    address = request.client.host if request.client else ""
    try:
        token = await _provider(request).authorize_access_token(request)
        vouched = vouched_for(token["userinfo"], store.settings)
        session_id = await run_in_threadpool(people.log_in_vouched, store, vouched)
    except httpx.HTTPError:
        return login_page(request, "The provider does not answer.", status=502)
    except (
        AuthlibBaseError,
        JoseError,
        KeyError,
        ValueError,
    ):  # an answer that is forged, old, or not to this question
        await run_in_threadpool(people.note_refused, store, address)
        return login_page(request, "The provider did not vouch for you.")
    except UserRefused as error:
        await run_in_threadpool(people.note_refused, store, address)
        return login_page(request, f"Not logged in: {error}.")
    # a page of our own goes on: after a redirect from another site the browser would not send a strict cookie
    answer = page(request, "logged_in.html")
    set_session_cookie(request, answer, session_id)
    return answer


def vouched_for(claims: Mapping[str, Any], settings: Settings) -> Vouched:
    """Whom the claims of an ID token mean here.

    Raises:
        UserRefused: they have no value that gives a role.
    """
    said = claims.get(settings.oidc_claim, ())
    values = {said} if isinstance(said, str) else set(map(str, said))
    roles = {role for value, role in settings.oidc_roles.items() if value in values}
    if not roles:
        raise UserRefused("the provider says nothing that gives you a role here")
    name = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:100]
    flag = settings.oidc_prescriber_only in values
    return Vouched(
        subject=f"{claims['iss']} {claims['sub']}",
        name=name,
        role=next(role for role in MOST_FIRST if role in roles),
        decides_prescriber_only=flag,
    )


def _provider(request: Request) -> Any:
    provider = getattr(request.app.state, "provider", None)
    if provider is None:
        raise NotThere("people log in by password here")
    return provider


def _here(request: Request) -> str:
    """Where the provider sends people back to."""
    url = request.url.replace(path="/login/oidc/callback", query="")
    return str(url.replace(scheme="https") if request.app.state.behind_tls else url)
