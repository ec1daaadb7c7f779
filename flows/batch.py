"""Working through documents that were taken in: what the Prefect flow and `--inline` share. No Prefect here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.exc import InterfaceError, OperationalError

from flows.errors import DatabaseAway
from flows.store import opened_store
from pipeline.process import Outcome, process_in_order
from pipeline.readers import ReaderPool

READ_AHEAD = 2
"""Documents a worker that are read, or wait to be decided: enough that no worker waits for the one that decides."""

Listener = Callable[[Outcome], object]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


def work_through(document_ids: Sequence[int]) -> None:
    """Read the documents in processes of their own, decide them in the order given, and tell every listener of each.

    Documents that are done already, or that another process has, are left out: calling it again does what is left.

    Raises:
        DatabaseAway: the database is locked or cannot be reached; what was decided until then stands.
    """
    try:
        with opened_store() as store, ReaderPool(store.settings.workers, store.settings.limits) as readers:
            ahead = READ_AHEAD * store.settings.workers
            for outcome in process_in_order(store, document_ids, readers.submit, ahead):
                for listener in _listeners.get():
                    listener(outcome)
    except (OperationalError, InterfaceError) as error:
        # without the database's own words: they quote the statement with a patient's data
        raise DatabaseAway(f"database: locked or not reached ({type(error).__name__})") from None


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of every document that is decided in the block, also inside a flow that it starts."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
