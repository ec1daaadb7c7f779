"""First come, first served, among the threads of a process that write to one SQLite file.

SQLite serves whoever happens to ask when the lock is free: of fifty threads some wait for many others that came later.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


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
