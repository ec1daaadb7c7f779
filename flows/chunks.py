"""Working on one chunk of a migration: what the Prefect flow and `--inline` share. No Prefect here."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flows.batch import work_through, workplace
from flows.store import opened_store
from pipeline.migration import chunks

_stop = threading.Event()


def work_on_chunk(migration: int, number: int) -> bool:
    """Read and decide what is left of a chunk; False when it is done, paused, or in somebody else's hands.

    Raises:
        DatabaseAway: the database is locked or cannot be reached; what was decided until then stands.
    """
    with opened_store() as store:
        held = chunks.claim(store, migration, number)
        if held is None:
            return False
        with chunks.measured(store, held), workplace():
            work_through(chunks.documents(store, held, _stop.is_set))
        return True


@contextmanager
def stopping_softly() -> Iterator[threading.Event]:
    """In the block SIGINT and SIGTERM let the documents in hand be decided, and then stop; a second one stops at once.

    The event tells whether to stop.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        if _stop.is_set():
            signal.default_int_handler(number, frame)
        _stop.set()

    _stop.clear()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield _stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _stop.clear()
