"""The small server beside the workers of a machine: metrics, and whether they are alive and ready."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from pipeline.health import hanging, not_ready
from pipeline.metrics import exposition
from pipeline.store.opening import Store


def create_monitor(store: Store) -> FastAPI:
    """`/metrics`, `/live` and `/ready`; nothing of them holds patient data."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    def metrics() -> Response:
        return Response(exposition(store), media_type=CONTENT_TYPE_LATEST)

    def live() -> Response:
        return _told(hanging(store), "live")

    def ready() -> Response:
        return _told([*not_ready(store), *hanging(store)], "ready")

    for path, answer in (("/metrics", metrics), ("/live", live), ("/ready", ready)):
        app.add_api_route(path, answer, methods=["GET"])
    return app


def _told(problems: list[str], well: str) -> Response:
    return PlainTextResponse("\n".join(problems or [well]) + "\n", 503 if problems else 200)
