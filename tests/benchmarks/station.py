"""Operators at the review station, over loopback: `python -m tests.benchmarks.station --operators 50 --seconds 120`.

Each takes the next item, looks at it and its first page, has what was written checked, and decides: with a pause
between items that is shorter than any person's. The items are many more than the forms that they are about, of which
each is decided a few times. Afterwards the audit trail says whether any item was decided twice, or a decision that was
answered is missing.

It ends with 1, and says why, where an operator could not work to the end, the station answered with an error, an item
was decided twice or a decision is lost, or the item's page took longer than it may (`LIMITS`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import itertools
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from extractors.read import read_document
from pipeline import originals
from pipeline.intake.folder import Arrival
from pipeline.process import process, take_in
from pipeline.registry.files import import_file
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import COOKIE
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import (
    AuditLine,
    Base,
    Document,
    EvaluatedRule,
    FieldReading,
    Form,
    FormFinding,
    FormRoute,
    Page,
    ReviewItem,
)
from pipeline.store.opening import Store, open_store
from samples.station_screens import served

REPOSITORY = Path(__file__).resolve().parents[2]
FAXES = REPOSITORY / "samples" / "faxes"
SHOWN = ("0012.tif", "0014.tif", "0036.tif", "0044.pdf")
COPIES = 50
"""Of each fax: nobody decides one form hundreds of times, and its past would be all that is measured."""
PASSWORD = "only for this benchmark"  # noqa: S105 - of a store that is thrown away

LIMITS = (0.150, 0.500)
"""Seconds that the item's page may take on two cores: the median, and 95 of 100."""

ERROR = 400
"""Answers from this status on are errors: no operator of this benchmark asks for anything that is to be refused."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the operators did: seconds by what was asked, items decided, errors answered, and who stopped and why."""

    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    decided: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    stopped: list[str] = field(default_factory=list)


def main() -> int:
    """Fill a store, let the operators work, tell."""
    asked, work = _arguments(), Work()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Settings(data_dir=Path(folder), database_url=asked.database_url))
        sessions = _fill(store, asked.operators, asked.items)
        with served(store) as address:
            end = time.monotonic() + asked.seconds
            operators = [
                threading.Thread(target=_operator, args=(address, session, end, asked.pause, work))
                for session in sessions
            ]
            for one in operators:
                one.start()
            for one in operators:
                one.join()
        faults = [*_tell(store, asked, work), *_faults(asked, work)]
        store.engine.dispose()
    for fault in faults:
        print(f"FAILED: {fault}")  # noqa: T201
    return 1 if faults else 0


def _operator(address: str, session: str, end: float, pause: float, work: Work) -> None:
    """One person's day, in a hurry; where it ends early, why."""
    try:
        _decide_until(address, session, end, pause, work)
    except Exception as error:  # noqa: BLE001 - whatever it was, this operator works no more, and that is told
        work.stopped.append(f"{type(error).__name__}: {error}")


def _decide_until(address: str, session: str, end: float, pause: float, work: Work) -> None:
    token = people.form_token(session)
    time.sleep(random.uniform(0, 2 * pause))  # noqa: S311 - no secret; they do not all come at the same moment
    with httpx.Client(base_url=address, cookies={COOKIE: session}, timeout=60) as client:

        def ask(what: str, method: str, path: str, **fields: str) -> httpx.Response:
            began = time.perf_counter()
            answer = client.request(method, path, data={"token": token, **fields} if method == "POST" else None)
            work.times[what].append(time.perf_counter() - began)
            if answer.status_code >= ERROR:
                work.errors[f"{what}: {answer.status_code}"] += 1
            return answer

        place = _place(ask("take", "POST", "/next"))
        while time.monotonic() < end:
            shown = ask("item page", "GET", place)
            version = re.search(r'name="version" value="(\d+)"', shown.text)
            if version is None:
                raise RuntimeError(f"the item's page holds no form ({shown.status_code})")
            ask("picture", "GET", f"{place}/pages/1.png")
            ask("check", "POST", f"{place}/preview", version=version[1])
            time.sleep(random.uniform(0, 2 * pause))  # noqa: S311 - no secret
            fields = {"version": version[1], "action": "reject", "reason": "a benchmark"}
            answer = ask("decide, next", "POST", f"{place}/decide", **fields)
            if "done=reject" not in answer.headers.get("location", ""):
                raise RuntimeError(f"not decided ({answer.status_code}, {answer.headers.get('location')})")
            work.decided.append(int(place.rsplit("/", 1)[1]))
            place = _place(answer)


def _place(answer: httpx.Response) -> str:
    """The item that comes next."""
    place = answer.headers.get("location", "").split("?")[0]
    if not place.startswith("/items/"):
        raise RuntimeError(f"no next item ({answer.status_code}, {place}); were there enough?")
    return str(place)


