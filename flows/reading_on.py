"""Reading what waits, in a thread beside something else that goes on: for installations without Prefect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from extractors.errors import FaxformsError
from flows.batch import next_portion, work_through, workplace
from flows.store import database_errors
from pipeline import ledger, logs

LOOK_AGAIN_AFTER = 1.0
"""Seconds between two looks into the ledger while nothing waits."""

AGAIN_AFTER = 3.0
"""Seconds until it is tried again after the database was away."""

PORTION = 50
"""Documents between two looks into the ledger."""


@contextmanager
def reading_what_waits(stop: threading.Event) -> Iterator[None]:
    """Read and decide whatever waits, as it comes; when the block ends, what waits then is read to its end.

    When `stop` is set the documents in hand are decided, and the rest waits.
    """
    ending = threading.Event()
    thread = threading.Thread(target=_read_on, args=(stop, ending))
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _read_on(stop: threading.Event, ending: threading.Event) -> None:
    while not stop.is_set():
        try:
            with database_errors(), workplace() as opened:
                with Session(opened.store.engine) as session, session.begin():
                    ledger.give_back_own(session)
                while not stop.is_set():
                    last = ending.is_set()  # asked before we look: what was taken in until then is seen
                    documents = next_portion(opened.store, PORTION)
                    if documents:
                        work_through(_until(stop, documents))
                    elif last:
                        return
                    else:
                        ending.wait(LOOK_AGAIN_AFTER)
        except FaxformsError as error:
            logs.logger().warning("nothing can be read now", step="read", error=type(error).__name__)
            stop.wait(AGAIN_AFTER)
        except Exception as error:  # noqa: BLE001 - what it is about waits in the ledger, and the rest goes on
            logs.logger().error("step failed", step="read", error=type(error).__name__)
            stop.wait(AGAIN_AFTER)


def _until(stop: threading.Event, documents: list[int]) -> Iterator[int]:
    for document in documents:
        if stop.is_set():
            return
        yield document
