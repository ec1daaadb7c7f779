"""A form is taught in the browser: learnt from its blank, corrected in the definition editor, and then read.

The form is the laboratory's requisition (samples/requisition.py), of another world than the programme's. On one kind
of database alone: what is taught lies in files.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from browsing import LoggedIn, grave_faults
from papers import always, arrive
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from extractors import known_forms
from extractors.definition_files import load_definition
from extractors.definition_saving import save_definition
from extractors.learning.learn import header, learn, put_down
from extractors.limits import Limits
from extractors.read import read_by
from pipeline.process import process
from pipeline.store.models import AuditLine, Document
from pipeline.store.opening import Store
from samples import requisition
from samples.learning import requisition_definition

LEARNT, CORRECTED = "lab_requisition_2026", "lab_requisition_2026_r2"
RECEIVED = dt.date(2026, 3, 14)
LATE = "date_invalid"  # the reason of a date order that does not hold
A_WEEK_LATER = dt.date(2026, 3, 20)
READ = {
    "account_number": "QF204817",
    "patient_name": "Sand, Hugo",
    "patient_dob": "1968-07-04",
    "specimen": "serum",
    "collected_on": "2026-03-12",
    "order_cbc": True,
    "order_glucose": True,
    "hours_glucose": "12",
    "physician_signature": True,
    "signature_date": "2026-03-12",
}
"""All that is written on the fax; the other fields are empty."""
RENAMED = {
    "patient_account_number": "account_number",
    "kind_specimen": "specimen",
    "collected": "collected_on",
    "order_complete_blood_count": "order_cbc",
    "order_glucose_fasting": "order_glucose",
    "hours_fasting_glucose_fasting": "hours_glucose",
    "physician_date_signed": "signature_date",
}


@pytest.fixture
def kind() -> str:
    """One kind of database."""
    return "sqlite"


@pytest.fixture
def learnt(store: Store) -> Path:
    """The folder of the taught forms, with the requisition as it was learnt and nobody has corrected it."""
    draft = learn(requisition.blank(), LEARNT)
    save_definition(store.settings.taught_forms, *put_down(draft), draft.blank, header(draft))
    return store.settings.taught_forms


@pytest.fixture
def fax(tmp_path: Path) -> Path:
    """A requisition filled in by a typewriter and faxed, by its right definition."""
    path = tmp_path / "filled.tif"
    path.write_bytes(requisition.filled(requisition_definition(tmp_path)))
    return path


def choose(page: Page, key: str) -> None:
    page.locator(f'.row[data-key="{key}"]').click()
    expect(page.locator(f'.row.chosen[data-key="{key}"]')).to_be_visible()


def rename(page: Page, key: str, name: str) -> None:
    choose(page, key)
    page.locator("#field [name=name]").fill(name)
    page.keyboard.press("Tab")
    expect(page.locator(f'.row[data-key="{name}"]')).to_be_visible()


def box_of(page: Page) -> list[float]:
    return [float(page.locator(f"#field [name={edge}]").input_value()) for edge in ("x0", "y0", "x1", "y1")]


def test_a_learnt_form_is_corrected_in_the_editor_and_read(
    logged_in: LoggedIn, station: str, store: Store, learnt: Path, fax: Path, tmp_path: Path
) -> None:
    page = logged_in("kim")
    page.goto(f"{station}/forms/{LEARNT}")
    expect(page.locator(".row").first).to_be_visible()
    assert grave_faults(page) == []

    # what was unsure is told until somebody says that it is right
    choose(page, "kind_specimen")
    expect(page.locator("#unsure")).to_contain_text("only one of its boxes")
    page.locator("#confirm").click()
    expect(page.locator("#unsure")).to_be_hidden()
    for old, new in RENAMED.items():
        rename(page, old, new)

    # move, resize, split, group and undo
    choose(page, "patient_name")
    before = box_of(page)
    page.locator("svg.page").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+ArrowDown")
    assert box_of(page) == pytest.approx([before[0] + 1, before[1], before[2] + 1, before[3] + 1])
    page.locator("#undo").click()
    page.locator("#undo").click()
    assert box_of(page) == before
    choose(page, "specimen")
    page.locator("#ungroup").click()
    for name in ("specimen_serum", "specimen_plasma", "specimen_urine"):
        page.locator(f'.row[data-key="{name}"]').click(modifiers=["Control"])
    page.locator("#group").click()
    expect(page.locator('.row[data-key="specimen.plasma"]')).to_be_visible()
    page.locator("#field [name=required]").select_option("yes")
    choose(page, "patient_phone")
    page.locator("#field [name=cells]").fill("10")
    page.keyboard.press("Tab")
    expect(page.locator("line.upright")).not_to_have_count(0)
    page.locator("#undo").click()

    # rules as data, and a trial on a filled fax
    page.locator("#form [name=rules]").fill(requisition.RULES)
    page.locator("#form [name=rules]").blur()
    page.locator("#trial [name=file]").set_input_files(fax)
    page.locator("#try").click()
    expect(page.locator("#tried")).to_contain_text("recognised", timeout=120_000)
    expect(page.locator('.row[data-key="account_number"]')).to_contain_text("QF204817")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_contain_text(CORRECTED)

    corrected, as_learnt = load_definition(learnt / CORRECTED), load_definition(learnt / LEARNT)
    assert corrected.replaces == LEARNT
    assert "unsure" not in (learnt / CORRECTED / "meaning.yaml").read_text(encoding="utf-8")
    assert set(corrected.rules) == {"LAB1", "LAB2", "LAB3"}
    assert as_learnt.field("kind_specimen").options  # nothing of the older revision changed
    with Session(store.engine) as session:
        assert [line.after for line in session.query(AuditLine).filter_by(action="form revision saved")] == [
            {"form_id": CORRECTED, "made_of": LEARNT, "corrects": LEARNT}
        ]

    # and read by it, with its own rules
    assert CORRECTED in known_forms.by_id()
    reading = read_by(learnt / CORRECTED, fax.read_bytes(), Limits())
    for data, received, verdict, route, reasons in (
        (fax.read_bytes(), RECEIVED, "passed", "accept", []),
        (b"another copy of it", A_WEEK_LATER, "fired", "review", [LATE]),
    ):
        document = arrive(store, tmp_path, data, "requisition.tif", received)
        assert process(store, document, always(reading)) is not None
        with Session(store.engine) as session:
            (form,) = session.get_one(Document, document).forms
            assert form.form_id == CORRECTED
            assert len(form.readings) == len(corrected.fields)
            assert {r.field: r.value for r in form.readings if r.value not in (None, False)} == READ
            assert [r.field for r in form.readings if r.doubtful] == []
            verdicts = {rule.rule: rule.verdict for rule in form.evaluated_rules}
            assert [verdicts[number] for number in ("LAB1", "LAB2", "LAB3")] == ["passed", verdict, "passed"]
            assert (form.route.route, form.route.reasons) == (route, reasons)
