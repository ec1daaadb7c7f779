"""One thread at a time in pdfium: it is not made for several, and takes the process with it when two call it at once.

Reading processes have one thread; the review station draws the pages of many people in as many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_turn = threading.RLock()


def in_pdfium_turn(function: Callable[P, T]) -> Callable[P, T]:
    """A function that calls pdfium, with whatever it opens there, while no other thread does."""

    @wraps(function)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with _turn:
            return function(*args, **kwargs)

    return alone
