"""First come, first served, among the threads of a process that write to one SQLite file, and among such processes.

SQLite serves whoever happens to ask when the lock is free: of fifty threads some wait for many others that came later.
Between two looks it sleeps, up to a tenth of a second. So a process that begins its next transaction right after the
last (one that takes in an archive, say) is always there first, and another one waits until it gives up.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

LOOK_EVERY = 0.005
"""Seconds between two looks whether the door is free."""


class Turns:
    """One turn at a time, in the order in which it was asked for."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def take(self, timeout: float) -> bool:
        """Wait for a turn, so many seconds at most; whether it came."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=timeout):
            return True
        with self._guard:
            if gate not in self._waiting:  # it came at the last moment
                return True
            self._waiting.remove(gate)
            return False

    def give_back(self) -> None:
        """The turn is over; the next one's begins."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Door:
    """The way to the write lock: one process at a time waits in it for the lock, and whoever wrote last queues up anew.

    The kernel opens it when a process dies.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def held(self, timeout: float) -> Iterator[None]:
        """Stand in the door while the block waits for the lock; after so many seconds before it, go on without."""
        try:
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # a full disk must not keep anybody from trying
            yield
            return
        try:
            until = time.monotonic() + timeout
            while not _locked(handle) and time.monotonic() < until:
                time.sleep(LOOK_EVERY)
            yield
        finally:
            os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
