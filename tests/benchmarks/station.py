"""Operators at the review station, over loopback: `python -m tests.benchmarks.station --operators 50 --seconds 120`.

Each takes the next item, looks at it and its first page, has what was written checked, and decides: with a pause
between items that is shorter than any person's. The items are many, the forms that they are about few. Afterwards the
audit trail says whether any item was decided twice, or a decision that was answered is missing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import random
import re
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import httpx
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from extractors.read import read_document
from pipeline.intake.folder import Arrival
from pipeline.process import process, take_in
from pipeline.registry.files import import_file
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import COOKIE
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import AuditLine, ReviewItem
from pipeline.store.opening import Store, open_store
from samples.station_screens import served

REPOSITORY = Path(__file__).resolve().parents[2]
FAXES = REPOSITORY / "samples" / "faxes"
SHOWN = ("0012.tif", "0014.tif", "0036.tif", "0044.pdf")
PASSWORD = "only for this benchmark"  # noqa: S105 - of a store that is thrown away

Times = defaultdict[str, list[float]]


def main() -> None:
    """Fill a store, let the operators work, tell."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Settings(data_dir=Path(folder), database_url=asked.database_url))
        sessions = _fill(store, asked.operators, asked.items)
        times: Times = defaultdict(list)
        decided: list[int] = []
        with served(store) as address:
            end = time.monotonic() + asked.seconds
            work = [
                threading.Thread(target=_operator, args=(address, session, end, asked.pause, times, decided))
                for session in sessions
            ]
            for one in work:
                one.start()
            for one in work:
                one.join()
        _tell(store, asked, times, decided)
        store.engine.dispose()


def _operator(address: str, session: str, end: float, pause: float, times: Times, decided: list[int]) -> None:
    """One person's day, in a hurry."""
    token = people.form_token(session)
    time.sleep(random.uniform(0, 2 * pause))  # noqa: S311 - no secret; they do not all come at the same moment
    with httpx.Client(base_url=address, cookies={COOKIE: session}, timeout=60) as client:

        def ask(what: str, method: str, path: str, **fields: str) -> httpx.Response:
            began = time.perf_counter()
            answer = client.request(method, path, data={"token": token, **fields} if method == "POST" else None)
            times[what].append(time.perf_counter() - began)
            return answer

        place = ask("take", "POST", "/next").headers["location"].split("?")[0]
        while place.startswith("/items/") and time.monotonic() < end:
            shown = ask("item page", "GET", place)
            version = re.search(r'name="version" value="(\d+)"', shown.text)
            assert version is not None, f"{place}: {shown.status_code}"
            ask("picture", "GET", f"{place}/pages/1.png")
            ask("check", "POST", f"{place}/preview", version=version[1])
            time.sleep(random.uniform(0, 2 * pause))  # noqa: S311 - no secret
            fields = {"version": version[1], "action": "reject", "reason": "a benchmark"}
            answer = ask("decide, next", "POST", f"{place}/decide", **fields)
            assert "done=reject" in answer.headers["location"], answer.headers["location"]
            decided.append(int(place.rsplit("/", 1)[1]))
            place = answer.headers["location"].split("?")[0]


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
        waiting = session.execute(select(*_columns()).select_from(ReviewItem)).mappings().all()
        rows = [dict(row) for row in itertools.islice(itertools.cycle(waiting), items - len(waiting))]
        session.execute(insert(ReviewItem), rows)
    found = (people.log_in(store, f"operator {number}", PASSWORD, f"{number}") for number in range(operators))
    return [session_id for session_id in found if session_id]


def _columns() -> list[object]:
    return [column for column in ReviewItem.__table__.columns if column.key != "id"]


def _tell(store: Store, asked: argparse.Namespace, times: Times, decided: list[int]) -> None:
    with Session(store.engine) as session:
        lines = session.scalars(select(AuditLine).filter_by(action="form decided")).all()
        told = [(line.after or {}).get("item") for line in lines]
        waiting = session.scalar(select(func.count()).select_from(ReviewItem).where(ReviewItem.state != "done"))
        assert audit.verify(session) is None, "the trail is broken"
    print(f"{asked.operators} operators, {asked.seconds:g} s, {asked.items} items, {store.engine.dialect.name}")  # noqa: T201
    print(f"decided {len(decided)}; waiting still {waiting}")  # noqa: T201
    print(f"decided twice: {len(told) - len(set(told))}; lost: {len(set(decided) - set(told))}")  # noqa: T201
    for what, taken in times.items():
        median, most = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
        print(f"{what:>13}: median {1000 * median:.0f} ms, 95 of 100 within {1000 * most:.0f} ms")  # noqa: T201


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--operators", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between items")
    parser.add_argument("--database-url", default="", help="an empty database; else SQLite in a temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
