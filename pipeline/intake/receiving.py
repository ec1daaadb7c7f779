"""Uploads by HTTP: a document is answered with 201 once it is safe on disk and in the ledger, and not before.

A body is one file, as it is. It goes to disk as it comes, sealed where there is a key: no part of it lies anywhere
else, and memory does not grow with it. The same source id with the same bytes gets the same answer, however often.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, FastAPI, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pipeline import logs
from pipeline.errors import NotThere, OriginalsAway, SourceConflict, UploadRefused
from pipeline.intake import upload_keys
from pipeline.intake.entering import Origin, known_source, take_in_stream
from pipeline.intake.upload_body import UploadBody
from pipeline.review.web import health
from pipeline.store.engine import read_only
from pipeline.store.models import Document, Source
from pipeline.store.opening import Store

CHANNEL = "upload"

STATUS = {SourceConflict: 409, NotThere: 404}
"""What an error answers; an `UploadRefused` says it itself."""

TRY_AGAIN = {"Retry-After": "30"}

Telling = Callable[[Request, Exception], Awaitable[Response]]
"""Tells an error to the program that sent a request."""

api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="Made by `faxforms receive admit NAME`.")


class Accepted(BaseModel):
    """A document that is safe: its number here, and the SHA-256 and size of the bytes that came in."""

    document: int
    source_id: str
    sha256: str
    bytes: int


class FormStatus(BaseModel):
    """A form of the document, its route (accept, review, duplicate, or a person's) and the reasons."""

    form_id: str
    route: str
    reasons: list[str]


class Status(BaseModel):
    """How far a document has come: received, reading, stored, queued, failed. Nothing of what is written on it."""

    document: int
    state: str
    received: dt.date
    status: str | None
    pages: dict[str, int]
    forms: list[FormStatus]


class Problem(BaseModel):
    """What was wrong, for the program that sent it."""

    error: str


def create_receiver(store: Store) -> FastAPI:
    """The application of `faxforms receive` on a store; its description is at `/openapi.json`."""
    # no page of documentation: its scripts would come from elsewhere
    app = FastAPI(title="faxforms: uploads", version="1", docs_url=None, redoc_url=None)
    app.state.store = store
    problems: dict[int | str, dict[str, object]] = {
        code: {"model": Problem} for code in (401, 408, 409, 411, 413, 415, 422, 503, 507)
    }
    body = {"requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}
    app.add_api_route(
        "/documents",
        upload,
        methods=["POST"],
        status_code=201,
        responses=problems,
        openapi_extra=body,
    )
    app.add_api_route(
        "/documents/{document}", status_of, methods=["GET"], responses={401: problems[401], 404: problems[401]}
    )
    health.add_routes(app)
    told: tuple[tuple[type[Exception], Telling], ...] = (
        (RequestValidationError, _not_understood),
        (UploadRefused, _refused),
        (SourceConflict, _refused),
        (NotThere, _refused),
        (SQLAlchemyError, _database_away),
        (OriginalsAway, _disk),
        (OSError, _disk),
    )
    for kind, tell in told:
        app.add_exception_handler(kind, tell)
    return app


def sender_of(request: Request, key: Annotated[str | None, Depends(api_key)]) -> str:
    """The name of the key that the request carries."""
    with Session(read_only(request.app.state.store.engine)) as session:
        name = upload_keys.name_of(session, key) if key else None
    if name is None:
        raise UploadRefused("the header X-API-Key is missing, or the key opens nothing", 401)
    return name


Sender = Annotated[str, Depends(sender_of)]


async def upload(
    request: Request,
    response: Response,
    sender: Sender,
    source_id: Annotated[str, Header(min_length=1, max_length=200, description="Your own name of this very file.")],
    file_name: Annotated[str, Header(max_length=600, description="Percent-encoded where it is not ASCII.")] = "upload",
    received: Annotated[dt.datetime | dt.date | None, Header(description="When the fax came in; else now.")] = None,
    caller: Annotated[str | None, Header(max_length=200, description="Who sent the fax.")] = None,
    pages: Annotated[int | None, Header(ge=0, description="Pages, as the fax server counted them.")] = None,
) -> Accepted:
    """Take in one document: the body is the file (TIFF, PDF, PNG, JPEG).

    Answered with 201 once it is safe. Sent again under the same `Source-Id`, the same bytes get the same answer; other
    bytes are refused (409).
    """
    store: Store = request.app.state.store
    told = {name: value for name, value in (("caller", caller), ("pages", pages)) if value is not None}
    origin = Origin(
        file=unquote(file_name),
        received=_day(received),
        channel=CHANNEL,
        details=told or None,
        source_id=f"{sender}/{source_id}",
        only=True,
        by=sender,
    )
    body = UploadBody(request, store.settings.limits.bytes)
    entered = await run_in_threadpool(_take_in, store, body, origin)
    response.headers["Location"] = f"/documents/{entered.document}"
    return Accepted(**{**entered.model_dump(), "source_id": source_id})


def status_of(request: Request, sender: Sender, document: int) -> Status:
    """How far a document has come that was uploaded with the same key."""
    store: Store = request.app.state.store
    mine = Source.source_id.startswith(f"{sender}/", autoescape=True)
    with Session(read_only(store.engine)) as session:
        sent = select(Document).where(Document.id == document, Document.sources.any((Source.channel == CHANNEL) & mine))
        found = session.scalar(sent)
        if found is None:
            raise NotThere("there is no such document, or it was not uploaded with this key")
        forms = [FormStatus(form_id=f.form_id, route=f.route.route, reasons=f.route.reasons) for f in found.forms]
        kinds = Counter(page.kind for page in found.pages)
        return Status(
            document=found.id,
            state=found.state,
            received=found.received,
            status=found.status,
            pages=dict(kinds),
            forms=forms,
        )


def _take_in(store: Store, body: UploadBody, origin: Origin) -> Accepted:
    with Session(read_only(store.engine)) as session:
        known = known_source(session, CHANNEL, origin.source_id or "")
        answer = Accepted(document=known.id, source_id="", sha256=known.sha256, bytes=known.size) if known else None
    if answer is None:
        entered = take_in_stream(store, body, origin)
        return Accepted(document=entered.document_id, source_id="", sha256=entered.sha256, bytes=entered.size)
    digest = hashlib.sha256()
    for chunk in iter(body.read, b""):
        digest.update(chunk)
    if digest.hexdigest() != answer.sha256:
        raise SourceConflict("take in: that source id was used for other bytes")
    return answer


def _day(received: dt.datetime | dt.date | None) -> dt.date:
    """The day in the time zone in which it was told."""
    today = dt.datetime.now(dt.UTC).date()
    day = received.date() if isinstance(received, dt.datetime) else received
    if day is not None and day > today + dt.timedelta(days=1):
        raise UploadRefused("the header Received tells of a day to come", 422)
    return day or dt.datetime.now().astimezone().date()


async def _not_understood(_request: Request, error: Exception) -> Response:
    """Which header is wrong; not what stood in it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    wrong = sorted({str(one["loc"][1]) for one in error.errors()})
    return _problem(f"missing, or not as the description at /openapi.json has it: {', '.join(wrong)}", 422)


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, UploadRefused) else STATUS[type(error)]  # type: ignore[index]  # of ours
    return _problem(str(error), status)


async def _database_away(_request: Request, error: Exception) -> Response:
    logs.logger().warning("nothing can be taken in now", step="take_in", error=type(error).__name__)
    return _problem("the database does not answer: the document was not taken in, send it again", 503)


async def _disk(_request: Request, error: Exception) -> Response:
    logs.logger().error("nothing can be taken in now", step="take_in", error=type(error).__name__)
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    words = "there is no room" if full else "the disk refused it"
    return _problem(f"{words}: the document was not taken in, send it again", 507 if full else 503)


def _problem(words: str, status: int) -> Response:
    again = TRY_AGAIN if status in (503, 507) else None
    return JSONResponse({"error": words}, status, headers=again)
