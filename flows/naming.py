"""DOC on the command line: which document a person means."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.store.models import Document, Source

SHORTEST_PREFIX = 4
"""Digits of a SHA-256 from which they name a document: fewer would be taken for its number."""


def named_document(session: Session, doc: str) -> Document:
    """Find the document by number, SHA-256 or file name, in this order; NotThere unless it is exactly one."""
    if doc.isdigit() and (numbered := session.get(Document, int(doc))) is not None:
        return numbered
    wanted = [Document.sources.any(or_(Source.file == doc, Source.file.endswith(f"/{doc}", autoescape=True)))]
    if len(doc) >= SHORTEST_PREFIX:
        wanted.append(Document.sha256.startswith(doc.lower(), autoescape=True))
    found = session.scalars(select(Document).where(or_(*wanted)).limit(2)).all()
    if len(found) != 1:
        raise NotThere("there are several documents called so" if found else "there is no such document")
    return found[0]
