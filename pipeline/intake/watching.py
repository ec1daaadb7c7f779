"""Watching every place where documents arrive: each in a thread of its own, as one that hangs must hold up no other."""

from __future__ import annotations

import threading
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import InterfaceError, OperationalError

from extractors.errors import FaxformsError
from pipeline import logs
from pipeline.intake.drop import FolderDrop
from pipeline.intake.hints import tell_changes
from pipeline.settings import Watch
from pipeline.store.opening import Store


class Drop(Protocol):
    """A place where documents arrive."""

    @property
    def waits(self) -> bool:
        """Whether something is there that is to be looked at soon."""

    def look(self, store: Store) -> int:
        """Take in what is complete, then acknowledge it; how many files."""


def watch(store: Store, drops: Sequence[Drop], how: Watch, stop: threading.Event) -> None:
    """Take in whatever arrives until `stop` is set; what cannot be taken in now waits where it is, for another try."""
    threads = [threading.Thread(target=_keep_looking, args=(store, drop, how, stop), daemon=True) for drop in drops]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=how.rescan_seconds)  # one that hangs in a network folder dies with the program


def take_in_what_is_there(store: Store, drops: Sequence[Drop], how: Watch, stop: threading.Event) -> int:
    """Take in what lies there now, as soon as it is complete; how many files."""
    taken_in = sum(drop.look(store) for drop in drops)
    while any(drop.waits for drop in drops) and not stop.wait(_soon(how)):
        taken_in += sum(drop.look(store) for drop in drops)
    return taken_in


def _keep_looking(store: Store, drop: Drop, how: Watch, stop: threading.Event) -> None:
    changed = threading.Event()
    if isinstance(drop, FolderDrop):
        _hint(drop, changed, stop)
    while not stop.is_set():
        changed.clear()
        try:
            drop.look(store)
        except (OperationalError, InterfaceError, OSError, FaxformsError) as error:
            logs.logger().warning("nothing can be taken in now", step="take_in", error=type(error).__name__)
            stop.wait(_soon(how))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other files and the other folders go on
            logs.logger().error("step failed", step="take_in", error=type(error).__name__)
            stop.wait(how.rescan_seconds)
        changed.wait(_soon(how) if drop.waits else how.rescan_seconds)


def _hint(drop: FolderDrop, changed: threading.Event, stop: threading.Event) -> None:
    def told(renamed: Set[Path]) -> None:
        drop.tell_renamed(renamed)
        changed.set()

    threading.Thread(target=tell_changes, args=(drop.folder, told, stop), daemon=True).start()


def _soon(how: Watch) -> float:
    return min(how.settle_seconds / 2, how.rescan_seconds)
