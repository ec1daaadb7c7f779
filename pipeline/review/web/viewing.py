"""Views of patient data in the audit trail: a screen that is opened is a line, and its pictures belong to it.

A picture that is asked for without its screen, or long after it, is a line of its own (45 CFR 164.312(b)).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from fastapi import Request
from sqlalchemy.orm import Session

from pipeline.review.web.access import Visitor
from pipeline.store.opening import Store

LOADED = 60.0
"""Seconds after a screen was opened in which its pictures are loaded: they are part of that view."""

MANY = 10_000
"""Screens remembered; with more, those whose pictures are loaded are forgotten."""

Note = Callable[[Session], object]
"""Writes the line of a view."""


class Views:
    """Which screens were opened lately, by session; a station that begins anew knows none, and writes a line more."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}
        self._lock = Lock()

    def opened(self, session_id: str, screen: str) -> None:
        """A screen was opened, and its line is written."""
        now = time.monotonic()
        with self._lock:
            if len(self._until) >= MANY:
                self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[session_id, screen] = now + LOADED

    def belongs(self, session_id: str, screen: str) -> bool:
        """Whether a picture asked for now is part of that screen's view."""
        with self._lock:
            return self._until.get((session_id, screen), 0.0) > time.monotonic()


def opened(request: Request, visitor: Visitor, screen: str) -> None:
    """A screen was opened: what it shows stands in the trail already."""
    request.app.state.views.opened(visitor.session_id, screen)


def picture_seen(request: Request, visitor: Visitor, screen: str, note: Note) -> None:
    """A picture is about to be shown: `note` writes its line, unless it belongs to the view of its screen."""
    views: Views = request.app.state.views
    if views.belongs(visitor.session_id, screen):
        return
    seen(request, note)
    views.opened(visitor.session_id, screen)


def seen(request: Request, note: Note) -> None:
    """Something is about to be shown: `note` writes its line, in a transaction of its own."""
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        note(session)
