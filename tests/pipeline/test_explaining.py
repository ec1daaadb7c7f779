"""Why a form was decided as it was: what is told is what was stored, with the values that each rule looked at."""

from __future__ import annotations

from papers import BASELINE, MONTHLY, Deliver, doubtful, psf
from sqlalchemy.orm import Session

from pipeline.explaining import FormExplained, RuleExplained, explain
from pipeline.store.models import Document
from pipeline.store.opening import Store
from validators.judge import Verdict


def explained(store: Store, document_id: int) -> FormExplained:
    with Session(store.engine) as session:
        (form,) = session.get_one(Document, document_id).forms
        return explain(session, form)


def rule_of(form: FormExplained, number: str) -> RuleExplained:
    return next(one for one in form.rules if one.rule.number == number)


def test_a_rule_that_fired_and_one_that_did_not(store: Store, deliver: Deliver) -> None:
    form = explained(store, deliver(psf(anc_value="750")).document_id)
    assert (form.route, form.reasons) == ("review", ("rationale_missing",))
    fired = rule_of(form, "R26")
    assert (fired.verdict, fired.why) == (Verdict.FIRED, "rationale_missing")
    assert fired.words == ("The patient is active with a low ANC, and there is no treatment rationale for it.",)
    assert fired.values["anc_value"] == "750"
    assert fired.values["treatment_status"] == "active"
    assert fired.values["rationale_low_anc"] == "empty"
    passed = rule_of(form, "R29")
    assert passed.verdict is Verdict.PASSED
    assert passed.values["anc_draw_date"] == MONTHLY["anc_draw_date"]
    assert rule_of(form, "R24").why == "context"
    assert rule_of(form, "R12").values == {}


def test_every_rule_is_told_and_none_would_say_something_else(store: Store, deliver: Deliver) -> None:
    form = explained(store, deliver(psf()).document_id)
    assert [one.rule.number for one in form.rules] == [f"R{number}" for number in range(1, 58)]
    assert [one for one in form.rules if one.today is not None] == []


def test_the_facts_that_are_on_no_form(store: Store, deliver: Deliver) -> None:
    facts = explained(store, deliver(psf()).document_id).facts
    assert facts["received"] == "2022-07-15"
    assert facts["prescriber"] == "sure, certified"
    assert facts["patient"].startswith("sure (probability")
    assert facts["patient"].endswith("enrolled")
    assert facts["key"].isdigit()  # by which `faxforms status` finds the patient


def test_a_value_in_doubt(store: Store, deliver: Deliver) -> None:
    form = explained(store, deliver(doubtful(psf(), "anc_value")).document_id)
    undecided = rule_of(form, "R26")
    assert (undecided.verdict, undecided.why) == (Verdict.UNDECIDED, "not known: anc_value")
    assert undecided.values["anc_value"] == "2300 in doubt (readings_differ)"


def test_what_the_rules_would_say_today_is_told_beside_what_they_said(store: Store, deliver: Deliver) -> None:
    """The report came before the enrollment, both on one day: by what is known now the patient is enrolled."""
    report = deliver(psf(BASELINE, submission_type="monthly")).document_id
    assert rule_of(explained(store, report), "R3").today is None
    assert deliver(psf(BASELINE, anc_draw_date="2022-07-12")).routes == ("accept",)
    known_by_now = rule_of(explained(store, report), "R3")
    assert (known_by_now.why, known_by_now.today) == ("not_enrolled", "passed")
