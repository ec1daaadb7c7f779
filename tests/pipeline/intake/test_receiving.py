"""Uploads by HTTP, against a real server on both databases: safe before they are answered, and each taken in once."""

from __future__ import annotations

import datetime as dt
import errno
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from papers import always, psf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extractors.limits import Limits
from pipeline import originals
from pipeline.errors import UploadRefused
from pipeline.intake import upload_keys
from pipeline.intake.receiving import create_receiver
from pipeline.process import process
from pipeline.settings import Settings
from pipeline.store.intake_models import UploadKey
from pipeline.store.models import Document, Source
from pipeline.store.opening import Store, open_store
from tests.pipeline.conftest import run_as_admin

FAX = b"II*\x00 a fax"
LARGEST = 3_000_000


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    limits = Limits(bytes=LARGEST)
    opened = open_store(Settings(data_dir=tmp_path / "data", database_url=database_url, limits=limits))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def client(store: Store) -> Iterator[httpx.Client]:
    """A client with a key, of a server of its own."""
    with Session(store.engine) as session, session.begin():
        key = upload_keys.make_key(session, "gateway", by="kim")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_receiver(store), log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.02)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as client:
            yield client
        server.should_exit = True
        thread.join()


def upload(client: httpx.Client, data: Any = FAX, source_id: str = "call 1", **headers: str) -> httpx.Response:
    told = {"Source-Id": source_id} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/documents", content=data, headers=told)


def originals_of(store: Store) -> Path:
    return Path(store.settings.originals_base) / "originals"


def count(store: Store, table: type) -> int:
    with Session(store.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_upload_is_safe_when_it_is_answered(client: httpx.Client, store: Store) -> None:
    answer = upload(
        client, received="2022-07-15T23:59:00-05:00", file_name="fax%20of%20M%C3%BCller.tif", caller="+1 555", pages="2"
    )
    assert answer.status_code == 201
    told = answer.json()
    assert told == {"document": 1, "source_id": "call 1", "sha256": told["sha256"], "bytes": len(FAX)}
    assert answer.headers["Location"] == "/documents/1"
    assert originals.fetch(store.originals, told["sha256"]) == FAX
    with Session(store.engine) as session:
        (source,) = session.scalars(select(Source))
        assert (source.channel, source.file, source.received) == ("upload", "fax of Müller.tif", dt.date(2022, 7, 15))
        assert source.details == {"caller": "+1 555", "pages": 2}


def test_the_same_again_gets_the_same_answer_and_other_bytes_are_refused(client: httpx.Client, store: Store) -> None:
    first, again = upload(client), upload(client)
    assert (again.status_code, again.json()) == (201, first.json())
    other = upload(client, b"II*\x00 another")
    assert other.status_code == 409
    assert (count(store, Document), count(store, Source)) == (1, 1)
    assert upload(client, source_id="call 2").json()["document"] == 1
    assert (count(store, Document), count(store, Source)) == (1, 2)


def test_many_at_once_under_one_id_are_one_source(client: httpx.Client, store: Store) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(upload(client, b"%d" % (n % 2)).status_code))  # type: ignore[misc]  # the default binds it
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] * 4 + [409] * 4
    assert (count(store, Document), count(store, Source)) == (1, 1)


def test_nobody_uploads_without_a_key_that_opens(client: httpx.Client, store: Store) -> None:
    assert upload(client, X_API_Key="ff-guessed").status_code == 401
    assert httpx.post(f"{client.base_url}/documents", content=FAX).status_code == 401
    with Session(store.engine) as session, session.begin():
        upload_keys.revoke_key(session, "gateway", by="kim")
    assert upload(client).status_code == 401
    assert count(store, Document) == 0


