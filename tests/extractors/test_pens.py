"""Pens: typed writing is told from handwriting, field by field and for a page, and what is unclear stays open."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.crops import line_picture
from extractors.definition import FieldKind
from extractors.geometry import Grey
from extractors.pens import PenBelief, Pooling, classify_pens, field_odds, is_signers, measure, pooled, shipped_weights
from extractors.read import Sight
from extractors.reading import Pen
from samples.generator.channel import FAX_FINE, FAX_STANDARD, Machine
from samples.generator.fill import fill_form
from samples.generator.hand import Pen as Writer
from samples.generator.hand import draw_hand
from tests.extractors.drawn import drawn, specked
from tests.extractors.faxed import DIGITS, FACES, laid, page_of, received

VALUES = {
    "patient_first_name": "Marguerite",
    "patient_last_name": "Thompson",
    "patient_dob": "05/31/1990",
    "patient_zip": "24660",
    "prescriber_first_name": "Alexander",
    "prescriber_last_name": "Martinez",
    "prescriber_npi": "1933071403",
    "prescriber_phone": "(218) 555-8406",
    "anc_draw_date": "07/26/2022",
    "anc_value": "7757",
}


def written(sight: Sight, writer: Writer, seed: int, machine: Machine = FAX_FINE) -> dict[str, Grey]:
    """The crops of a form's first page that one pen filled in, faxed and registered; the values are invented."""
    blank, rng = page_of(sight, "psf_2021"), np.random.default_rng(seed)
    form = fill_form(blank.definition, VALUES, draw_hand(writer, FACES, DIGITS, rng), FACES, rng)
    page = laid(received(form.pages[0], machine, severity=0.3, seed=seed), blank)
    return {name: line_picture(page, blank.definition.field(name).box) for name in VALUES}


@pytest.mark.parametrize("machine", [FAX_FINE, FAX_STANDARD])
@pytest.mark.parametrize(("writer", "pen"), [(Writer.TYPED, Pen.TYPED), (Writer.REAL, Pen.HAND)])
def test_a_faxed_page_is_told_by_its_writing(sight: Sight, writer: Writer, pen: Pen, machine: Machine) -> None:
    belief = classify_pens(written(sight, writer, 3, machine))
    assert belief.page_pen is pen
    found = [belief.pen(name) for name in VALUES]
    assert found.count(pen) >= len(VALUES) - 1
    assert set(found) <= {pen, Pen.UNKNOWN}


def test_a_date_by_the_signers_hand_stands_alone_on_a_typed_form(sight: Sight) -> None:
    pictures = written(sight, Writer.TYPED, 4)
    pictures["signature_date"] = written(sight, Writer.REAL, 4)["anc_draw_date"]
    belief = classify_pens(pictures)
    assert (belief.pen("signature_date"), belief.page_pen) == (Pen.HAND, Pen.TYPED)
    without = classify_pens({name: picture for name, picture in pictures.items() if not is_signers(name)})
    assert belief.page == without.page


def test_every_form_has_its_signers_dates(sight: Sight) -> None:
    for definition in sight.definitions:
        signed = [field for field in definition.fields if field.kind is FieldKind.SIGNATURE]
        dates = [field for field in definition.fields if is_signers(field.name)]
        assert all(field.kind is FieldKind.DATE for field in dates)
        assert len(dates) == len(signed)


@pytest.mark.parametrize("font", ["OpenSans", "CourierPrime"])
def test_specks_take_evidence_from_typed_writing_and_do_not_turn_it(font: str) -> None:
    clean = drawn("Thompson 24660", font=font)
    odds = [field_odds(traits, shipped_weights()) for traits in map(measure, (clean, specked(clean, 0.01))) if traits]
    assert odds[0] > odds[1] > 0


@pytest.mark.parametrize("paper", [np.full((60, 300), 255, np.uint8), specked(np.full((60, 300), 255, np.uint8))])
def test_a_field_without_characters_is_left_out(paper: Grey) -> None:
    assert measure(paper) is None
    belief = classify_pens({"patient_zip": paper})
    assert belief == PenBelief(0.0, {})
    assert belief.pen("patient_zip") is belief.page_pen is Pen.UNKNOWN


def test_one_character_alone_is_measured_and_names_no_pen() -> None:
    paper = np.full((60, 300), 255, np.uint8)
    cv2.putText(paper, "3", (40, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    traits = measure(paper)
    assert traits is not None
    assert traits["characters"] == 1
    assert all(np.isfinite(value) for value in traits.values())


NAMES = st.sampled_from(["patient_dob", "patient_zip", "anc_value", "prescriber_npi", "signature_date"])
ODDS = st.dictionaries(NAMES, st.floats(-5, 5), min_size=1)
POOLINGS = st.builds(Pooling, temper=st.floats(0.01, 1), limit=st.floats(0, 6))


@given(ODDS, POOLINGS)
def test_others_move_a_field_by_no_more_than_the_limit_and_never_a_signers_date(
    own: dict[str, float], pooling: Pooling
) -> None:
    belief = pooled(own, pooling)
    for name, odds in own.items():
        assert abs(belief.fields[name] - odds) <= (0 if is_signers(name) else pooling.limit + 1e-9)


@given(ODDS, POOLINGS)
def test_pooling_takes_no_side(own: dict[str, float], pooling: Pooling) -> None:
    turned = pooled({name: -odds for name, odds in own.items()}, pooling)
    belief = pooled(own, pooling)
    assert turned.page == pytest.approx(-belief.page)
    assert turned.fields == pytest.approx({name: -odds for name, odds in belief.fields.items()})
