"""A person accepts a form that was held: compared with the others once more, it counts like any accepted one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pipeline.deciding import Person, judge_form, settle
from pipeline.errors import NotHeld
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, FormRoute


def accept(session: Session, settings: Settings, form: Form, who: str, *, patient_key: str | None = None) -> FormRoute:
    """Accept a held form despite its reasons, in one transaction with what it does to the registry.

    The route that is returned stands: `accept`; `duplicate`, where the same form was accepted in the meantime; or
    `review` as before, where a reason has come up that the person has not seen (a form that contradicts, say).
    `patient_key`: whom the form means, where the person has decided that.

    Raises:
        NotHeld: the form waits for nobody; nothing changes.
    """
    take_write_turn(session.connection())
    session.refresh(form, ["routes"])
    held = form.route
    if held.route != "review":
        raise NotHeld(f"form {form.id} does not wait: somebody decided it")
    before = {"route": held.route, "reasons": held.reasons}
    person = Person(who, frozenset(held.reasons), held.contradicts, patient_key)
    decided = settle(session, settings, form, judge_form(session, form, person), person)
    audit.write_line(
        session,
        "form decided",
        who=who,
        document_id=form.document_id,
        before={"form": form.id} | before,
        after={"form": form.id, "route": decided.route, "reasons": decided.reasons, "patient": patient_key},
    )
    return decided
