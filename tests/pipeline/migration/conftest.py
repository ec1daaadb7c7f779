"""An archive to be filled and migrated, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from papers import import_registry
from small_archives import Archive

from pipeline.store.opening import Store


@pytest.fixture
def archive(store: Store, tmp_path: Path) -> Archive:
    """An empty archive; the registry is known."""
    import_registry(store, tmp_path)
    folder = tmp_path / "archive"
    folder.mkdir()
    return Archive(store, folder)
