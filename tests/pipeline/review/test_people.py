"""Users, log-in and sessions: on both databases, with real argon2 hashes."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.errors import LoginThrottled, UserRefused
from pipeline.review import people
from pipeline.review.roles import Role, Somebody
from pipeline.store import audit
from pipeline.store.opening import Store
from pipeline.store.people_models import LoginFailure, User, UserSession

PASSWORD, HERE = "correct horse battery", "127.0.0.1"


@pytest.fixture
def ann(store: Store) -> str:
    """An operator and an administrator; the operator's name."""
    with Session(store.engine) as session, session.begin():
        people.add_user(session, "root", PASSWORD, Role.ADMINISTRATOR, by="root")
        people.add_user(session, "ann", PASSWORD, Role.OPERATOR, by="root", decides_prescriber_only=True)
    return "ann"


def test_a_session_begins_with_the_password_and_ends_with_the_logout(store: Store, ann: str) -> None:
    assert people.log_in(store, ann, "something else", HERE) is None
    session_id = people.log_in(store, ann, PASSWORD, HERE)
    assert session_id is not None
    assert people.who_is(store, session_id) == Somebody(ann, Role.OPERATOR, decides_prescriber_only=True)
    with Session(store.engine) as session, session.begin():
        people.log_out(session, session_id, ann)
        assert audit.verify(session) is None
    assert people.who_is(store, session_id) is None


def test_neither_passwords_nor_session_ids_are_in_the_database(store: Store, ann: str) -> None:
    session_id = people.log_in(store, ann, PASSWORD, HERE)
    people.log_in(store, PASSWORD, "typed into the wrong box", HERE)
    with Session(store.engine) as session:
        assert session.scalars(select(User.password).filter_by(name=ann)).one().startswith("$argon2id$")
        kept = [*session.scalars(select(UserSession.id_hash)), *session.scalars(select(LoginFailure.name_hash))]
        assert not {session_id, PASSWORD}.intersection(kept)


@pytest.mark.parametrize(("column", "ago"), [("seen_at", {"minutes": 16}), ("created_at", {"hours": 13})])
def test_a_session_ends_when_idle_and_after_a_day(store: Store, ann: str, column: str, ago: dict[str, int]) -> None:
    session_id = people.log_in(store, ann, PASSWORD, HERE)
    assert session_id is not None
    with Session(store.engine) as session, session.begin():
        session.execute(update(UserSession).values({column: dt.datetime.now(dt.UTC) - dt.timedelta(**ago)}))
    assert people.who_is(store, session_id) is None


def test_what_a_person_does_keeps_the_session_and_a_heartbeat_does_not(store: Store, ann: str) -> None:
    session_id = people.log_in(store, ann, PASSWORD, HERE)
    assert session_id is not None
    before = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)
    with Session(store.engine) as session, session.begin():
        session.execute(update(UserSession).values(seen_at=before))
    for acts in (False, True):
        assert people.who_is(store, session_id, acts=acts) is not None
        with Session(store.engine) as session:
            assert (session.scalars(select(UserSession.seen_at)).one() > before) is acts


def test_guessing_is_slowed_down_by_name_and_by_address(store: Store, ann: str) -> None:
    for _ in range(people.FAILURES_OF_A_NAME):
        assert people.log_in(store, ann, "guess guess guess", HERE) is None
    with pytest.raises(LoginThrottled):
        people.log_in(store, ann, PASSWORD, "10.0.0.9")
    assert people.log_in(store, "root", PASSWORD, HERE) is not None
    with Session(store.engine) as session, session.begin():
        many = [LoginFailure(at=dt.datetime.now(dt.UTC), name_hash=str(n), address=HERE) for n in range(20)]
        session.add_all(many)
    with pytest.raises(LoginThrottled):
        people.log_in(store, "root", PASSWORD, HERE)


def test_who_has_left_is_out_at_once(store: Store, ann: str) -> None:
    session_id = people.log_in(store, ann, PASSWORD, HERE)
    assert session_id is not None
    with Session(store.engine) as session, session.begin():
        user = session.scalars(select(User).filter_by(name=ann)).one()
        people.change_user(session, user, by="root", role=Role.OPERATOR, decides_prescriber_only=False, active=False)
    assert people.who_is(store, session_id) is None
    assert people.log_in(store, ann, PASSWORD, HERE) is None


def test_a_new_password_ends_the_sessions(store: Store, ann: str) -> None:
    session_id = people.log_in(store, ann, PASSWORD, HERE)
    assert session_id is not None
    with Session(store.engine) as session, session.begin():
        people.set_password(session, session.scalars(select(User).filter_by(name=ann)).one(), PASSWORD * 2, by="root")
    assert people.who_is(store, session_id) is None
    assert people.log_in(store, ann, PASSWORD * 2, HERE) is not None


def test_users_that_cannot_be(store: Store, ann: str) -> None:
    with Session(store.engine) as session:
        for name, password in ((ann, PASSWORD), (" ", PASSWORD), ("ben", "short")):
            with pytest.raises(UserRefused):
                people.add_user(session, name, password, Role.OPERATOR, by="root")
        root = session.scalars(select(User).filter_by(name="root")).one()
        with pytest.raises(UserRefused, match="last administrator"):
            people.change_user(session, root, by="root", role=Role.AUDITOR, decides_prescriber_only=False, active=True)


def test_roles_say_who_decides_and_sees() -> None:
    told = {role: (one.decides, one.supervises, one.sees_everything) for role in Role for one in [Somebody("x", role)]}
    assert told == {
        Role.OPERATOR: (True, False, False),
        Role.SUPERVISOR: (True, True, True),
        Role.AUDITOR: (False, False, True),
        Role.ADMINISTRATOR: (False, False, False),
    }
