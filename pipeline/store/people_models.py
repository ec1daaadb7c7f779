"""The tables of the people at the review station: who they are, their sessions, and log-ins that failed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pipeline.store.models import Base


class User(Base):
    """Somebody who may log in. Never deleted: the audit trail names them; who has left is not `active`."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    password: Mapped[str]  # argon2id, with its parameters and salt; empty: logs in by the OpenID provider only
    subject: Mapped[str | None] = mapped_column(String(400), unique=True)  # issuer and who they are there
    role: Mapped[str] = mapped_column(String(16))  # pipeline.review.roles.Role
    decides_prescriber_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[dt.datetime]


class UserSession(Base):
    """A log-in that lasts. The database has the hash of its id only: whoever reads the table cannot use it."""

    __tablename__ = "user_sessions"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]  # when the person last did something
    ended_at: Mapped[dt.datetime | None]

    user: Mapped[User] = relationship()


class LoginFailure(Base):
    """A log-in that failed. The name is hashed, for some type their password into the wrong box."""

    __tablename__ = "login_failures"
    __table_args__ = (
        Index("ix_login_failures_name", "name_hash", "at"),
        Index("ix_login_failures_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    name_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
