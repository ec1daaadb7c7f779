"""What waits of one migration, or of one chunk of it: by the batch of its document (`migration.taking_in.batch_of`)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from pipeline.store.models import Document, ReviewItem


def of_batch(batch: str) -> ColumnElement[bool]:
    """The items of a migration ("3"), or of a chunk of it ("3-0017")."""
    inside = or_(Document.batch == batch, Document.batch.startswith(f"{batch}-", autoescape=True))
    return ReviewItem.document_id.in_(select(Document.id).where(inside))
