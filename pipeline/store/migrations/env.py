"""Run by Alembic on every command, with the connection that `upgrade` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from pipeline.store import (  # noqa: F401 - their tables belong to the metadata
    group_models,
    migration_models,
    operations_models,
    people_models,
    quality_models,
    registry_models,
)
from pipeline.store.models import Base, UtcTime


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our own type as the plain one under it: a migration must not change when the program does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


connection = context.config.attributes["connection"]
# batch mode: SQLite cannot alter most of a table in place, so Alembic copies the table
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item)
with context.begin_transaction():
    context.run_migrations()
