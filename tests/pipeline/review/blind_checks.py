"""Forms that passed are chosen for a blind check."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pipeline.quality.sampling import draw
from pipeline.store.opening import Store


def choose_everything(store: Store) -> None:
    """Every accepted form is checked."""
    with Session(store.engine) as session, session.begin():
        assert draw(session, store.settings.model_copy(update={"check_rate": 1, "check_rate_of_people": 1}))
