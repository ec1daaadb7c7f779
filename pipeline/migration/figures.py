"""The reconciliation of a migration: every file, page and form in one place, and what people have still to do.

Each total is counted by another way than its parts, so a sum that does not hold shows that something was lost or
counted twice. Nothing here names a patient, a file or a value.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from pipeline.migration.acceptance import Sampled, sampled
from pipeline.migration.chunks import named
from pipeline.migration.progress import Progress, brought_by, of
from pipeline.store import audit
from pipeline.store.migration_models import MigrationChunk, MigrationFile
from pipeline.store.models import (
    REARRANGED,
    WITHOUT_EFFECT,
    Document,
    DocumentState,
    EvaluatedRule,
    Form,
    FormRoute,
    Page,
    ReviewItem,
    ReviewState,
)
from validators.archives import FIELDS, INDEX
from validators.judge import Verdict

PAUSE = dt.timedelta(minutes=15)
"""Between two decisions of a person; what is longer was no work."""

STATES = {
    DocumentState.STORED: "decided, nothing waits",
    DocumentState.QUEUED: "decided, something waits for a person",
    DocumentState.FAILED: "could not be read, waits for a person",
}
UNDECIDED = "not decided yet"


@dataclass(frozen=True, slots=True)
class Sum:
    """A total beside its parts, which were counted by themselves; `how` says by what the total was counted."""

    what: str
    total: int
    how: str
    parts: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether the parts add up to the total."""
        return self.total == sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Through:
    """Forms of one revision and year, by the program's own decision: `passed` straight through, or held."""

    form_id: str
    year: int
    passed: int
    duplicates: int
    held: int

    @property
    def share(self) -> float | None:
        """Of the forms that are no duplicates, those that no person touched."""
        return self.passed / (self.passed + self.held) if self.passed + self.held else None


@dataclass(frozen=True, slots=True)
class Cost:
    """What the migration cost so far; times in seconds, `clock` from the first chunk's begin to the last one's end.

    `an_item` is what a person took for a decision, None as long as nobody decided two in a row.
    """

    clock: float
    working: float
    cpu: float
    peak_mb: float
    decided_by_people: int
    people: float

    @property
    def an_item(self) -> float | None:
        """Seconds of a person for one decision."""
        return self.people / self.decided_by_people if self.decided_by_people and self.people else None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Everything at one time."""

    migration: int
    archive: str
    at: dt.datetime
    progress: Progress
    sums: tuple[Sum, ...]
    through: tuple[Through, ...]
    disagreements: Mapping[str, int]
    duplicates: Mapping[str, int]
    refused: Mapping[str, int]
    held: Mapping[str, tuple[int, int]]  # reason to forms and pages held for it, and those that wait still
    sample: Sampled
    cost: Cost
    left: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether every sum holds."""
        return all(one.holds for one in self.sums)


@dataclass(frozen=True, slots=True)
class _FormLine:
    """A form with the program's first decision and the one that stands."""

    form_id: str
    year: int
    pages: int
    first: str
    first_by: str
    reasons: Sequence[str]
    now: str
    now_by: str


def reconcile(session: Session, migration: int, seed: str) -> Reconciliation:
    """Count everything of a migration, as it stands now.

    Args:
        session: of a transaction that only reads, so that all counts are of one moment.
        migration: its number.
        seed: the settings' check_seed, by which blind checks are chosen.
    """
    one, progress = named(session, migration), of(session, migration)
    forms = list(_forms(session, migration))
    left = _left(session, migration, progress)
    sample = sampled(session, seed, migration)
    return Reconciliation(
        migration=migration,
        archive=one.source,
        at=dt.datetime.now(dt.UTC),
        progress=progress,
        sums=tuple(_sums(session, migration, forms)),
        through=tuple(_through(forms)),
        disagreements=_disagreements(session, migration, one.rows_without_file),
        duplicates=_duplicates(session, migration, forms),
        refused=_refused(session, migration),
        held=_held(session, migration, forms),
        sample=sample,
        cost=_cost(session, migration),
        left=left | {"blind checks to be keyed": sample.waiting},
    )


# Sums


