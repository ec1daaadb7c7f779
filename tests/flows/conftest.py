"""Installations to look at and to change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.store.opening import Store, open_store
from tests.flows.installation import FAXES, Batch, Installation, copy_faxes


@pytest.fixture(autouse=True)
def _no_loop_of_a_browser() -> Iterator[None]:
    """Prefect starts a loop of its own: an open browser of tests in the same process would count as a running one."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """An empty installation."""
    return Installation(tmp_path / "data")


@pytest.fixture
def store(installation: Installation) -> Iterator[Store]:
    """The installation's database and folders, for looking at them from outside."""
    opened = open_store(Settings(data_dir=installation.folder))
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, Batch]:
    """An installation that took in three samples and an empty file, read once for all tests that only look."""
    folder = tmp_path_factory.mktemp("ingested")
    batch = copy_faxes(folder / "incoming", 3)
    (batch.folder / "empty.tif").touch()
    installation = Installation(folder / "data")
    installation.faxforms("registry", "import", FAXES / "registry.json")
    installation.faxforms("ingest", "--inline", batch.folder, "--manifest", batch.manifest, expect=3)
    return installation, batch
