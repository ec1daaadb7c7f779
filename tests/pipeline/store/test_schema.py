"""The schema and the audit trail, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from pipeline.errors import DatabaseOutdated
from pipeline.settings import Settings
from pipeline.store import audit, migrations
from pipeline.store.engine import open_engine
from pipeline.store.models import AuditLine, Base
from pipeline.store.opening import Store, open_store


def test_models_and_migrations_agree(empty_database: str, tmp_path: Path) -> None:
    store = open_store(Settings(data_dir=tmp_path, database_url=empty_database))
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    store.engine.dispose()


def test_downgrade_leaves_nothing_and_upgrade_brings_all_back(store: Store) -> None:
    from alembic import command

    config = migrations._config()
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(store.engine).get_table_names() == ["alembic_version"]
    migrations.upgrade(store.engine)
    assert migrations.is_current(store.engine)


def test_a_database_of_another_version_is_refused(empty_database: str, tmp_path: Path) -> None:
    engine = open_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE documents (id integer)"))
    engine.dispose()
    with pytest.raises(DatabaseOutdated, match="db upgrade"):
        open_store(Settings(data_dir=tmp_path, database_url=empty_database))


def test_sqlite_keeps_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    with open_engine(f"sqlite:///{tmp_path / 'a.db'}").connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_the_audit_chain_holds_and_shows_where_it_was_broken(store: Store) -> None:
    with Session(store.engine) as session, session.begin():
        for number in range(5):
            audit.write_line(session, "tested", after={"number": number, "name": "Zoë"})
        assert audit.verify(session) is None
    with Session(store.engine) as session:
        third = session.scalars(select(AuditLine).order_by(AuditLine.id)).all()[2].id
        with session.no_autoflush:
            session.get_one(AuditLine, third).after = {"number": 99}
            assert audit.verify(session) == third


@pytest.mark.parametrize("change", ["UPDATE audit SET who = 'me'", "DELETE FROM audit"])
def test_the_audit_trail_cannot_be_changed(store: Store, change: str) -> None:
    with Session(store.engine) as session, session.begin():
        audit.write_line(session, "tested")
    with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(change))
    with Session(store.engine) as session:
        assert len(session.scalars(select(AuditLine)).all()) == 1


def test_the_orm_cannot_change_the_audit_trail_either(store: Store) -> None:
    with Session(store.engine) as session, session.begin():
        audit.write_line(session, "tested")
    with pytest.raises(DBAPIError, match="append-only"), Session(store.engine) as session:
        session.execute(update(AuditLine).values(who="me"))


def test_the_audit_chain_cannot_fork(store: Store) -> None:
    with Session(store.engine) as session, session.begin():
        first = audit.write_line(session, "tested")
        fork = AuditLine(at=first.at, who="me", action="forged", previous=first.previous, hash="f" * 64)
    with pytest.raises(IntegrityError), Session(store.engine) as session, session.begin():
        session.add(fork)
