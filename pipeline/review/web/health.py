"""Whether the station is alive and ready: for supervisors and load balancers, without a log-in."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from pipeline.health import not_ready


def add_routes(app: FastAPI) -> None:
    """The two routes; a load balancer asks for them every few seconds."""
    app.add_api_route("/health/live", live, methods=["GET"])
    app.add_api_route("/health/ready", ready, methods=["GET"])


def live() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("live\n")


def ready(request: Request) -> PlainTextResponse:
    """200 when items can be decided, else 503 with what is missing."""
    problems = not_ready(request.app.state.store)
    return PlainTextResponse("\n".join(problems or ["ready"]) + "\n", 503 if problems else 200)
