"""How many accepted forms must be keyed blindly to show an error rate, which ones, and what they have shown.

Checks are drawn from a lot without putting back, so the wrong forms among them follow the hypergeometric distribution:
exact at any size, and for large lots the binomial plan. This is acceptance sampling of an isolated lot by its limiting
quality, which ISO 2859-2 tabulates. A form is wrong when one value at least that somebody keyed blindly differs.

The sample are the forms of the smallest own numbers (`quality.sampling.own_number`): more checks only add to it.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from scipy.stats import hypergeom
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.calibration.reliability import Interval
from pipeline.migration.progress import brought_by
from pipeline.quality.rates import Group, Rate, rate
from pipeline.quality.sampling import CheckKind, check_of, own_number
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, FormRoute
from pipeline.store.quality_models import CheckOutcome, QualityCheck

CONFIDENCE = 0.95
"""Of the intervals, and of a plan where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Check `checked` forms of a lot of `lot`; with `allowed` wrong ones at most, the rate is under `limit`.

    With a chance of `confidence` a lot whose rate is above `limit` (a share) is not passed.
    """

    lot: int
    limit: float
    confidence: float
    allowed: int
    checked: int

    def chance_to_pass(self, error_rate: float) -> float:
        """The chance that a lot with that error rate (a share) is passed."""
        return float(hypergeom.cdf(self.allowed, self.lot, round(self.lot * error_rate), self.checked))


def plan(lot: int, limit: float, confidence: float = CONFIDENCE, allowed: int = 0) -> Plan:
    """The smallest number of checks that shows an error rate; of a lot that is too small, all of it.

    Raises:
        ValueError: a share is not between 0 and 1, or more wrong forms are allowed than the whole lot may have.
    """
    too_many = int(limit * lot) + 1  # wrong forms of a lot that is only just too bad
    if not (0 < limit < 1 and 0 < confidence < 1 and 0 <= allowed < too_many):
        raise ValueError("expected shares between 0 and 1, and no more wrong forms allowed than the lot may have")

    def shows(checked: int) -> bool:
        return float(hypergeom.cdf(allowed, lot, too_many, checked)) <= 1 - confidence

    return Plan(lot, limit, confidence, allowed, _first(0, lot, shows))


def estimate(lot: int, checked: int, wrong: int, confidence: float = CONFIDENCE) -> Interval:
    """The error rate of a lot by what was found in a sample of it, with its exact interval (all of them shares)."""
    if not checked:
        return Interval(0.0, 0.0, 1.0)
    tail = (1 - confidence) / 2
    least, most = wrong, lot - (checked - wrong)  # wrong forms that the lot can have at all
    low = _first(least, most, lambda bad: hypergeom.sf(wrong - 1, lot, bad, checked) > tail)
    high = _first(least, most, lambda bad: hypergeom.cdf(wrong, lot, bad + 1, checked) <= tail)
    return Interval(wrong / checked, low / lot, high / lot)


def _first(least: int, most: int, holds: Callable[[int], bool]) -> int:
    """The first number from which on it holds; `most` where it never does."""
    return bisect_left(range(least, most), True, key=lambda number: bool(holds(number))) + least


@dataclass(frozen=True, slots=True)
class Sampled:
    """What is known of the forms that the program accepted in a migration: `lot` of them, `drawn` chosen for checks.

    `rate` counts those that were keyed, `errors` is their rate with the interval for the whole lot.
    """

    lot: int
    drawn: int
    rate: Rate

    @property
    def errors(self) -> Interval:
        """The share of forms with a wrong value."""
        return estimate(self.lot, self.rate.forms, self.rate.forms_wrong)

    @property
    def waiting(self) -> int:
        """Forms that are chosen, and of which nothing is known yet."""
        return self.drawn - self.rate.forms


def sampled(session: Session, seed: str, migration: int) -> Sampled:
    """What the blind checks have shown of the migration so far."""
    lot = _lot(session, seed, migration)
    checks = set(session.scalars(select(QualityCheck.form_pk).filter_by(kind=CheckKind.BLIND)))
    drawn = list(takewhile(checks.__contains__, lot))
    outcomes = session.scalars(select(CheckOutcome).where(CheckOutcome.form_pk.in_(drawn))).all()
    return Sampled(len(lot), len(drawn), rate(Group.ALL, f"migration {migration}", outcomes))


def draw(session: Session, seed: str, migration: int, count: int) -> int:
    """Have so many accepted forms of the migration keyed blindly, those included that are already; how many are new."""
    take_write_turn(session.connection())
    wanted = _lot(session, seed, migration)[:count]
    known = set(session.scalars(select(QualityCheck.form_pk).filter_by(kind=CheckKind.BLIND)))
    now = dt.datetime.now(dt.UTC)
    checks = [check_of(session.get_one(Form, form), now) for form in wanted if form not in known]
    session.add_all(checks)
    session.flush()
    for check in checks:
        after = {"check": check.id, "form": check.form_pk, "migration": migration}
        audit.write_line(session, "chosen for a blind check", document_id=check.form.document_id, after=after)
    return len(checks)


def _lot(session: Session, seed: str, migration: int) -> Sequence[int]:
    """The forms that the program accepted, whatever people changed since, by their own numbers."""
    first = select(func.min(FormRoute.id)).group_by(FormRoute.form_pk)
    query = (
        select(Form.id, Form.document_id, Form.position)
        .join(FormRoute, FormRoute.form_pk == Form.id)
        .where(Form.document_id.in_(brought_by(migration)), FormRoute.id.in_(first))
        .where(FormRoute.route == "accept", FormRoute.decided_by == audit.PROGRAM)
    )
    numbered = [(own_number(seed, document, position), form) for form, document, position in session.execute(query)]
    return [form for _, form in sorted(numbered)]
