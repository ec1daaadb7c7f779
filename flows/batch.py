"""Working through documents that were taken in: what the Prefect flows and `--inline` share. No Prefect here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy.orm import Session

from flows.store import database_errors, opened_store
from pipeline import ledger
from pipeline.process import Outcome, process_in_order
from pipeline.readers import ReaderPool
from pipeline.store.engine import read_only
from pipeline.store.opening import Store

Listener = Callable[[Outcome], object]


@dataclass(frozen=True, slots=True)
class Workplace:
    """What reading and deciding needs: the store, and processes that read."""

    store: Store
    readers: ReaderPool


_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())
_workplace: ContextVar[Workplace | None] = ContextVar("workplace", default=None)


def work_through(document_ids: Iterable[int]) -> None:
    """Read the documents in processes of their own, decide them in the order given, and tell every listener of each.

    Documents that are done already, or that another process has, are left out: calling it again does what is left.
    In a block of `workplace` its store and processes are used, else ones of its own.

    Raises:
        DatabaseAway: the database is locked or cannot be reached; what was decided until then stands.
    """
    open_one = _workplace.get()
    if open_one is None:
        with workplace():
            work_through(document_ids)
        return
    with database_errors():
        for outcome in process_in_order(open_one.store, document_ids, open_one.readers.read):
            for listener in _listeners.get():
                listener(outcome)


@contextmanager
def workplace() -> Iterator[Workplace]:
    """Open the store and start the reading processes once for many batches: it takes seconds.

    Raises:
        DatabaseAway: as `opened_store`.
    """
    with opened_store() as store, ReaderPool(limits=store.settings.limits, workers=store.settings.workers) as readers:
        opened = Workplace(store, readers)
        token = _workplace.set(opened)
        try:
            yield opened
        finally:
            _workplace.reset(token)


def next_portion(store: Store, limit: int) -> list[int]:
    """The documents to be worked on next, so many at the most; see `ledger.next_portion`."""
    with Session(read_only(store.engine)) as session:
        return list(ledger.next_portion(session, limit))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of every document that is decided in the block, also inside a flow that it starts."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
