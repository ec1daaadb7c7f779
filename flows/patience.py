"""Trying again what broke off because the database or the originals were away, as Prefect's tasks do and `--inline`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from flows.errors import DatabaseAway
from pipeline import logs
from pipeline.errors import OriginalsAway

T = TypeVar("T")

RETRY_AFTER = (2.0, 10.0, 60.0)
"""Seconds before each new try: a lock goes in seconds, a database that restarts comes back within a minute."""

AWAY = (DatabaseAway, OriginalsAway)
"""What trying again can help against; bad input is stored as `failed`, and anything else is a defect."""


def patiently(work: Callable[[], T], wait: Callable[[float], object] = time.sleep) -> T:
    """Do it, and after a while again what is left of it, as often as `RETRY_AFTER` says.

    Raises:
        DatabaseAway, OriginalsAway: it is away for longer than that.
    """
    for seconds in RETRY_AFTER:
        try:
            return work()
        except AWAY as error:
            logs.logger().warning("tried again soon", seconds=seconds, error=type(error).__name__)
            wait(seconds)
    return work()
