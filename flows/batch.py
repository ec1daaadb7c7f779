"""Working through documents that were taken in: what the Prefect flow and `--inline` share. No Prefect here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from flows.store import opened_store
from pipeline.process import Outcome, process_in_order
from pipeline.readers import ReaderPool

Listener = Callable[[Outcome], object]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


def work_through(document_ids: Sequence[int]) -> None:
    """Read the documents in processes of their own, decide them in the order given, and tell every listener of each.

    Documents that are done already, or that another process has, are left out: calling it again does what is left.

    Raises:
        DatabaseAway: the database is locked or cannot be reached; what was decided until then stands.
    """
    with opened_store() as store, ReaderPool(limits=store.settings.limits, workers=store.settings.workers) as readers:
        for outcome in process_in_order(store, document_ids, readers.read):
            for listener in _listeners.get():
                listener(outcome)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of every document that is decided in the block, also inside a flow that it starts."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