def _sums(session: Session, migration: int, forms: Sequence[_FormLine]) -> Iterator[Sum]:
    brought = brought_by(migration)
    files = select(func.count()).select_from(MigrationFile).filter_by(migration_id=migration)
    documents = _by(session, select(Document.state, func.count()).where(Document.id.in_(brought)), Document.state)
    yield Sum(
        "files of the archive",
        _count(session, files),
        "lines of the plan",
        {
            "not taken in, with a reason": _count(session, files.where(MigrationFile.refused.is_not(None))),
            "the same bytes as a file before": _count(session, files.where(MigrationFile.known)),
            "became a document": sum(documents.values()),
            "still to be taken in": _count(session, files.filter_by(document_id=None, refused=None)),
        },
    )
    yield Sum(
        "documents",
        _count(session, files.where(~MigrationFile.known, MigrationFile.document_id.is_not(None))),
        "files that brought a document",
        {words: documents.pop(state, 0) for state, words in STATES.items()} | {UNDECIDED: sum(documents.values())},
    )
    last = select(func.max(Page.page).label("last")).where(Page.document_id.in_(brought)).group_by(Page.document_id)
    yield Sum(
        "pages",
        _count(session, select(func.sum(last.subquery().c.last))),
        "the last page of every document",
        _by(session, select(Page.kind, func.count()).where(Page.document_id.in_(brought)), Page.kind),
    )
    pages = select(func.count()).select_from(Page).where(Page.document_id.in_(brought), Page.form.is_not(None))
    of_forms: Counter[str] = Counter()
    for form in forms:
        if form.now != REARRANGED:  # its pages belong to other forms
            of_forms[form.form_id] += form.pages
    yield Sum("pages of forms", _count(session, pages), "pages that belong to a form", dict(sorted(of_forms.items())))
    count = select(func.count()).select_from(Form).where(Form.document_id.in_(brought))
    first = Counter(_first(form) for form in forms)
    yield Sum("forms, as the program decided", _count(session, count), "forms in the database", dict(first))
    now = Counter(_now(form) for form in forms)
    yield Sum("forms, as they stand", _count(session, count), "forms in the database", dict(now))


def _first(form: _FormLine) -> str:
    if form.first_by != audit.PROGRAM:
        return "put together by a person"
    return {"accept": "accepted", "duplicate": "duplicates", "review": "held for a person"}[form.first]


def _now(form: _FormLine) -> str:
    if form.now in WITHOUT_EFFECT:
        return "without effect: sent back, rejected, set aside, rearranged"
    by = "by the program" if form.now_by == audit.PROGRAM else "by a person"
    return {"accept": f"accepted {by}", "duplicate": "duplicates", "review": "wait for a person"}[form.now]


# Rates and reasons


def _through(forms: Sequence[_FormLine]) -> Iterator[Through]:
    counts = Counter((form.form_id, form.year, form.first) for form in forms if form.first_by == audit.PROGRAM)
    for form_id, year in sorted({(form_id, year) for form_id, year, _ in counts}):
        yield Through(form_id, year, *(counts[form_id, year, route] for route in ("accept", "duplicate", "review")))


def _disagreements(session: Session, migration: int, without_file: Sequence[int]) -> dict[str, int]:
    """In what index and archive contradict each other; a form may contradict its row in several ways."""
    brought = brought_by(migration)
    fired = select(EvaluatedRule.why).join(Form, Form.id == EvaluatedRule.form_pk)
    fired = fired.where(EvaluatedRule.verdict == Verdict.FIRED)
    about: Counter[str] = Counter()
    for why in session.scalars(fired.where(EvaluatedRule.rule == INDEX, Form.document_id.in_(brought))):
        about.update(why.split(", "))
    lacking = _items(brought).where(ReviewItem.form_pk.is_(None))
    files = select(MigrationFile.told).filter_by(migration_id=migration, refused=None)
    return {
        **{f"{words} differs, forms": about[name] for name, words in FIELDS.items()},
        "a form of the index is not in the file, files": sum(
            "index_disagrees" in item.reasons for item in session.scalars(lacking)
        ),
        "rows of the index without a file": len(without_file),
        "files of which the index says nothing": sum(not told for told in session.scalars(files)),
    }


def _duplicates(session: Session, migration: int, forms: Sequence[_FormLine]) -> dict[str, int]:
    known = select(func.count()).select_from(MigrationFile).filter_by(migration_id=migration, known=True)
    return {
        "files with the bytes of a file before": _count(session, known),
        "forms that repeat an accepted one": sum(form.first == "duplicate" for form in forms),
        "forms that repeat one that waits, and wait beside it": sum("duplicate" in form.reasons for form in forms)
        - sum(form.first == "duplicate" for form in forms),
        "forms that contradict an earlier one, and wait beside it": sum("conflict" in form.reasons for form in forms),
    }