def _fill(store: Store, operators: int, items: int) -> list[str]:
    """Sample faxes that wait, each many times over; the sessions of the operators."""
    with Session(store.engine) as session, session.begin():
        import_file(session, FAXES / "registry.json")
        for number in range(operators):
            people.add_user(
                session, f"operator {number}", PASSWORD, Role.OPERATOR, by="benchmark", decides_prescriber_only=True
            )
    for name in SHOWN:
        arrival = Arrival(next(FAXES.rglob(name)), name, dt.date(2022, 6, 1))
        process(store, take_in(store, arrival), read_document)
    with Session(store.engine) as session, session.begin():
        for document in session.scalars(select(Document).order_by(Document.id)).all():
            for number in range(COPIES):
                _copy_document(session, store, document, number)
        waiting = session.execute(select(*_columns(ReviewItem))).mappings().all()
        rows = [dict(row) for row in itertools.islice(itertools.cycle(waiting), items - len(waiting))]
        session.execute(insert(ReviewItem), rows)
    found = [people.log_in(store, f"operator {number}", PASSWORD, f"{number}") for number in range(operators)]
    if None in found:
        raise RuntimeError(f"{found.count(None)} of {operators} operators could not log in")
    return [session_id for session_id in found if session_id]


def _copy_document(session: Session, store: Store, document: Document, number: int) -> None:
    """The same fax once more, with other bytes at its end, as if it had been read and judged; it repeats no other."""
    data = originals.fetch(store.originals, document.sha256) + bytes(number + 1)
    sha256, size = originals.keep(store.originals, io.BytesIO(data))
    ((_, copy),) = _copy(session, Document, Document.id == document.id, sha256=sha256, size=size)
    _copy(session, Page, Page.document_id == document.id, document_id=copy)
    no_keys = {"key_by_patient": None, "key_as_read": None}
    for form, its_copy in _copy(session, Form, Form.document_id == document.id, document_id=copy, **no_keys):
        for table in (FieldReading, FormFinding, EvaluatedRule, FormRoute):
            _copy(session, table, table.form_pk == form, form_pk=its_copy)
        _copy(session, ReviewItem, ReviewItem.form_pk == form, document_id=copy, form_pk=its_copy)


def _copy(session: Session, table: type[Base], where: ColumnElement[bool], **changed: object) -> list[tuple[int, int]]:
    """Rows once more, changed so; the id of each with that of its copy."""
    rows = session.execute(select(table.__table__).where(where)).mappings().all()
    written = [{name: value for name, value in row.items() if name != "id"} | changed for row in rows]
    number = table.__table__.c.id
    made = session.scalars(insert(table).returning(number, sort_by_parameter_order=True), written) if written else ()
    return list(zip((row["id"] for row in rows), made, strict=True))


def _columns(table: type[Base]) -> list[ColumnElement[object]]:
    return [column for column in table.__table__.columns if column.key != "id"]


def _tell(store: Store, asked: argparse.Namespace, work: Work) -> Iterator[str]:
    """Print what came of it; what of it the trail gives away as a fault."""
    with Session(store.engine) as session:
        lines = session.scalars(select(AuditLine).filter_by(action="form decided")).all()
        told = [(line.after or {}).get("item") for line in lines]
        waiting = session.scalar(select(func.count()).select_from(ReviewItem).where(ReviewItem.state != "done"))
        broken = audit.verify(session)
    twice, lost = len(told) - len(set(told)), len(set(work.decided) - set(told))
    print(f"{asked.operators} operators, {asked.seconds:g} s, {asked.items} items, {store.engine.dialect.name}")  # noqa: T201
    print(f"decided {len(work.decided)}; waiting still {waiting}")  # noqa: T201
    print(f"decided twice: {twice}; lost: {lost}; errors: {work.errors.total()}; stopped: {len(work.stopped)}")  # noqa: T201
    for what, taken in work.times.items():
        median, most = _median_and_95(taken)
        print(f"{what:>13}: median {1000 * median:.0f} ms, 95 of 100 within {1000 * most:.0f} ms")  # noqa: T201
    if twice or len(work.decided) != len(set(work.decided)):
        yield f"{twice} items were decided twice"
    if lost:
        yield f"{lost} decisions that were answered are not in the trail"
    if broken is not None:
        yield f"the trail is broken at line {broken}"


def _faults(asked: argparse.Namespace, work: Work) -> Iterator[str]:
    """What else keeps the figures from counting."""
    for error, count in work.errors.items():
        yield f"the station answered {error}, {count} times"
    for why, count in Counter(work.stopped).items():
        yield f"{count} of {asked.operators} operators could not work to the end: {why}"
    if not work.decided:
        yield "nothing was decided"
    for words, seconds, limit in zip(
        ("median", "95 of 100"), _median_and_95(work.times["item page"]), LIMITS, strict=True
    ):
        if not seconds < limit:
            yield f"the item's page took {1000 * seconds:.0f} ms ({words}), it may take {1000 * limit:.0f}"


def _median_and_95(taken: list[float]) -> tuple[float, float]:
    """Infinite where too little was asked to tell."""
    if len(taken) < 2:
        return float("inf"), float("inf")
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--operators", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between items")
    parser.add_argument("--database-url", default="", help="an empty database; else SQLite in a temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
