"""A form is decided again after a person has said something of single values of it, away from its page.

By the same rules as ever, with no reason waived: nobody saw the whole form. In the transaction of what was said.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from pipeline.deciding import Person, judge_form, settle
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import Form, FormRoute


def decide_again(session: Session, settings: Settings, form: Form, who: str) -> FormRoute:
    """Judge and route a form that waits; the route that stands.

    It goes on waiting, with the reasons that are left, or passes, in the name of the person whose word settled its
    last doubt. One whose pages were rearranged goes on waiting in any case: nobody has seen it whole.
    """
    held = form.route
    before = {"form": form.id, "route": held.route, "reasons": held.reasons}
    person = Person(who)
    decided = settle(session, settings, form, judge_form(session, form, person), person)
    after = {"form": form.id, "route": decided.route, "reasons": decided.reasons}
    if before != after:
        audit.write_line(session, "form decided", who=who, document_id=form.document_id, before=before, after=after)
    return decided
