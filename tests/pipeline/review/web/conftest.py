"""One station for each kind of database, a process of its own, and one browser: they are slow to start.

Tests share the station, so each takes a patient of its own (`wait`), and what it leaves waiting is put away after it.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import KEYED_TWICE, Wait
from papers import RECEIVED, REGISTRY, always, arrive, doubtful, psf
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from staffing import PASSWORD, STAFF

from extractors.reading import DocumentReading, Value
from pipeline.deciding import definitions
from pipeline.process import process
from pipeline.registry.files import import_file
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.settings import Settings
from pipeline.store.models import ReviewItem, ReviewState
from pipeline.store.opening import Store, open_store
from samples.station_screens import served

FIRST = ("Cy", "Bob", "Max", "Igor", "Paul", "Hugo", "Emil", "Aron", "Sven", "Theo")
LAST = ("Lane", "Quist", "Brook", "Ferro", "Marsh", "Tovar", "Dunne", "Holtz")
PATIENTS = len(FIRST) * len(LAST)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of database in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def folder(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the station of this kind keeps everything."""
    return tmp_path_factory.mktemp(f"station-{kind}")


@pytest.fixture(scope="session")
def database_url(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with all tables."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "faxforms.db")
        yield f"sqlite:///{folder / 'faxforms.db'}"
    else:
        yield from request.getfixturevalue("postgresql_copy")()


@pytest.fixture(scope="session")
def store(database_url: str, folder: Path) -> Iterator[Store]:
    """A store with the people of the station, and as many patients as there are tests."""
    opened = open_store(Settings(data_dir=folder, database_url=database_url, double_keyed=(KEYED_TWICE,)))
    registry = folder / "registry.json"
    registry.write_text(json.dumps(REGISTRY | {"patients": [patient(number) for number in range(PATIENTS)]}))
    with Session(opened.engine) as session, session.begin():
        import_file(session, registry)
        for name, role in STAFF.items():
            flag = role is Role.SUPERVISOR
            people.add_user(session, name, PASSWORD, role, by="kim", decides_prescriber_only=flag)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def station(store: Store) -> Iterator[str]:
    """Its address."""
    with served(store) as address:
        yield address


@pytest.fixture(scope="session")
def numbers(kind: str) -> Iterator[int]:
    """A number for each document of this kind of store, and so for its patient."""
    return iter(range(PATIENTS)) if kind else iter(())


@pytest.fixture
def wait(store: Store, folder: Path, numbers: Iterator[int]) -> Iterator[Wait]:
    """Let a PSF wait, of a patient nobody else has; its item."""

    def of(*unsure: str, read: DocumentReading | None = None, picture: bytes = b"", **changed: Value) -> int:
        number = next(numbers)
        read = read or doubtful(psf(**(as_on_a_form(patient(number)) | changed)), *unsure)
        picture = picture or definitions()["psf_2021"].blank.read_bytes() + f"\n% copy {number}\n".encode()
        document = arrive(store, folder, picture, f"{number:04}.pdf", RECEIVED)
        process(store, document, always(read))
        with Session(store.engine) as session:
            return session.scalars(select(ReviewItem.id).filter_by(document_id=document)).one()

    yield of
    with Session(store.engine) as session, session.begin():
        waits = update(ReviewItem).where(ReviewItem.state != ReviewState.DONE)
        session.execute(waits.values(state=ReviewState.DONE, version=ReviewItem.version + 1))


def patient(number: int) -> dict[str, Any]:
    """An invented patient, as the registry has them."""
    born = dt.date(1940, 1, 1) + dt.timedelta(days=197 * number)
    names = {"first_name": FIRST[number % len(FIRST)], "last_name": LAST[number // len(FIRST)]}
    return REGISTRY["patients"][0] | names | {"dob": born.isoformat(), "zip": f"{20000 + 7 * number}"}


def as_on_a_form(known: dict[str, Any]) -> dict[str, Value]:
    """The patient as they stand on their PSF."""
    told = {f"patient_{name}": known[name] for name in ("first_name", "last_name", "dob", "zip")}
    return told | {"patient_name_p2": f"{known['last_name']}, {known['first_name']}", "patient_dob_p2": known["dob"]}
