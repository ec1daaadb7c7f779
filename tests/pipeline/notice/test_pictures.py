"""Pictures of places: they show what they should, and never who the patient is."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from papers import MONTHLY
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.deciding import definitions
from pipeline.notice.pictures import pictures, tells_who
from pipeline.review.writing import change
from pipeline.store import repository
from pipeline.store.models import Form, Page
from pipeline.store.opening import Store
from validators.content import from_readings

PSF = definitions()["psf_2021"]
FIELDS = [field.name for field in PSF.fields]
TELLING = [field.name for field in PSF.fields if tells_who(field)]


def taken(store: Store, document_id: int, names: list[str]) -> dict[str, bytes]:
    with Session(store.engine) as session:
        form = session.scalars(select(Form.id).filter_by(document_id=document_id)).one()
    return pictures(store, form, names)


def test_what_tells_who_the_patient_is() -> None:
    assert {"patient_first_name", "patient_dob", "patient_name_p2", "patient_zip", "rationale_text"} <= set(TELLING)
    assert not {"anc_value", "patient_gender", "prescriber_first_name", "prescriber_signature"} & set(TELLING)


def test_no_picture_changes_with_what_is_written_of_the_patient(store: Store, faxed_psf: Callable[..., int]) -> None:
    """On the second fax all that tells who the patient is is painted black: not a pixel of it is in any picture."""
    written = {name: "written" for name in TELLING if name not in MONTHLY}
    empty = taken(store, faxed_psf(**written), FIELDS)
    painted = taken(store, faxed_psf(black=TELLING, name="0002.tif", anc_value="2400", **written), FIELDS)
    assert empty == painted
    assert not set(TELLING) & empty.keys()
    assert {"anc_value", "treatment_status", "prescriber_signature", "patient_gender"} <= empty.keys()


def test_the_place_of_an_empty_field_of_the_patient_can_be_shown(store: Store, faxed_psf: Callable[..., int]) -> None:
    assert "patient_dob" in taken(store, faxed_psf(patient_dob=None), ["patient_dob"])


def test_what_is_known_by_now_decides_whether_a_place_can_be_shown(store: Store, faxed_psf: Callable[..., int]) -> None:
    """A field that was read as empty, and in which a person has since read the patient's birth date."""
    document_id = faxed_psf(patient_dob=None)
    with Session(store.engine) as session:
        form = session.scalars(select(Form).filter_by(document_id=document_id)).one()
        list(change(form, {"patient_dob": "1980-02-03"}))
        content = from_readings(repository.load_form(form), PSF)
        session.rollback()
        assert pictures(store, form.id, ["patient_dob"], content) == {}


@pytest.mark.parametrize("name", ["anc_value", "prescriber_signature", "monitoring_frequency"])
def test_a_picture_shows_its_field_black_on_white(store: Store, faxed_psf: Callable[..., int], name: str) -> None:
    before = _levels(taken(store, faxed_psf(), [name])[name])
    after = _levels(taken(store, faxed_psf(black=[name], name="0002.tif", anc_value="2400"), [name])[name])
    assert set(np.unique(before)) == {False, True}
    box = PSF.field(name).box
    painted = (after != before).mean()
    assert painted > 0.15, "the field's box, painted black, fills a good part of its picture"
    assert before.shape == after.shape
    assert before.shape[1] / before.shape[0] > 1
    assert box.width > 0


def test_a_page_that_came_in_turned_and_shifted_gives_the_same_picture(
    store: Store, faxed_psf: Callable[..., int]
) -> None:
    """The way from page to blank is undone: a page said to lie 20 points further right shows what lies there."""
    document_id = faxed_psf(black=["anc_value"])
    with Session(store.engine) as session, session.begin():
        page = session.scalars(select(Page).filter_by(document_id=document_id, form_page=1)).one()
        page.to_blank = [1, 0, -300, 0, 1, 0]
    shifted = _levels(taken(store, document_id, ["anc_value"])["anc_value"])
    assert shifted.mean() > 0.5, "the black box is no longer in the picture"


def test_what_is_no_field_has_no_picture(store: Store, faxed_psf: Callable[..., int]) -> None:
    assert taken(store, faxed_psf(), ["page_2", "no_such_field"]) == {}


def _levels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.mode == "1"
        return np.array(picture)
