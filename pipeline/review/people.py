"""The people at the review station: users, passwords, log-in, sessions.

Passwords are kept as argon2id hashes. A session's id is 256 random bits in a cookie; the database has its hash. It ends
by logout, after a while without anything done, and in any case after a working day. Log-ins that fail slow down those
who guess: by name and by address, whether there is such a user or not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from pipeline.errors import LoginThrottled, UserRefused
from pipeline.review.roles import Role, Somebody
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.opening import Store
from pipeline.store.people_models import LoginFailure, User, UserSession

SHORTEST_PASSWORD = 12
"""Characters (OWASP ASVS 4.0.3, 2.1.1)."""

FAILURES_OF_A_NAME, FAILURES_FROM_AN_ADDRESS = 5, 20
"""Failed log-ins within `FAILURES_COUNT_FOR` after which more are refused unheard."""

FAILURES_COUNT_FOR = dt.timedelta(minutes=15)

TOUCHED_EVERY = dt.timedelta(seconds=30)
"""How exactly it is kept when a person last did something: not every request needs to write."""

PROVIDER = "OpenID provider"
"""Who made or changed a user, in the trail, where the provider did."""

_hasher = PasswordHasher()
_NOBODYS_PASSWORD = _hasher.hash(secrets.token_urlsafe())


# Users


def add_user(
    session: Session, name: str, password: str, role: Role, *, by: str, decides_prescriber_only: bool = False
) -> User:
    """Make a user.

    Raises:
        UserRefused: the name is taken or empty, or the password too short.
    """
    if not name.strip() or session.scalar(select(User.id).filter_by(name=name.strip())) is not None:
        raise UserRefused("the name is empty, or there is somebody of that name")
    user = User(
        name=name.strip(), password=_hashed(password), role=role, decides_prescriber_only=decides_prescriber_only
    )
    return _added(session, user, by)


def change_user(
    session: Session, user: User, *, by: str, role: Role, decides_prescriber_only: bool, active: bool
) -> None:
    """Give a user another role or flag, or let them log in no more; their sessions end.

    Raises:
        UserRefused: nobody would be left to administer.
    """
    before, administered = _told(user), user.role == Role.ADMINISTRATOR
    user.role, user.decides_prescriber_only, user.active = role, decides_prescriber_only, active
    session.flush()
    left = select(func.count()).select_from(User).filter_by(role=Role.ADMINISTRATOR, active=True)
    if administered and not session.scalar(left):
        raise UserRefused("the last administrator must stay one")
    _end_sessions(session, UserSession.user_id == user.id)
    audit.write_line(session, "user changed", who=by, before=before, after=_told(user))


def set_password(session: Session, user: User, password: str, *, by: str) -> None:
    """Give a user another password; their sessions end.

    Raises:
        UserRefused: it is too short.
    """
    user.password = _hashed(password)
    _end_sessions(session, UserSession.user_id == user.id)
    audit.write_line(session, "password set", who=by, after={"user": user.name})


def list_users(session: Session) -> list[User]:
    """Every user by name, those who have left too."""
    return list(session.scalars(select(User).order_by(User.name)))


# Log-in and sessions


def log_in(store: Store, name: str, password: str, address: str) -> str | None:
    """The id of a new session, or None where name and password do not fit.

    The password is checked outside of any writing transaction: hashing is slow on purpose.

    Raises:
        LoginThrottled: too many log-ins with that name, or from that address, have failed lately.
    """
    name = name.strip()
    with Session(read_only(store.engine)) as session:
        _refuse_guessers(session, name, address)
        user = session.scalar(select(User).filter_by(name=name, active=True))
        hashed = user.password if user else _NOBODYS_PASSWORD
    fits = _fits(hashed, password) and user is not None
    with Session(store.engine) as session, session.begin():
        if not fits:
            session.add(LoginFailure(at=_now(), name_hash=_hash(name), address=address))
            audit.write_line(session, "log-in failed", after={"address": address})
            return None
        return _begin_session(session, name, password)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom an OpenID provider vouches for: who they are there for good (`subject`), and what they may be here."""

    subject: str
    name: str
    role: Role
    decides_prescriber_only: bool


def log_in_vouched(store: Store, vouched: Vouched) -> str:
    """The id of a new session of somebody whom the provider vouches for; made a user when they come first.

    Role and flag are the provider's, whatever they were before.

    Raises:
        UserRefused: they may log in no more, or another user has that name.
    """
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        user = session.scalar(select(User).filter_by(subject=vouched.subject))
        if user is None:
            user = _add_vouched(session, vouched)
        if not user.active:
            raise UserRefused("this user may log in no more")
        if (user.role, user.decides_prescriber_only) != (vouched.role, vouched.decides_prescriber_only):
            flag = vouched.decides_prescriber_only
            change_user(session, user, by=PROVIDER, role=vouched.role, decides_prescriber_only=flag, active=True)
        return _new_session(session, user)


