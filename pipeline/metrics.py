"""Metrics for Prometheus: the truth of the database, counted when somebody asks.

Nothing is counted in memory, so no process has to be asked for its share, and no crash loses or repeats a number: any
machine that reaches the database can answer for all of them. Labels are words of ours; no metric holds patient data.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.step_times import BOUNDS
from pipeline.store.engine import read_only
from pipeline.store.models import Document, DocumentState, FormRoute, Page, ReviewItem, ReviewState
from pipeline.store.opening import Store
from pipeline.store.operations_models import LegalHold, StepTime

WAITED = (
    ("up to 1 h", dt.timedelta(hours=1)),
    ("up to 4 h", dt.timedelta(hours=4)),
    ("up to 1 day", dt.timedelta(days=1)),
    ("up to 3 days", dt.timedelta(days=3)),
    ("longer", dt.timedelta.max),
)
"""Ages of items that wait for a person."""

ON_THE_WAY = (DocumentState.RECEIVED, DocumentState.READING)


def exposition(store: Store) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector(store))
    return generate_latest(registry)


class DatabaseCollector(Collector):
    """Reads one consistent state of the database each time it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        """Every metric."""
        with Session(read_only(self._store.engine)) as session:
            yield from _documents(session)
            yield from _backlog(session)
            yield from _queue(session)
            yield from _leases(session)
            yield _failures(session)
            yield _step_seconds(session)
            holds = session.scalar(select(func.count()).select_from(LegalHold).filter_by(released_at=None))
        yield _gauge("faxforms_legal_holds", "legal holds that stand", {(): holds or 0})
        free = self._store.originals.shelf.free_bytes()
        if free is not None:
            yield _gauge("faxforms_originals_disk_free_bytes", "bytes left where the originals lie", {(): free})


def _documents(session: Session) -> Iterator[Metric]:
    documents = _counts(session, Document.state, Document.status)
    yield _gauge("faxforms_documents", "documents by state and how they were read", documents, ("state", "status"))
    yield _gauge("faxforms_pages", "pages by kind", _counts(session, Page.kind), ("kind",))
    routes = CounterMetricFamily("faxforms_decisions", "decisions on forms by route", labels=("route",))
    for labels, number in _counts(session, FormRoute.route).items():
        routes.add_metric(labels, number)
    yield routes


def _backlog(session: Session) -> Iterator[Metric]:
    waiting = select(func.count(), func.min(Document.taken_in_at)).where(Document.state.in_(ON_THE_WAY))
    number, oldest = session.execute(waiting).one()
    yield _gauge("faxforms_backlog_documents", "documents that came in and are not decided", {(): number})
    age = (_now() - oldest).total_seconds() if oldest else 0.0
    yield _gauge("faxforms_backlog_oldest_seconds", "how long the oldest of them waits", {(): age})


def _queue(session: Session) -> Iterator[Metric]:
    """An item with several reasons stands under each of them; the sum over all items is a metric of its own."""
    now, by_reason, by_state = _now(), Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    waiting = select(ReviewItem.state, ReviewItem.reasons, ReviewItem.created_at)
    for state, reasons, since in session.execute(waiting.where(ReviewItem.state != ReviewState.DONE)):
        by_state[(str(state),)] += 1
        for reason in reasons:
            by_reason[(reason, _waited(now - since))] += 1
    yield _gauge("faxforms_queue_items", "items that wait for a person, or are in a hand", by_state, ("state",))
    yield _gauge("faxforms_queue_reasons", "reasons and ages of those items", by_reason, ("reason", "waited"))


def _leases(session: Session) -> Iterator[Metric]:
    now, leases = _now(), Counter[tuple[str, ...]]()
    for kind, column, held in (
        ("document", Document.lease_until, Document.state == DocumentState.READING),
        ("item", ReviewItem.lease_until, ReviewItem.state == ReviewState.CLAIMED),
    ):
        leases[kind, "held"] = leases[kind, "run_out"] = 0
        for until in session.scalars(select(column).where(held)):
            leases[kind, "held" if until is not None and until >= now else "run_out"] += 1
    yield _gauge(
        "faxforms_leases", "documents and items in work, by whether the lease ran out", leases, ("of", "lease")
    )


def _failures(session: Session) -> Metric:
    """The step stands before the colon of a document's error."""
    steps = Counter[tuple[str, ...]]()
    for error in session.scalars(select(Document.error).where(Document.state == DocumentState.FAILED)):
        steps[((error or "").partition(":")[0] or "unknown",)] += 1
    return _gauge("faxforms_failed_documents", "documents that could not be read, by step", steps, ("step",))


def _step_seconds(session: Session) -> Metric:
    times = HistogramMetricFamily("faxforms_step_seconds", "seconds that steps took", labels=("step",))
    counted = {(row.step, row.up_to): row for row in session.scalars(select(StepTime))}
    for step in sorted({step for step, _ in counted}):
        below, seconds, buckets = 0, 0.0, []
        for bound in BOUNDS:
            row = counted.get((step, bound))
            below, seconds = (below + row.count, seconds + row.seconds) if row else (below, seconds)
            buckets.append(("+Inf" if math.isinf(bound) else str(bound), float(below)))
        times.add_metric((step,), buckets, sum_value=seconds)
    return times


def _counts(session: Session, *columns: object) -> dict[tuple[str, ...], float]:
    rows = session.execute(select(*columns, func.count()).group_by(*columns))  # type: ignore[call-overload]  # any columns
    return {tuple(str(label or "none") for label in labels): number for *labels, number in rows}


def _gauge(name: str, told: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...] = ()) -> Metric:
    family = GaugeMetricFamily(name, told, labels=labels)
    for label, value in sorted(values.items()):
        family.add_metric(label, value)
    return family


def _waited(age: dt.timedelta) -> str:
    return next(label for label, longest in WAITED if age <= longest)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
