"""Checks done by people who are named, on the papers of `papers`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from papers import MONTHLY
from sqlalchemy.orm import Session

from extractors.reading import Value
from pipeline.quality.checking import claim, record
from pipeline.quality.sampling import draw
from pipeline.settings import Settings
from pipeline.store.quality_models import CheckOutcome, QualityCheck

LEASE = dt.timedelta(minutes=5)
EVERYTHING = Settings(check_rate=1, check_rate_of_people=1)
ANN, BEN, CAT, DAN = "Ann", "Ben", "Cat", "Dan"


def draw_one(session: Session) -> QualityCheck:
    """The one form that is there, chosen."""
    (check,) = draw(session, EVERYTHING)
    return check


def keyed(check: QualityCheck, values: Mapping[str, Value] = MONTHLY, **changed: Value) -> dict[str, Value]:
    """Everything that is asked for, as somebody reads it who reads what `values` say."""
    said = {**values, **changed}
    empty = {name: False if was["value"] is False else None for name, was in check.as_read.items()}
    return {name: said.get(name, empty[name]) for name in check.fields}


def check_it(
    session: Session, check: QualityCheck, who: str, values: Mapping[str, Value], illegible: Iterable[str] = ()
) -> list[CheckOutcome]:
    """Claim and record in one."""
    version = claim(session, check.id, who, LEASE)
    assert version is not None
    return record(session, check.id, who, version, values, illegible)
