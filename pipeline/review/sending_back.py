"""A form, or pages that are none, go back to their sender, with a notice that a person looks at and edits before.

    prepared -> (a person edits: keep_words) -> send_back

Until it is sent nothing is decided: what was written on the form counts by way of trial, and the edited words are kept
with it. Whoever writes something else on the form gets the program's words about that.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass

from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.deciding import Person, definitions, judge_form
from pipeline.notice import make
from pipeline.notice.drafting import draft_form, draft_pages
from pipeline.notice.make import Subject
from pipeline.notice.notice import Draft, Notice
from pipeline.notice.text import as_text, from_text, part_names
from pipeline.review import claiming, decide
from pipeline.review.decide import Hand
from pipeline.review.roles import Somebody
from pipeline.store import repository
from pipeline.store.models import SENT_BACK, Form, ReviewItem
from pipeline.store.opening import Store
from validators.content import Content, from_readings

WORDS = "notice"
"""Under which the edited words stand in an item's draft."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A notice before it goes out: in the program's words, and in those that stand now; `content` is the form's."""

    subject: Subject
    draft: Draft
    notice: Notice
    content: Content | None

    def page(self, store: Store, notice: Notice | None = None) -> bytes:
        """The page as it would go out, with other words where they are given.

        Raises:
            NoticeTextError: it does not fit on a page.
            OriginalDamaged, DocumentError: the pictures cannot be had.
        """
        return make.page(store, self.subject, notice or self.notice, self.content)

    def changed(self, notice: Notice) -> list[str]:
        """The parts of a notice that do not have the program's words."""
        parts = [*part_names(), "points"]
        return [name for name in parts if getattr(notice, name) != getattr(self.draft.notice, name)]


def prepared(session: Session, item: ReviewItem, somebody: Somebody) -> Prepared:
    """The notice about an item, with what was written on it so far; nothing is stored.

    Where nothing concerns the sender it has no points, for the person to write them.

    Raises:
        WordsMissing: the rulebook has no words for the sender about something that does.
        CorrectionRefused: a field cannot say what was written.
    """
    on = dt.datetime.now().astimezone().date()
    form = session.get(Form, item.form_pk) if item.form_pk is not None else None
    if form is None:
        draft, content = draft_pages(item.document, item, on, by_hand=True), None
    else:
        with decide.on_trial(session, form, decide.kept_draft(item), somebody) as (tried, findings):
            draft = draft_form(tried.document, tried, on, findings, by_hand=True)
            content = from_readings(repository.load_form(tried), definitions()[form.form_id])
    text = (item.draft or {}).get(WORDS)
    subject = Subject(item.document_id, None if form is None else form.position)
    return Prepared(subject, draft, from_text(text) if text else draft.notice, content)


def keep_words(session: Session, hand: Hand, notice: Notice | None) -> None:
    """Keep edited words with the item, as long as it is in that person's hand; None: the program's words again."""
    draft = dict(session.get_one(ReviewItem, hand.item).draft or {})
    draft.pop(WORDS, None)
    decide.set_draft(session, hand, draft | ({WORDS: as_text(Draft(notice))} if notice else {}))


def send_back(store: Store, hand: Hand, notice: Notice) -> bytes:
    """Send the form, or what of the document is no form, back with these words; the notice (PDF), ready to fax.

    What was written on the form is stored, the notice is noted and the item closed in one transaction.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
        NoticeTextError: the notice does not fit on a page.
        OriginalDamaged, DocumentError: the pictures cannot be had.
    """
    somebody = hand.somebody
    with Session(store.engine) as session:
        ready = prepared(session, claiming.holds(session, hand.item, somebody.name, hand.version), somebody)
        session.rollback()
    pdf, changed = ready.page(store, notice), ready.changed(notice)
    stored = originals.keep(store.notices, io.BytesIO(pdf))
    with Session(store.engine) as session, session.begin():
        item = claiming.holds(session, hand.item, somebody.name, hand.version)
        form = session.get(Form, item.form_pk) if item.form_pk is not None else None
        if form is not None:
            decide.write_entries(session, form, decide.kept_draft(item), somebody)
            judge_form(session, form, Person(somebody.name))
        make.note(session, ready.subject, stored, edited=bool(changed), who=somebody.name, changed=changed)
        decide.close(session, store.settings, Hand(hand.item, item.version, somebody), SENT_BACK)
    return pdf