def note_refused(store: Store, address: str) -> None:
    """Somebody came back from the provider and does not get in."""
    with Session(store.engine) as session, session.begin():
        audit.write_line(session, "log-in failed", after={"address": address, "by": PROVIDER})


def who_is(store: Store, session_id: str, *, acts: bool = True) -> Somebody | None:
    """Whose session it is, or None when there is none such, or it has ended.

    `acts`: the person did something, so that the session goes on; a heartbeat of their page is nothing of the kind.
    """
    with Session(read_only(store.engine)) as session:
        found = session.get(UserSession, _hash(session_id))
        if found is None or not _goes_on(found, store.settings):
            return None
        user, seen_at = found.user, found.seen_at
        somebody = Somebody(user.name, Role(user.role), user.decides_prescriber_only)
    if acts and _now() - seen_at > TOUCHED_EVERY:
        with Session(store.engine) as session, session.begin():
            touched = update(UserSession).filter_by(id_hash=_hash(session_id)).values(seen_at=_now())
            session.execute(touched)
    return somebody


def log_out(session: Session, session_id: str, who: str) -> None:
    """End a session for good."""
    _end_sessions(session, UserSession.id_hash == _hash(session_id))
    audit.write_line(session, "logged out", who=who)


def form_token(session_id: str) -> str:
    """What every form of a session's pages carries, so that no other site can post in its name (CSRF)."""
    return _hash(f"form token of {session_id}")


def _begin_session(session: Session, name: str, password: str) -> str:
    user = session.scalars(select(User).filter_by(name=name)).one()
    if _hasher.check_needs_rehash(user.password):
        user.password = _hasher.hash(password)
    session.execute(delete(LoginFailure).where(LoginFailure.name_hash == _hash(name)))
    return _new_session(session, user)


def _add_vouched(session: Session, vouched: Vouched) -> User:
    if session.scalar(select(User.id).filter_by(name=vouched.name)) is not None:
        raise UserRefused("there is another user of that name, who logs in by password")
    user = User(
        name=vouched.name,
        password="",  # none fits
        subject=vouched.subject,
        role=vouched.role,
        decides_prescriber_only=vouched.decides_prescriber_only,
    )
    return _added(session, user, PROVIDER)


def _added(session: Session, user: User, by: str) -> User:
    """The user, who may log in from now on."""
    user.active, user.created_at = True, _now()
    session.add(user)
    session.flush()
    audit.write_line(session, "user added", who=by, after=_told(user))
    return user


def _new_session(session: Session, user: User) -> str:
    session_id = secrets.token_urlsafe(32)
    now = _now()
    session.add(UserSession(id_hash=_hash(session_id), user_id=user.id, created_at=now, seen_at=now))
    audit.write_line(session, "logged in", who=user.name)
    return session_id


def _goes_on(found: UserSession, settings: Settings) -> bool:
    now = _now()
    idle = now - found.seen_at > dt.timedelta(minutes=settings.review_idle_minutes)
    old = now - found.created_at > dt.timedelta(hours=settings.review_session_hours)
    return found.ended_at is None and found.user.active and not idle and not old


def _end_sessions(session: Session, which: ColumnElement[bool]) -> None:
    ended = update(UserSession).where(which, UserSession.ended_at.is_(None)).values(ended_at=_now())
    session.execute(ended.execution_options(synchronize_session=False))


def _refuse_guessers(session: Session, name: str, address: str) -> None:
    lately = LoginFailure.at > _now() - FAILURES_COUNT_FOR
    for which, allowed in (
        (LoginFailure.name_hash == _hash(name), FAILURES_OF_A_NAME),
        (LoginFailure.address == address, FAILURES_FROM_AN_ADDRESS),
    ):
        if (session.scalar(select(func.count()).select_from(LoginFailure).where(which, lately)) or 0) >= allowed:
            raise LoginThrottled("log-in: too many have failed; wait a quarter of an hour")


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UserRefused(f"a password has {SHORTEST_PASSWORD} characters or more")
    return _hasher.hash(password)


def _told(user: User) -> dict[str, object]:
    """What the audit trail says of a user."""
    return {
        "user": user.name,
        "role": str(user.role),
        "decides_prescriber_only": user.decides_prescriber_only,
        "active": user.active,
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
