"""Migrations of small archives whose files are read as a test says, on both databases."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from extractors.reading import DocumentReading
from pipeline.migration import chunks, plan
from pipeline.migration.index import read_index
from pipeline.migration.sources import place_of
from pipeline.migration.taking_in import take_in_all
from pipeline.process import Reader, process_in_order
from pipeline.store.opening import Store

LARGEST = 1_000_000


@dataclass(frozen=True)
class Archive:
    """An archive's folder, and the store that it is taken into."""

    store: Store
    folder: Path

    def add(self, files: Mapping[str, bytes], rows: Iterable[Mapping[str, str]] = ()) -> None:
        """Write files, and rows of the index."""
        for name, data in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)
        with (self.folder / "index.csv").open("a", newline="") as index:
            writer = csv.DictWriter(index, ("file", "patient_key", "form_type", "document_date"))
            if not index.tell():
                writer.writeheader()
            writer.writerows(rows)

    def plan(self, chunk_files: int = 2) -> int:
        """Write the plan; the migration's number."""
        place, index = place_of(self.folder), read_index(self.folder / "index.csv")
        return plan.enter(self.store, place, index, plan.find_files(place, index, LARGEST), chunk_files)

    def take_in(self, migration: int) -> None:
        """Take in what is planned."""
        take_in_all(self.store, migration, place_of(self.folder), lambda: None)

    def work(self, migration: int, number: int, read: Reader, stop: Callable[[], bool] = lambda: False) -> bool:
        """Work on a chunk; False when it is not to be had."""
        held = chunks.claim(self.store, migration, number)
        if held is None:
            return False
        with chunks.measured(self.store, held):
            documents = chunks.documents(self.store, held, stop)
            for _ in process_in_order(self.store, documents, lambda all_of: ((n, read(data)) for n, data in all_of)):
                pass
        return True

    def migrate(self, read: Reader | DocumentReading, chunk_files: int = 2) -> int:
        """All of it."""
        migration = self.plan(chunk_files)
        self.take_in(migration)
        with Session(self.store.engine) as session:
            todo = chunks.open_chunks(session, migration)
        for number in todo:
            assert self.work(migration, number, read if callable(read) else lambda _: read)
        return migration
