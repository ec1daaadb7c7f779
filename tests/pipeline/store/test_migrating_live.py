"""Migrations on a live queue: items go on being worked on while the schema grows under them."""

from __future__ import annotations

import ast
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from papers import always, arrive, import_registry, psf
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from pipeline import ledger
from pipeline.errors import DatabaseOutdated
from pipeline.process import process
from pipeline.store import audit, migrations
from pipeline.store.engine import open_engine
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import Store, open_store

NEXT = '''"""What the version after this one might bring."""
import time
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
contracts = {contracts}


def upgrade():
    {change}


def downgrade():
    raise NotImplementedError
'''

ADD_COLUMN = """with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("weight", sa.Double(), nullable=True))
        documents.create_index("ix_documents_weight", ["weight"])
    time.sleep(0.2)"""

ADD_TABLE = """op.create_table("scales", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE documents SET weight = 1.5")"""

DROP_COLUMN = """with op.batch_alter_table("documents") as documents:
        documents.drop_index("ix_documents_weight")
        documents.drop_column("weight")"""


@pytest.fixture
def next_version(tmp_path: Path) -> Callable[..., list[Path]]:
    """Revisions after the newest, as the folders to take revisions from."""
    folder = tmp_path / "next"
    folder.mkdir()

    def write(*changes: str, contracts: bool = False) -> list[Path]:
        before = str(migrations.newest())
        for number, change in enumerate(changes, 1):
            after = f"{int(before) + 1:04}"
            last = contracts and number == len(changes)
            told = NEXT.format(revision=after, before=before, change=change, contracts=last)
            (folder / f"{after}_next.py").write_text(told)
            before = after
        return [migrations.VERSIONS, folder]

    return write


def test_documents_go_through_while_the_schema_grows(
    store: Store, tmp_path: Path, next_version: Callable[..., list[Path]]
) -> None:
    import_registry(store, tmp_path)
    arrived = [arrive(store, tmp_path, f"fax {n}".encode(), f"{n}.tif") for n in range(12)]
    failures: list[BaseException] = []
    begun = threading.Event()

    def work(numbers: list[int]) -> None:
        try:
            for number in numbers:
                process(store, number, lambda _data: time.sleep(0.03) or psf())  # type: ignore[func-returns-value]
                begun.set()
            arrive(store, tmp_path, f"late {numbers}".encode(), f"late {numbers[0]}.tif")
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    workers = [threading.Thread(target=work, args=(arrived[n::2],)) for n in range(2)]
    for worker in workers:
        worker.start()
    assert begun.wait(20)
    migrations.upgrade(store.engine, folders=next_version(ADD_COLUMN, ADD_TABLE))
    for worker in workers:
        worker.join()

    assert failures == []
    assert "scales" in inspect(store.engine).get_table_names()
    again = open_store(store.settings)  # the version that does not know these revisions yet
    with Session(again.engine) as session:
        left = ledger.waiting(session)
    assert len(left) == 2
    for number in left:
        process(again, number, always(psf()))
    with Session(again.engine) as session:
        states = session.scalars(select(Document.state)).all()
        assert len(states) == 14
        assert set(states) <= {DocumentState.STORED, DocumentState.QUEUED}
        assert audit.verify(session) is None
    again.engine.dispose()


def test_after_something_was_taken_away_older_programs_are_refused(
    store: Store, next_version: Callable[..., list[Path]]
) -> None:
    migrations.upgrade(store.engine, folders=next_version(ADD_COLUMN, ADD_TABLE, DROP_COLUMN, contracts=True))
    with pytest.raises(DatabaseOutdated):
        open_store(store.settings)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_migration_steps_back_where_somebody_holds_the_table(
    store: Store, next_version: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_WAIT", "50ms")
    monkeypatch.setattr(migrations, "PAUSE", 0.05)
    folders = next_version(ADD_COLUMN)
    with store.engine.connect() as holder:
        holder.execute(text("SELECT count(*) FROM documents"))  # holds the table until its transaction ends
        upgrading = threading.Thread(target=migrations.upgrade, args=(store.engine,), kwargs={"folders": folders})
        upgrading.start()
        time.sleep(0.3)
        with store.engine.begin() as other:  # nobody queues up behind the migration
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            other.execute(text("SELECT count(*) FROM documents"))
        assert upgrading.is_alive()
        holder.rollback()
        upgrading.join(10)
    assert {column["name"] for column in inspect(store.engine).get_columns("documents")} >= {"weight"}


def test_two_upgrades_at_once_are_one(empty_database: str) -> None:
    engine = open_engine(empty_database)
    both = [threading.Thread(target=migrations.upgrade, args=(engine,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert migrations.is_current(engine)
    engine.dispose()


FROM_HERE = "0008"
"""The first revision that tells which programs can work on the database."""

TAKES_AWAY = {"drop_column", "drop_table", "rename_table", "drop_constraint"}


@pytest.mark.parametrize("file", sorted(migrations.VERSIONS.glob("*.py")), ids=lambda file: file.stem)
def test_a_revision_that_takes_something_away_says_so(file: Path) -> None:
    """Expand first, contract a version later: else the programs at work would break when the schema changes."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = any(isinstance(node, ast.Assign) and ast.unparse(node) == "contracts = True" for node in tree.body)
    back = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}.pop("downgrade")
    forth = [node for node in tree.body if node is not back]
    calls = [node for part in forth for node in ast.walk(part) if isinstance(node, ast.Call)]
    taken = {ast.unparse(call.func).rpartition(".")[2] for call in calls} & TAKES_AWAY
    if file.stem > FROM_HERE:
        assert said or not taken, f"takes away ({taken}): say `contracts = True`"
        for call in calls:
            if ast.unparse(call.func).endswith("add_column"):
                column = ast.unparse(call.args[-1])
                assert said or "nullable=True" in column or "server_default" in column, column