def _refused(session: Session, migration: int) -> dict[str, int]:
    counted = select(MigrationFile.refused, func.count()).filter_by(migration_id=migration)
    return _by(session, counted.where(MigrationFile.refused.is_not(None)), MigrationFile.refused)


def _held(session: Session, migration: int, forms: Sequence[_FormLine]) -> dict[str, tuple[int, int]]:
    """By reason, the most frequent first; what is held for several counts at each."""
    held = Counter(reason for form in forms if form.first == "review" for reason in form.reasons)
    waiting: Counter[str] = Counter()
    for item in session.scalars(_items(brought_by(migration))):
        if item.form_pk is None:
            held.update(item.reasons)
        if item.state != ReviewState.DONE:
            waiting.update(item.reasons)
    return {reason: (count, waiting[reason]) for reason, count in held.most_common()}


# Cost, and what is left


def _cost(session: Session, migration: int) -> Cost:
    of_chunks = select(
        func.min(MigrationChunk.started_at),
        func.max(MigrationChunk.finished_at),
        func.coalesce(func.sum(MigrationChunk.seconds), 0.0),
        func.coalesce(func.sum(MigrationChunk.cpu_seconds), 0.0),
        func.coalesce(func.max(MigrationChunk.peak_mb), 0.0),
    ).where(MigrationChunk.migration_id == migration)
    began, ended, seconds, cpu, peak = session.execute(of_chunks).one()
    clock = (ended - began).total_seconds() if began and ended else 0.0
    decided, people = _work_of_people(session, migration)
    return Cost(clock, float(seconds), float(cpu), float(peak), decided, people)


def _work_of_people(session: Session, migration: int) -> tuple[int, float]:
    """Decisions of people that followed one of their own without a pause, and the seconds that these took."""
    routes = select(FormRoute.decided_by, FormRoute.decided_at).join(Form, Form.id == FormRoute.form_pk)
    ours = and_(Form.document_id.in_(brought_by(migration)), FormRoute.decided_by != audit.PROGRAM)
    times: dict[str, list[dt.datetime]] = {}
    for who, at in session.execute(routes.where(ours).order_by(FormRoute.decided_at)):
        times.setdefault(who, []).append(at)
    took = [later - earlier for one in times.values() for earlier, later in pairwise(one) if later - earlier < PAUSE]
    return len(took), sum(one.total_seconds() for one in took)


def _left(session: Session, migration: int, progress: Progress) -> dict[str, int]:
    todo = select(func.count()).select_from(MigrationFile)
    items = _items(brought_by(migration)).where(ReviewItem.state != ReviewState.DONE)
    return {
        "files to be taken in": _count(session, todo.filter_by(migration_id=migration, document_id=None, refused=None)),
        "documents to be read and decided": progress.documents - progress.decided,
        "items of the review queue": _count(session, select(func.count()).select_from(items.subquery())),
    }


# Reading the store


def _forms(session: Session, migration: int) -> Iterator[_FormLine]:
    edges = select(func.min(FormRoute.id).label("first"), func.max(FormRoute.id).label("last"), FormRoute.form_pk)
    ours = select(Form.id).where(Form.document_id.in_(brought_by(migration)))
    edge = edges.where(FormRoute.form_pk.in_(ours)).group_by(FormRoute.form_pk).subquery()
    routes = {
        route.id: route
        for end in (edge.c.first, edge.c.last)
        for route in session.execute(
            select(FormRoute.id, FormRoute.route, FormRoute.decided_by, FormRoute.reasons).join(
                edge, end == FormRoute.id
            )
        )
    }
    columns = select(Form.form_id, Form.judged_on, Document.received, Form.pages, edge.c.first, edge.c.last)
    for form_id, judged_on, received, pages, first, last in session.execute(
        columns.join(edge, edge.c.form_pk == Form.id).join(Document, Document.id == Form.document_id)
    ):
        begun, stands = routes[first], routes[last]
        year = (judged_on or received).year
        yield _FormLine(
            form_id, year, len(pages), begun.route, begun.decided_by, begun.reasons, stands.route, stands.decided_by
        )


def _items(brought: Select[Any]) -> Select[tuple[ReviewItem]]:
    return select(ReviewItem).where(ReviewItem.document_id.in_(brought))


def _by(session: Session, counted: Select[Any], column: Any) -> dict[str, int]:
    return {str(name): count for name, count in session.execute(counted.group_by(column).order_by(column))}


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(query) or 0