def test_a_body_that_is_too_long_is_refused_while_it_comes(client: httpx.Client, store: Store) -> None:
    assert upload(client, b"x" * (LARGEST + 1)).status_code == 413
    endless = (b"x" * 100_000 for _ in range(LARGEST // 100_000 + 1))  # no length is told beforehand
    assert upload(client, endless).status_code == 413
    assert upload(client, b"x" * LARGEST).status_code == 201
    assert count(store, Document) == 1
    assert [path.name for path in originals_of(store).glob(".incoming*")] == []


@pytest.mark.parametrize(
    ("data", "headers", "status", "told"),
    [
        (b"", {}, 422, "no bytes"),
        (FAX, {"Content_Type": "multipart/form-data; boundary=x"}, 415, "--data-binary"),
        (FAX, {"received": "yesterday"}, 422, "received"),
        (FAX, {"received": "2999-01-01"}, 422, "a day to come"),
        (FAX, {"source_id": ""}, 422, "source-id"),
        (FAX, {"source_id": "x" * 201}, 422, "source-id"),
    ],
)
def test_what_cannot_be_so_is_refused_with_the_reason(
    client: httpx.Client, store: Store, data: bytes, headers: dict[str, str], status: int, told: str
) -> None:
    answer = upload(client, data, **headers)
    assert answer.status_code == status
    assert told in answer.json()["error"]
    assert count(store, Document) == 0


def test_an_upload_that_breaks_off_leaves_nothing(client: httpx.Client, store: Store) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        key = client.headers["X-API-Key"]
        head = f"POST /documents HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nSource-Id: 1\r\nContent-Length: 100\r\n\r\n"
        raw.sendall(head.encode() + b"half of it")
    assert upload(client, source_id="1").status_code == 201  # the id is free
    assert count(store, Document) == 1
    deadline = time.monotonic() + 60
    while list(originals_of(store).glob(".incoming*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(originals_of(store).glob(".incoming*")) == []


@pytest.mark.parametrize(("error", "status"), [(errno.ENOSPC, 507), (errno.EIO, 503)])
def test_a_disk_that_refuses_is_told_and_may_be_tried_again(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, error: int, status: int
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(error, "Jane Doe.tif")

    with monkeypatch.context() as patched:
        patched.setattr(originals, "keep", refuses)
        answer = upload(client)
    assert answer.status_code == status
    assert "Retry-After" in answer.headers
    assert "Jane" not in answer.text
    assert upload(client).status_code == 201


def test_a_database_that_is_away_is_told_and_may_be_tried_again(
    client: httpx.Client, store: Store, kind: str, postgresql: str
) -> None:
    if kind == "sqlite":
        pytest.skip("a file is not away")
    name = store.engine.url.database
    run_as_admin(postgresql, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    run_as_admin(postgresql, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608 - ours
    answer = upload(client)
    run_as_admin(postgresql, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert upload(client).status_code == 201


def test_the_status_tells_how_far_it_is_and_nothing_of_a_patient(client: httpx.Client, store: Store) -> None:
    upload(client)
    assert client.get("/documents/1").json()["state"] == "received"
    process(store, 1, always(psf()))
    answer = client.get("/documents/1")
    told = answer.json()
    assert (told["state"], told["status"], told["pages"]) == ("queued", "done", {"form": 2})
    assert [(form["form_id"], form["route"]) for form in told["forms"]] == [("psf_2021", "review")]
    assert "Lane" not in answer.text
    assert "1980" not in answer.text


def test_the_status_is_for_who_sent_it(client: httpx.Client, store: Store) -> None:
    upload(client)
    with Session(store.engine) as session, session.begin():
        other = upload_keys.make_key(session, "gate", by="kim")
    assert client.get("/documents/1", headers={"X-API-Key": other}).status_code == 404
    assert client.get("/documents/2").status_code == 404


def test_the_api_is_described_and_tells_of_its_health(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    post = described["paths"]["/documents"]["post"]
    assert {"201", "401", "409", "413"} <= post["responses"].keys()
    assert {one["name"] for one in post["parameters"]} >= {"source-id", "received"}
    assert post["security"] == [{"APIKeyHeader": []}]
    assert (client.get("/health/live").status_code, client.get("/health/ready").status_code) == (200, 200)


def test_keys_are_kept_as_hashes_and_their_names_are_used_once(store: Store) -> None:
    with Session(store.engine) as session, session.begin():
        key = upload_keys.make_key(session, "gateway", by="kim")
        (kept,) = session.scalars(select(UploadKey))
        assert key not in (kept.key_hash, kept.name)
        upload_keys.revoke_key(session, "gateway", by="kim")
        for refused in ("gateway", " ", "a/b"):
            with pytest.raises(UploadRefused):
                upload_keys.make_key(session, refused, by="kim")
        with pytest.raises(UploadRefused):
            upload_keys.revoke_key(session, "gateway", by="kim")
