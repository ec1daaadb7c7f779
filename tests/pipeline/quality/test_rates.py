"""Error rates and calibration from what people checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from blind import ANN, BEN, CAT, EVERYTHING, check_it, draw_one, keyed
from papers import BASELINE, Deliver, psf
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading, Pen
from pipeline.calibration.report import measure_forms
from pipeline.quality.checking import waiting
from pipeline.quality.known import checked_outcomes, known_from_checks
from pipeline.quality.plots import write_rates
from pipeline.quality.rates import Group, error_rates
from pipeline.quality.sampling import draw
from pipeline.review.accepting import accept
from pipeline.review.correcting import correct
from pipeline.store import audit
from pipeline.store.models import Document
from pipeline.store.opening import Store
from pipeline.store.quality_models import QualityCheck


def anc_is_found_wrong(session: Session) -> QualityCheck:
    """The one form that is there passed with 2300, and two people read 2800."""
    check = draw_one(session)
    check_it(session, check, ANN, keyed(check, anc_value="2800"))
    (third,) = waiting(session)
    check_it(session, third, BEN, {"anc_value": "2800"})
    return check


def unsure(read: DocumentReading, name: str, confidence: float) -> DocumentReading:
    """The same document; the readers say how likely it is that a field is right."""
    (one,) = read.forms
    seen = replace(one.readings[name], confidence=confidence, pen=Pen.HAND, belief=confidence)
    return replace(read, forms=(replace(one, readings={**one.readings, name: seen}),))


def test_errors_are_counted_by_field_form_and_source(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        fields = len(anc_is_found_wrong(session).fields)
        rates = {(rate.group, rate.name): rate for rate in error_rates(session)}
    everything = rates[Group.ALL, audit.PROGRAM]
    assert (everything.forms_wrong, everything.forms, everything.values_wrong) == (1, 1, 1)
    assert (everything.values, everything.critical_wrong) == (fields, 1)
    assert rates[Group.FORM, "psf_2021"].values_wrong == rates[Group.SOURCE, "folder"].values_wrong == 1
    assert rates[Group.FIELD, "anc_value"].value_errors.low > 0.02
    assert rates[Group.FIELD, "patient_zip"].value_errors.share == 0
    assert rates[Group.FIELD, "patient_zip"].value_errors.high == 0.975  # one of one says little
    assert not [name for group, name in rates if group is Group.OPERATOR]


def test_what_is_disputed_or_illegible_is_told_apart(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, {"anc_value": "2300"}, illegible=["patient_zip"])
        before = error_rates(session)[0]
        (third,) = waiting(session)
        check_it(session, third, BEN, {}, illegible=["patient_zip"])
        after = error_rates(session)[0]
    assert (before.values, before.open, before.illegible) == (1, 1, 0)
    assert (after.values, after.open, after.illegible) == (1, 0, 1)


def test_an_operator_answers_for_what_they_let_pass(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(BASELINE, ben_flag=True))
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, held.document_id).forms
        accept(session, store.settings, form, CAT)
        (check,) = draw(session, EVERYTHING)
        check_it(session, check, ANN, keyed(check, BASELINE, ben_flag=True, anc_value="2800"))
        (third,) = waiting(session)
        check_it(session, third, BEN, {"anc_value": "2800"})
        (rate,) = error_rates(session)
    assert (rate.group, rate.name, rate.values_wrong) == (Group.OPERATOR, CAT, 1)


def test_checked_forms_are_known_forms(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, {"anc_value": "2800", "patient_zip": "10001"})
        (known,) = known_from_checks(session).values()
        asked = set(check.fields)
    assert (known.form_id, known.values) == ("psf_2021", {"patient_zip": "10001"})  # the ANC is disputed
    assert known.struck == asked - {"patient_zip"}


def test_an_error_that_was_corrected_since_is_still_the_readers(store: Store, deliver: Deliver) -> None:
    deliver(unsure(psf(), "anc_value", 0.991))
    with Session(store.engine) as session, session.begin():
        form = anc_is_found_wrong(session).form
        correct(session, store.settings, form, {"anc_value": "2800"}, CAT, "found by a blind check")
    with Session(store.engine) as session:
        measured = measure_forms(session, store.settings, list(checked_outcomes(session)))
    (wrong,) = [outcome for outcome in measured.outcomes if not outcome.right]
    assert (wrong.field.name, wrong.confidence, wrong.belief, wrong.pen) == ("anc_value", 0.991, 0.991, Pen.HAND)
    passing = {one.threshold: (one.passed.share, one.wrong) for one in measured.what_if}
    assert (passing[0.99], passing[0.995]) == ((1.0, 1), (0.0, 0))


def test_what_a_person_had_corrected_before_is_not_the_readers(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(BASELINE, ben_flag=True))
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, held.document_id).forms
        correct(session, store.settings, form, {"anc_value": "2800"}, CAT, "the ink says so")
        accept(session, store.settings, form, CAT)
        (check,) = draw(session, EVERYTHING)
        check_it(session, check, ANN, keyed(check, BASELINE, ben_flag=True, anc_value="2800"))
        (known,) = known_from_checks(session).values()
    assert "anc_value" in known.struck
    assert known.values["patient_zip"] == BASELINE["patient_zip"]


def test_the_rates_as_files_tell_no_value(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        anc_is_found_wrong(session)
        files = write_rates(error_rates(session), tmp_path / "rates")
    assert [file.name for file in files] == ["error-rates.csv", "error-rates.svg"]
    for file in files:
        assert not {"Lane", "2300", "2800", "0001.tif"} & set(file.read_text().replace(",", " ").split())
    assert "field,anc_value,1,1,1.0,0.025,1.0" in files[0].read_text()
