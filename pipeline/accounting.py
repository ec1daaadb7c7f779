"""Page accounting: every page that came in stands in exactly one place.

    in = form + cover + blank + unknown + failed (+ waiting to be read, + removed after retention)

What came in is counted in the originals themselves, by other programs than those who read them; where the pages are, in
the database. A document that nobody can open counts as one page, failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extractors.opening.counting import count_pages
from extractors.reading import PageKind
from pipeline import originals
from pipeline.errors import OriginalDamaged, OriginalRemoved
from pipeline.store.engine import read_only
from pipeline.store.models import Document, DocumentState, Form, Page, Source
from pipeline.store.opening import Store

FAILED, WAITING, REMOVED = "failed", "waiting", "removed"

PLACES = (*(str(kind) for kind in PageKind), FAILED, WAITING, REMOVED)
"""Where a page can be, in the order in which it is told."""

DOCUMENTS_AT_ONCE = 200

NOT_READ = (DocumentState.RECEIVED, DocumentState.READING)


@dataclass(slots=True)
class Accounts:
    """What came in and where it is; `wrong` tells each document whose pages do not add up, and how.

    `files` brought `documents`; `repeated` of them brought bytes that were there already.
    """

    files: int = 0
    documents: int = 0
    pages_in: int = 0
    pages: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """Files whose bytes had come in before."""
        return self.files - self.documents

    @property
    def adds_up(self) -> bool:
        """Whether every page is in exactly one place."""
        return not self.wrong and self.pages_in == self.pages.total()


def account(store: Store, step: Callable[[], object] = lambda: None) -> Accounts:
    """Count every page of every document; `step` is called for each document."""
    accounts = Accounts()
    with Session(read_only(store.engine)) as session:
        accounts.files = session.scalar(select(func.count()).select_from(Source)) or 0
    for document in _documents(store):
        accounts.documents += 1
        _account_one(store, accounts, document)
        step()
    return accounts


@dataclass(frozen=True, slots=True)
class _Document:
    """A document's pages as the database has them: number, kind, and whether the form that it names is there."""

    id: int
    sha256: str
    state: str
    pages: tuple[tuple[int, str, bool], ...]


def _documents(store: Store) -> Iterator[_Document]:
    """One by one, a short transaction for every few: the work goes on meanwhile."""
    after = 0
    while True:
        with Session(read_only(store.engine)) as session:
            found = session.scalars(
                select(Document).where(Document.id > after).order_by(Document.id).limit(DOCUMENTS_AT_ONCE)
            ).all()
            batch = [_Document(d.id, d.sha256, d.state, _pages(session, d)) for d in found]
        if not batch:
            return
        yield from batch
        after = batch[-1].id


def _pages(session: Session, document: Document) -> tuple[tuple[int, str, bool], ...]:
    rows = session.execute(select(Page.page, Page.kind, Page.form).filter_by(document_id=document.id)).all()
    forms = set(session.scalars(select(Form.position).filter_by(document_id=document.id)))
    return tuple((page, kind, kind != PageKind.FORM or form in forms) for page, kind, form in rows)


def _account_one(store: Store, accounts: Accounts, document: _Document) -> None:
    places = Counter(kind for _, kind, _ in document.pages)
    try:
        counted = count_pages(originals.fetch(store.originals, document.sha256))
    except OriginalRemoved:
        counted = len(document.pages)
        if not counted:
            places[REMOVED], counted = 1, 1
    except OriginalDamaged as error:
        accounts.wrong.append((document.id, str(error)))
        counted = None
    if counted is None:
        counted = len(document.pages) or 1
    if document.state in NOT_READ:
        places[WAITING] += counted
    elif document.state == DocumentState.FAILED:
        places[FAILED] += max(counted - len(document.pages), 0)
    accounts.pages_in += counted
    accounts.pages += places
    _check(accounts, document, counted, places)


def _check(accounts: Accounts, document: _Document, counted: int, places: Counter[str]) -> None:
    if places.total() != counted:
        accounts.wrong.append((document.id, f"{counted} pages came in, {places.total()} have a place"))
    numbers = sorted(number for number, _, _ in document.pages)
    if numbers != list(range(1, len(numbers) + 1)):
        accounts.wrong.append((document.id, "its pages are not numbered one after the other"))
    if not all(is_there for _, _, is_there in document.pages):
        accounts.wrong.append((document.id, "a page names a form that is not there"))
