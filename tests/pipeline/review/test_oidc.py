"""Log-in by an OpenID provider: a small one of our own, on this machine, that says what each test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Form
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from staffing import PASSWORD

from pipeline.review import people
from pipeline.review.roles import Role, Somebody
from pipeline.review.web.access import COOKIE
from pipeline.review.web.app import create_app
from pipeline.settings import Settings
from pipeline.store.models import AuditLine
from pipeline.store.opening import Store
from pipeline.store.people_models import User

CLIENT, SECRET = "station", "a secret of tests"


@dataclass
class Provider:
    """An OpenID provider: what it says of whoever comes, and the key that it signs with."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={"kid": "one"}))
    signs_with: RSAKey | None = None
    issuer: str = ""
    asked: dict[str, list[str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """What it answers."""
        app = FastAPI()
        app.add_api_route("/.well-known/openid-configuration", self.metadata)
        app.add_api_route("/keys", lambda: KeySet([self.key]).as_dict(private=False))
        app.add_api_route("/token", self.token, methods=["POST"])
        return app

    def metadata(self) -> dict[str, Any]:
        """Where to find what (OpenID Connect Discovery 1.0)."""
        ways = {name: f"{self.issuer}/{name}" for name in ("authorize", "token")}
        return {
            "issuer": self.issuer,
            "authorization_endpoint": ways["authorize"],
            "token_endpoint": ways["token"],
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def token(self, code: str = Form(), code_verifier: str = Form()) -> dict[str, str]:
        """An ID token for the code."""
        assert (code, len(code_verifier) >= 43) == ("a code", True)
        said = {"iss": self.issuer, "aud": CLIENT, "sub": "77", "iat": int(time.time()), "exp": int(time.time()) + 60}
        said |= {"nonce": self.asked["nonce"][0], "preferred_username": "ora", "groups": ["staff", "fax-operators"]}
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, said | self.claims, self.signs_with or self.key)
        return {"access_token": "none", "token_type": "Bearer", "id_token": id_token}


@pytest.fixture
def kind() -> str:
    """What is asked here does not hang on the database."""
    return "sqlite"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that answers on a port of this machine."""
    provider = Provider()
    server = uvicorn.Server(uvicorn.Config(provider.app(), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield provider
    server.should_exit = True
    thread.join()


@pytest.fixture
def store(store: Store, provider: Provider) -> Store:
    """A station that knows the provider."""
    told = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_roles": {"fax-operators": Role.OPERATOR, "fax-leads": Role.SUPERVISOR},
        "oidc_prescriber_only": "prescribers",
    }
    return replace(store, settings=store.settings.model_copy(update=told))


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    """A browser before the log-in."""
    with TestClient(create_app(store), follow_redirects=False) as client:
        yield client


def log_in(client: TestClient, provider: Provider, **changed: str) -> httpx.Response:
    """To the provider and back, as a browser goes; `changed` are parameters that somebody else put into the answer."""
    way = client.get("/login/oidc")
    assert way.status_code == 302
    provider.asked = parse_qs(urlsplit(way.headers["location"]).query)
    assert provider.asked["code_challenge_method"] == ["S256"]
    back = urlsplit(provider.asked["redirect_uri"][0])
    assert back.path == "/login/oidc/callback"
    return client.get(back.path, params={"code": "a code", "state": provider.asked["state"][0]} | changed)


def whose(store: Store, client: TestClient) -> Somebody | None:
    return people.who_is(store, client.cookies.get(COOKIE, ""))


def actions(store: Store) -> list[tuple[str, str]]:
    with Session(store.engine) as session:
        return [(line.who, line.action) for line in session.scalars(select(AuditLine).order_by(AuditLine.id))]


def test_whom_the_provider_vouches_for_gets_in_with_the_role_of_their_group(
    client: TestClient, provider: Provider, store: Store
) -> None:
    assert "Log in by your organisation" in client.get("/login").text
    answer = log_in(client, provider)
    assert (answer.status_code, "samesite=strict" in answer.headers["set-cookie"].lower()) == (200, True)
    assert whose(store, client) == Somebody("ora", Role.OPERATOR)
    assert client.get("/queue").status_code == 200
    assert actions(store) == [("OpenID provider", "user added"), ("ora", "logged in")]
    provider.claims = {"groups": ["fax-operators", "fax-leads", "prescribers"], "preferred_username": "ora.new"}
    log_in(client, provider)  # the same person: promoted, and known by what never changes
    assert whose(store, client) == Somebody("ora", Role.SUPERVISOR, decides_prescriber_only=True)
    assert people.log_in(store, "ora", "", "testclient") is None  # no password fits


def test_without_a_role_nobody_gets_in_and_no_user_is_made(
    client: TestClient, provider: Provider, store: Store
) -> None:
    provider.claims = {"groups": ["staff"]}
    answer = log_in(client, provider)
    assert answer.status_code == 401
    assert "nothing that gives you a role" in answer.text
    assert whose(store, client) is None
    with Session(store.engine) as session:
        assert session.scalars(select(User)).all() == []
    assert actions(store)[-1][1] == "log-in failed"


def test_nobody_becomes_another_user_of_the_same_name_or_one_who_left(
    client: TestClient, provider: Provider, store: Store
) -> None:
    with Session(store.engine) as session, session.begin():
        people.add_user(session, "ora", PASSWORD, Role.ADMINISTRATOR, by="kim")
    assert log_in(client, provider).status_code == 401
    provider.claims = {"preferred_username": "ora2"}
    assert log_in(client, provider).status_code == 200
    with Session(store.engine) as session, session.begin():
        session.scalars(select(User).filter_by(name="ora2")).one().active = False
    assert whose(store, client) is None
    assert log_in(client, provider).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://another.example"}, {"exp": 1000, "iat": 900}],
    ids=lambda claims: next(iter(claims)),
)
def test_an_answer_that_is_not_to_this_question_lets_nobody_in(
    client: TestClient, provider: Provider, store: Store, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert log_in(client, provider).status_code == 401
    assert whose(store, client) is None


def test_a_forged_answer_lets_nobody_in(client: TestClient, provider: Provider, store: Store) -> None:
    provider.signs_with = RSAKey.generate_key(2048, parameters={"kid": "one"})
    assert log_in(client, provider).status_code == 401
    provider.signs_with = None
    assert log_in(client, provider, state="guessed").status_code == 401
    assert client.get("/login/oidc/callback", params={"error": "access_denied"}).status_code == 401
    assert whose(store, client) is None


def test_a_provider_that_is_away_is_told(store: Store) -> None:
    away = replace(store, settings=store.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"}))
    with TestClient(create_app(away), follow_redirects=False) as client:
        answer = client.get("/login/oidc")
        assert (answer.status_code, "does not answer" in answer.text) == (502, True)


def test_a_provider_is_asked_over_tls_and_named_whole() -> None:
    with pytest.raises(ValidationError, match="https"):
        Settings(oidc_issuer="http://id.example", oidc_client_id=CLIENT, oidc_roles={"a": Role.OPERATOR})
    with pytest.raises(ValidationError, match="oidc_roles"):
        Settings(oidc_issuer="https://id.example", oidc_client_id=CLIENT)
