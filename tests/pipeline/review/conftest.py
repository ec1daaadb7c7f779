"""Documents that can be opened and looked at, and people at the station."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from papers import RECEIVED, always, arrive, import_registry
from sqlalchemy.orm import Session
from staffing import PASSWORD, STAFF

from extractors.reading import DocumentReading
from pipeline.deciding import definitions
from pipeline.process import Outcome, process
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.store.opening import Store


@pytest.fixture
def deliver_pdf(store: Store, tmp_path: Path) -> Callable[..., Outcome]:
    """Like `deliver`, with the blank of the PSF as the picture: its pages lie exactly where the readings say."""
    import_registry(store, tmp_path)
    blank, counter = definitions()["psf_2021"].blank.read_bytes(), itertools.count(1)

    def deliver_one(read: DocumentReading, data: bytes | None = None) -> Outcome:
        number = next(counter)
        data = data or blank + f"\n% copy {number}\n".encode()  # other bytes, and so another document
        outcome = process(store, arrive(store, tmp_path, data, f"{number:04}.pdf", RECEIVED), always(read))
        assert outcome is not None
        return outcome

    return deliver_one


@pytest.fixture
def staff(store: Store) -> dict[str, Role]:
    """Two operators and one of each other role; of them only the supervisor may decide prescriber-only."""
    with Session(store.engine) as session, session.begin():
        for name, role in STAFF.items():
            flag = role is Role.SUPERVISOR
            people.add_user(session, name, PASSWORD, role, by="kim", decides_prescriber_only=flag)
    return STAFF
