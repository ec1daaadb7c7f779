"""The routes of the dashboard: the figures of the service as plots and tables, and the error rates of blind checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.quality.checking import uncorrected
from pipeline.quality.figures import dashboard
from pipeline.quality.plots import dashboard_files, rates_files
from pipeline.quality.rates import Group, error_rates
from pipeline.review.web.rendering import page
from pipeline.store.engine import read_only

PLOTS: Mapping[str, str] = {
    "days": "In, and straight through",
    "held": "Held by reason",
    "waiting": "Waiting by age",
    "decided": "Decided per hour",
    "accuracy": "Field accuracy by week",
    "error-rates": "Wrong values that passed",
}
"""The plots by the names of their files."""

SPANS: Sequence[int] = (7, 28, 91)
"""Days to choose from."""

KINDS = {"csv": "text/csv", "svg": "image/svg+xml"}

Days = Annotated[int, Query(ge=1, le=366)]

_drawing = Lock()
"""Matplotlib's fonts are shared between threads and made for one."""


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/dashboard", show, methods=["GET"])
    app.add_api_route("/dashboard/{name}", file, methods=["GET"])


def show(request: Request, days: Days = 28) -> Response:
    """Every figure, with its plot and table."""
    with Session(read_only(request.app.state.store.engine)) as session:
        board, rates, wrong = dashboard(session, days), error_rates(session), len(uncorrected(session))
    shown = [rate for rate in rates if rate.group is not Group.FIELD]
    counted = {"passed": sum(day.passed for day in board.days), "held": sum(day.held for day in board.days)}
    return page(
        request,
        "dashboard.html",
        board=board,
        counted=counted,
        documents=sum(day.documents for day in board.days),
        decided=sum(hour.decided for hour in board.hours),
        waiting=sum(one.items for one in board.waiting),
        rates=shown,
        wrong=wrong,
        plots=PLOTS,
        days=days,
        spans=SPANS,
    )


def file(request: Request, name: str, days: Days = 28) -> Response:
    """One plot or table."""
    with Session(read_only(request.app.state.store.engine)) as session:
        if name.startswith("error-rates."):
            files = rates_files(error_rates(session))
        else:
            files = dashboard_files(dashboard(session, days))
    if name not in files:
        raise NotThere("there is no such figure")
    with _drawing:
        return Response(files[name](), media_type=KINDS[name.rpartition(".")[2]])
