"""Bringing a database to the schema of this version of the program (Alembic), also while the queue is worked on.

Revisions expand first and contract later. One that only adds (tables, nullable columns, columns with a default on the
server, indices) leaves the programs of the version before at work: the database is upgraded first, then the programs
are replaced one by one. One that takes something away says so (`contracts = True` in its file); from then on
programs that do not know it are refused (`SchemaFloor`), so it comes a version later than the program that stopped
using what it takes away.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text, update
from sqlalchemy.exc import OperationalError

from pipeline.store.engine import take_write_turn
from pipeline.store.operations_models import SchemaFloor

VERSIONS = Path(__file__).parent / "versions"

LOCK_WAIT = "3s"
"""How long PostgreSQL may wait for a table: everybody who wants it after us waits behind us."""

TRIES, PAUSE = 40, 1.0
"""How often a revision is tried whose tables somebody is using, and the seconds between."""

LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE


def upgrade(engine: Engine, revision: str = "head", folders: Sequence[Path] = (VERSIONS,)) -> None:
    """Bring the database to the newest schema (or to `revision`); a database with nothing in it gets all tables.

    Each revision is a transaction of its own that waits for its tables only a moment at a time: work goes on between.
    Of two upgrades at once one waits for the other. What was done stands when it breaks off, and the next goes on.
    """
    config = _config(folders)
    for scripts in filter(None, _pending(engine, config, revision)):
        for attempt in range(1, TRIES + 1):
            try:
                _apply(engine, config, scripts)
                break
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or attempt == TRIES:
                    raise
                time.sleep(PAUSE)


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest schema."""
    with engine.connect() as connection:
        return _revision(connection) == newest()


def can_work_on(engine: Engine) -> bool:
    """Whether this version of the program can work on the database: its own schema, or a later one that only added."""
    ours = newest() or ""
    with engine.connect() as connection:
        theirs = _revision(connection)
        if theirs is None or theirs <= ours:
            return theirs == ours
        known = inspect(connection).has_table(SchemaFloor.__tablename__)
        floor = connection.scalar(select(SchemaFloor.revision)) if known else None
    return floor is not None and floor <= ours


def revision_of(engine: Engine) -> str | None:
    """The revision of the database's schema; None: it has none."""
    with engine.connect() as connection:
        return _revision(connection)


def newest() -> str | None:
    """The newest revision."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _pending(engine: Engine, config: Config, revision: str) -> list[list[Script]]:
    """The revisions still to be done, in order, by transaction; of a database with nothing in it nobody sees a half."""
    with engine.connect() as connection:
        standing = _revision(connection)
    downwards = ScriptDirectory.from_config(config).iterate_revisions(revision, standing or "base")
    scripts = list(reversed(list(downwards)))
    return [[script] for script in scripts] if standing else [scripts]


def _apply(engine: Engine, config: Config, scripts: Sequence[Script]) -> None:
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"))
        take_write_turn(connection)
        if (_revision(connection) or "") >= scripts[-1].revision:
            return  # somebody else's upgrade has done it meanwhile
        config.attributes["connection"] = connection
        command.upgrade(config, scripts[-1].revision)
        contracting = [script.revision for script in scripts if getattr(script.module, "contracts", False)]
        if contracting:
            connection.execute(update(SchemaFloor).values(revision=contracting[-1]))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(folders: Sequence[Path] = (VERSIONS,)) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder).replace("%", "%%") for folder in folders))
    return config
