"""What the archive's index says of a document; what follows from it is for `validators/archives.py`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.migration_models import MigrationFile
from pipeline.store.models import Document
from validators.archives import IndexRow


def rows_about(session: Session, document: Document) -> tuple[IndexRow, ...] | None:
    """What the index says of the document, in all files that brought it; None when it came by itself."""
    if document.batch is None:
        return None
    told = session.scalars(select(MigrationFile.told).where(MigrationFile.document_id == document.id))
    return tuple(IndexRow.from_json(row) for rows in told for row in rows)
