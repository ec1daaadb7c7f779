"""API keys of programs that upload: named, shown once, kept as hashes, revocable."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import UploadRefused
from pipeline.store import audit
from pipeline.store.intake_models import UploadKey

LONGEST_NAME = 100


def make_key(session: Session, name: str, *, by: str) -> str:
    """A new key under that name; it is told here and nowhere again.

    Raises:
        UploadRefused: the name is empty, too long, or was used before: sources name it.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or "/" in name or _named(session, name) is not None:
        raise UploadRefused("keys: the name is empty, too long, has a slash, or was used before")
    key = f"ff-{secrets.token_urlsafe(32)}"
    session.add(UploadKey(name=name, key_hash=_hash(key), created_by=by, created_at=_now()))
    audit.write_line(session, "upload key made", who=by, after={"key": name})
    return key


def revoke_key(session: Session, name: str, *, by: str) -> None:
    """The key opens nothing from now on.

    Raises:
        UploadRefused: there is none of that name that still opens.
    """
    key = _named(session, name.strip())
    if key is None or key.revoked_at is not None:
        raise UploadRefused("keys: there is none of that name, or it was revoked before")
    key.revoked_by, key.revoked_at = by, _now()
    audit.write_line(session, "upload key revoked", who=by, after={"key": key.name})


def list_keys(session: Session) -> list[UploadKey]:
    """Every key by name, the revoked ones too."""
    return list(session.scalars(select(UploadKey).order_by(UploadKey.name)))


def name_of(session: Session, key: str) -> str | None:
    """Whose key it is; None when it opens nothing. A hash is looked up, so no time tells how much of a key is right."""
    found = session.scalar(select(UploadKey).filter_by(key_hash=_hash(key), revoked_at=None))
    return found.name if found else None


def _named(session: Session, name: str) -> UploadKey | None:
    return session.scalar(select(UploadKey).filter_by(name=name))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
