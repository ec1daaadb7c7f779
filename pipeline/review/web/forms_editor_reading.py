"""A filled fax on the editor's table: what each field of a draft reads on it.

An uploaded fax is kept in memory, one for each session, and never stored: it is there to be looked at. Reading happens
in a process of its own, as always; its result is shown and forgotten.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import FormDefinition
from extractors.definition_files import Geometry, Meaning, load_definition
from extractors.definition_saving import write_definition
from extractors.geometry import PIXELS_PER_POINT
from extractors.limits import Limits
from extractors.opening.document import open_page, open_pages
from extractors.read import read_by
from extractors.reading import FormReading, PageKind, PageReading, Reading, ReadingState
from pipeline import originals
from pipeline.errors import NotThere
from pipeline.readers import ReaderPool
from pipeline.store.models import Document, ReviewItem, ReviewState
from pipeline.store.opening import Store
from validators.content import from_readings
from validators.judge import judge
from validators.registry import RegistrySnapshot
from validators.rulebook.declared import with_declared
from validators.rulebook.load import rulebook

MOST_FAXES = 8
"""Faxes on tables at a time; the one laid down first goes first."""

WAITING = 100
"""Documents that are offered to be tried."""


class Table:
    """The faxes that people try drafts on, by session."""

    def __init__(self) -> None:
        self._faxes: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def lay(self, session_id: str, fax: bytes) -> None:
        """Lay a fax down, in place of the one that lay there."""
        with self._lock:
            self._faxes.pop(session_id, None)
            self._faxes[session_id] = fax
            while len(self._faxes) > MOST_FAXES:
                self._faxes.popitem(last=False)

    def fax(self, session_id: str) -> bytes:
        """The fax that lies there. Raises `NotThere`."""
        with self._lock:
            if session_id not in self._faxes:
                raise NotThere("there is no fax to try: choose one again")
            return self._faxes[session_id]


@dataclass(frozen=True, slots=True)
class WaitingFax:
    """A document with pages that no form was known for; no name of a file, which may name a patient."""

    document: int
    received: dt.date
    pages: tuple[int, ...]


def waiting_faxes(session: Session) -> list[WaitingFax]:
    """The documents that wait with unknown pages, the newest first."""
    found = session.execute(
        select(Document, ReviewItem.page)
        .join(ReviewItem, ReviewItem.document_id == Document.id)
        .where(ReviewItem.state != ReviewState.DONE, ReviewItem.form_pk.is_(None))
        .order_by(Document.id.desc(), ReviewItem.page)
        .limit(WAITING)
    )
    faxes: dict[int, WaitingFax] = {}
    for document, page in found:
        pages = faxes[document.id].pages if document.id in faxes else ()
        faxes[document.id] = WaitingFax(document.id, document.received, pages if page is None else (*pages, page))
    return list(faxes.values())


def waiting_fax(store: Store, session: Session, document_id: int) -> bytes:
    """The bytes of one of those. Raises `NotThere` for any other document."""
    if document_id not in {fax.document for fax in waiting_faxes(session)}:
        raise NotThere("no such document waits with unknown pages")
    return originals.fetch(store.originals, session.get_one(Document, document_id).sha256)


def pages_of(fax: bytes, limits: Limits) -> list[dict[str, float]]:
    """Every page that can be shown: its number and size in points."""
    return [
        {
            "number": opened.number,
            "width": round(opened.grey.shape[1] / PIXELS_PER_POINT, 2),
            "height": round(opened.grey.shape[0] / PIXELS_PER_POINT, 2),
        }
        for opened in open_pages(fax, limits)
        if opened.grey is not None
    ]


def page_as_png(fax: bytes, number: int, limits: Limits) -> bytes:
    """One page as it came in. Raises `NotThere`."""
    opened = open_page(fax, limits, number)
    if opened is None or opened.grey is None:
        raise NotThere(f"page {number} of the fax cannot be shown")
    png = io.BytesIO()
    Image.fromarray(opened.grey).save(png, "PNG", compress_level=4)
    return png.getvalue()


def tried(geometry: Geometry, meaning: Meaning, blank: bytes, fax: bytes, limits: Limits) -> dict[str, Any]:
    """What a draft reads on a fax: its pages, its fields, and what the rules find, as if it had come today.

    Raises:
        DefinitionError: the draft is not whole.
    """
    with tempfile.TemporaryDirectory() as beside:
        folder = write_definition(Path(beside), geometry, meaning, blank, "A draft.")
        definition = load_definition(folder)
        with ReaderPool(workers=1, limits=limits, reader=functools.partial(read_by, folder)) as readers:
            read = readers.submit(fax).result()
        form = read.forms[0] if read.forms else None
    return {
        "error": read.error or "",
        "pages": [_page(page) for page in read.pages],
        "values": {} if form is None else _values(form),
        "findings": [] if form is None else _findings(form, definition),
    }


_NOBODY = RegistrySnapshot.from_json({})


def _page(page: PageReading) -> dict[str, Any]:
    is_known = page.kind is PageKind.FORM
    return {
        "number": page.page,
        "form_page": page.form_page,
        "to_blank": page.to_blank,
        "residual": page.residual,
        "says": "recognised" if is_known else page.error or f"not recognised as this form ({page.kind})",
    }


def _values(form: FormReading) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": _written(reading),
            "percent": round(100 * reading.confidence),
            "doubtful": reading.doubtful,
            "state": reading.state.value,
            "why": reading.why.replace("_", " "),
        }
        for name, reading in form.readings.items()
    }


def _findings(form: FormReading, definition: FormDefinition) -> list[dict[str, Any]]:
    """What the rules for any form and the form's own say; those of a programme ask who is known to it."""
    today = dt.datetime.now(dt.UTC).date()
    rules = with_declared(rulebook(), definition).rules
    found = judge(from_readings(form, definition), today, _NOBODY).findings
    return [
        {"rule": one.rule, "field": one.field, "says": one.message} for one in found if rules[one.rule].any_programme
    ]


def _written(reading: Reading) -> str:
    """What was read, in words; nothing where a field is empty."""
    match reading.value:
        case None:
            return ""
        case False:
            return "no" if reading.state is ReadingState.READ else ""
        case True:
            return "yes"
        case tuple():
            return " and ".join(map(str, reading.value))
    return str(reading.value)
