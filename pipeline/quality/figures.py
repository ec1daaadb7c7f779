"""The figures of the dashboard: what came in, what passed by itself, what waits, what people decided, how right it was.

Days and hours are those of UTC. Nothing here names a document or a patient.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.calibration.reliability import Interval, share
from pipeline.review.priority import NORMAL
from pipeline.store import audit
from pipeline.store.models import Document, FormRoute, ReviewItem, ReviewState
from pipeline.store.quality_models import CheckOutcome
from validators.rulebook.load import rulebook

AGES = (
    ("under 1 h", dt.timedelta(hours=1)),
    ("1 to 4 h", dt.timedelta(hours=4)),
    ("4 to 24 h", dt.timedelta(hours=24)),
    ("1 to 3 d", dt.timedelta(days=3)),
    ("3 to 7 d", dt.timedelta(days=7)),
    ("over 7 d", dt.timedelta.max),
)
"""Bands of waiting, each up to its time."""


@dataclass(frozen=True, slots=True)
class Day:
    """What came in on a day, and what the program did with the forms it decided then, each by its first decision.

    `passed` went straight through: accepted without a person. Duplicates need none either, and bring nothing.
    """

    day: dt.date
    documents: int
    forms: int
    passed: int
    duplicates: int
    held: int

    @property
    def straight_through(self) -> float | None:
        """The share of the forms that are no duplicates which no person touched; None on a day without any."""
        return self.passed / (self.passed + self.held) if self.passed + self.held else None


@dataclass(frozen=True, slots=True)
class Held:
    """A reason for which the program held forms; a form may be held for several. `waiting` still are."""

    reason: str
    forms: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has waited for so long: all, and of them what is urgent (a treatment hangs on it, or soon will)."""

    age: str
    items: int
    urgent: int


@dataclass(frozen=True, slots=True)
class Hour:
    """Items of the review queue that were decided in an hour."""

    start: dt.datetime
    decided: int


@dataclass(frozen=True, slots=True)
class Week:
    """How many of the values that the program let pass in a week were right, by blind checks."""

    week: str
    forms: int
    right: Interval
    values: int
    critical_right: Interval
    critical_values: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything at one time; `days` go back from `now`, `hours` over the last of them."""

    now: dt.datetime
    days: tuple[Day, ...]
    held: tuple[Held, ...]
    waiting: tuple[Waiting, ...]
    hours: tuple[Hour, ...]
    weeks: tuple[Week, ...]


def dashboard(session: Session, days: int = 28, hours: int = 24, now: dt.datetime | None = None) -> Dashboard:
    """All figures of the last days and hours, today's and this one included."""
    now = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    since = dt.datetime.combine(now.date() - dt.timedelta(days=days - 1), dt.time(), dt.UTC)
    return Dashboard(
        now=now,
        days=tuple(by_day(session, since, now)),
        held=tuple(held_by_reason(session, since)),
        waiting=tuple(waiting_by_age(session, now)),
        hours=tuple(decided_per_hour(session, hours, now)),
        weeks=tuple(accuracy_by_week(session)),
    )


def by_day(session: Session, since: dt.datetime, now: dt.datetime) -> Iterator[Day]:
    """Every day, also one on which nothing came in."""
    taken_in = session.scalars(select(Document.taken_in_at).where(Document.taken_in_at >= since))
    documents = Counter(time.date() for time in taken_in)
    routes = Counter((route.decided_at.date(), route.route) for route in _first_routes(session, since))
    day = since.date()
    while day <= now.date():
        passed, duplicates, held = (routes[day, route] for route in ("accept", "duplicate", "review"))
        yield Day(day, documents[day], passed + duplicates + held, passed, duplicates, held)
        day += dt.timedelta(days=1)


def held_by_reason(session: Session, since: dt.datetime) -> list[Held]:
    """The reasons of forms held since then and of whatever waits now, the most frequent first."""
    held = Counter(
        reason for route in _first_routes(session, since) if route.route == "review" for reason in route.reasons
    )
    waiting = Counter(reason for item in _open_items(session) for reason in item.reasons)
    found = [Held(reason, held[reason], waiting[reason]) for reason in held | waiting]
    return sorted(found, key=lambda one: (-one.forms, -one.waiting, one.reason))


def waiting_by_age(session: Session, now: dt.datetime) -> list[Waiting]:
    """Every band of waiting, also an empty one."""
    items, urgent = Counter[str](), Counter[str]()
    for item in _open_items(session):
        age = next(name for name, up_to in AGES if now - item.created_at < up_to)
        items[age] += 1
        urgent[age] += item.priority < NORMAL
    return [Waiting(name, items[name], urgent[name]) for name, _ in AGES]


def decided_per_hour(session: Session, hours: int, now: dt.datetime) -> list[Hour]:
    """The last hours, the one that runs included: items of the queue that were closed in each."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    starts = [this_hour - dt.timedelta(hours=back) for back in reversed(range(hours))]
    closed = session.scalars(select(ReviewItem.closed_at).where(ReviewItem.closed_at >= starts[0]))
    decided = Counter(time.replace(minute=0, second=0, microsecond=0) for time in closed if time is not None)
    return [Hour(start, decided[start]) for start in starts]


def accuracy_by_week(session: Session) -> list[Week]:
    """The weeks of which anything was checked, in order; the week is that of the program's decision."""
    by_program = select(CheckOutcome).where(CheckOutcome.decided_by == audit.PROGRAM, CheckOutcome.right.is_not(None))
    weeks: dict[str, list[CheckOutcome]] = {}
    for outcome in session.scalars(by_program.order_by(CheckOutcome.week)):
        weeks.setdefault(outcome.week, []).append(outcome)
    return [_week(week, outcomes) for week, outcomes in weeks.items()]


def _week(week: str, outcomes: Iterable[CheckOutcome]) -> Week:
    told = [(outcome, outcome.field in rulebook().doubts.critical) for outcome in outcomes]
    right = [bool(outcome.right) for outcome, _ in told]
    critical = [bool(outcome.right) for outcome, is_critical in told if is_critical]
    return Week(
        week=week,
        forms=len({outcome.form_pk for outcome, _ in told}),
        right=share(sum(right), len(right)),
        values=len(right),
        critical_right=share(sum(critical), len(critical)),
        critical_values=len(critical),
    )


@dataclass(frozen=True, slots=True)
class _First:
    """What the program said of a form, before any person did."""

    decided_at: dt.datetime
    route: str
    reasons: list[str]


def _first_routes(session: Session, since: dt.datetime) -> list[_First]:
    first = select(func.min(FormRoute.id)).group_by(FormRoute.form_pk)
    columns = select(FormRoute.decided_at, FormRoute.route, FormRoute.reasons)
    rows = session.execute(columns.where(FormRoute.id.in_(first), FormRoute.decided_at >= since))
    return [_First(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Open:
    """An item of the review queue that is not done."""

    created_at: dt.datetime
    priority: int
    reasons: list[str]


def _open_items(session: Session) -> list[_Open]:
    columns = select(ReviewItem.created_at, ReviewItem.priority, ReviewItem.reasons)
    return [_Open(*row) for row in session.execute(columns.where(ReviewItem.state != ReviewState.DONE))]
