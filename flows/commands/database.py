"""`faxforms db …`: the database."""

from __future__ import annotations

import typer

from flows.store import database_errors
from flows.terminal import out
from pipeline.settings import Settings
from pipeline.store import migrations
from pipeline.store.engine import open_engine

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.callback()
def _group() -> None:
    """The database."""


@app.command()
def upgrade() -> None:
    """Make the database, or bring it to the newest schema; running it again changes nothing.

    Example: FAXFORMS_DATABASE_URL=postgresql://faxforms@dbhost/faxforms faxforms db upgrade
    """
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.url)
    with database_errors():
        migrations.upgrade(engine)
    engine.dispose()
    out.print("the database has the newest schema")
