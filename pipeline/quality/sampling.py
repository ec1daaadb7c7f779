"""Which accepted forms are keyed once more, blindly: a share of each kind of form and source, chosen by hash.

Whether a form is chosen hangs on its own number, a secret seed and the rate alone, so every run chooses the same, and
nobody can tell beforehand. Where a whole week of a stratum was spared, its form of the smallest hash is checked: a rare
form must not go unchecked for months.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.quality import snapshot
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, FormRoute, ReviewState, Source
from pipeline.store.quality_models import QualityCheck

LOOKS_BACK = dt.timedelta(days=28)
"""Decisions older than this are not chosen any more."""


class CheckKind(StrEnum):
    """Who keys: somebody who sees no value, or a third person, who sees both but not whose they are."""

    BLIND = "blind"
    THIRD = "third"


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """Forms of which about the same share is checked: one form, from one source, passed by the program or by people."""

    form_id: str
    source: str
    by_program: bool
    week: str  # ISO 8601: "2026-W48"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An accepted form; `draw` is its own number from 0 to 1."""

    form: int
    stratum: Stratum
    draw: float


def draw(session: Session, settings: Settings, now: dt.datetime | None = None) -> list[QualityCheck]:
    """Choose among the forms accepted lately, and make a blind check of each that is not one already."""
    now = now or dt.datetime.now(dt.UTC)
    take_write_turn(session.connection())
    candidates = list(_candidates(session, settings.check_seed, now - LOOKS_BACK))
    ids = chosen(candidates, settings.check_rate, settings.check_rate_of_people, iso_week(now))
    known = set(session.scalars(select(QualityCheck.form_pk).where(QualityCheck.form_pk.in_(ids))))
    checks = [check_of(session.get_one(Form, form), now) for form in ids if form not in known]
    session.add_all(checks)
    session.flush()
    for check in checks:
        after = {"check": check.id, "form": check.form_pk}
        audit.write_line(session, "chosen for a blind check", document_id=check.form.document_id, after=after)
    return checks


def chosen(candidates: Iterable[Candidate], rate: float, rate_of_people: float, this_week: str) -> list[int]:
    """The forms whose own number lies below the rate, and one at least of each stratum of a week that is over."""
    by_stratum = groupby(sorted(candidates, key=lambda one: (one.stratum, one.draw)), key=lambda one: one.stratum)
    ids = []
    for stratum, group in by_stratum:
        forms, wanted = list(group), rate if stratum.by_program else rate_of_people
        below = [one.form for one in forms if one.draw < wanted]
        if not below and wanted > 0 and stratum.week < this_week:
            below = [forms[0].form]
        ids += below
    return sorted(ids)


def own_number(seed: str, document_id: int, position: int) -> float:
    """A form's own number, evenly spread from 0 to 1, by SHA-256."""
    digest = hashlib.sha256(f"{seed}/{document_id}/{position}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def iso_week(time: dt.datetime) -> str:
    """The week in UTC by ISO 8601: "2026-W48"; such weeks sort by time."""
    year, week, _ = time.astimezone(dt.UTC).isocalendar()
    return f"{year}-W{week:02}"


def check_of(form: Form, now: dt.datetime) -> QualityCheck:
    """A blind check of an accepted form, to be added."""
    return QualityCheck(
        form=form,
        kind=CheckKind.BLIND,
        state=ReviewState.WAITING,
        decided_by=form.route.decided_by,
        source=form.document.sources[0].channel,
        week=iso_week(form.route.decided_at),
        fields=[reading.field for reading in form.readings],
        as_read=snapshot.take(form),
        created_at=now,
    )


def _candidates(session: Session, seed: str, since: dt.datetime) -> Iterator[Candidate]:
    """The forms whose last decision is `accept`, and was made since then."""
    last = select(func.max(FormRoute.id)).group_by(FormRoute.form_pk)
    sources = select(Source.channel).where(Source.document_id == Form.document_id).order_by(Source.id).limit(1)
    query = (
        select(Form.id, Form.form_id, Form.document_id, Form.position, sources.scalar_subquery())
        .add_columns(FormRoute.decided_by, FormRoute.decided_at)
        .join(FormRoute, FormRoute.form_pk == Form.id)
        .where(FormRoute.id.in_(last), FormRoute.route == "accept", FormRoute.decided_at >= since)
    )
    for form, form_id, document_id, position, channel, who, decided_at in session.execute(query):
        stratum = Stratum(form_id, channel, who == audit.PROGRAM, iso_week(decided_at))
        yield Candidate(form, stratum, own_number(seed, document_id, position))
