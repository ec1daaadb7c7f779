"""Generated corpora: the same for the same seed, true to their scenarios, files that open, forms of every kind."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from numpy.random import default_rng
from PIL import Image

from extractors.definition import FieldKind
from extractors.definition_files import load_definitions
from samples.generator import __main__ as command
from samples.generator import changes, files, foreign
from samples.generator.channel import FAX_FINE, FAX_STANDARD, SCAN_150, send
from samples.generator.contents import IN_ORDER, on_form
from samples.generator.digital import fill_digital
from samples.generator.digits import draw_digit_hand, load_digits
from samples.generator.documents import MEDIA, Supplies, draw_plan, make_document
from samples.generator.faces import SHIPPED, load_faces
from samples.generator.fill import blank_sheets, fill_form
from samples.generator.hand import DATE_STYLES, MARKS, Pen, as_date, as_phone, draw_hand
from samples.generator.marks import tick_box
from samples.generator.people import dea, draw_programme, npi
from samples.generator.scenarios import scenarios, script

DEFINITIONS = {definition.form_id: definition for definition in load_definitions()}
FACES, DIGITS = load_faces(), load_digits()
PROGRAMME = draw_programme(default_rng(0), 80)


def a_supply(**changed) -> Supplies:
    return Supplies(DEFINITIONS, PROGRAMME, FACES, DIGITS, **changed)


def played(form_id: str, name: str, seed: int = 0):
    scenario = next(one for one in scenarios() if (one.form_id, one.name) == (form_id, name))
    return script(scenario, PROGRAMME, list(PROGRAMME.patients), default_rng(seed))


def as_day(date: str) -> dt.date:
    return dt.datetime.strptime(date, "%m/%d/%Y").replace(tzinfo=dt.UTC).date()


def test_the_command_writes_a_corpus_that_hangs_together(tmp_path):
    arguments = [
        "--count",
        "4",
        "--seed",
        "9",
        "--severity",
        "0",
        "0.5",
        "--only-form",
        "anc_lab_2015",
        "designee_enrollment_2021",
    ]
    command.main(["--out", str(tmp_path / "a"), *arguments])
    command.main(["--out", str(tmp_path / "b"), *arguments])
    truths = [json.loads(line) for line in (tmp_path / "a" / "truth.jsonl").read_text().splitlines()]
    rows = (tmp_path / "a" / "manifest.csv").read_text().splitlines()
    assert rows == ["file,received", *(f"{truth['file']},{truth['received']}" for truth in truths)]
    assert set(json.loads((tmp_path / "a" / "registry.json").read_text())) == {
        "prescribers", "designees", "patients", "pharmacies",
    }  # fmt: skip
    for truth in truths:
        assert (tmp_path / "a" / truth["file"]).read_bytes() == (tmp_path / "b" / truth["file"]).read_bytes()
        assert page_count((tmp_path / "a" / truth["file"]).read_bytes()) == len(truth["pages"])
        for page in truth["pages"]:
            assert page["kind"] != "form" or truth["forms"][page["form"]]["form_id"] in DEFINITIONS


def page_count(data: bytes) -> int:
    if data.startswith(b"%PDF"):
        with pikepdf.open(BytesIO(data)) as document:
            return len(document.pages)
    with Image.open(BytesIO(data)) as picture:
        return getattr(picture, "n_frames", 1)


@pytest.mark.parametrize("medium", list(MEDIA))
def test_every_medium_makes_files_that_open_at_their_resolution(medium):
    supplies = a_supply(media=(medium,), forms=("anc_lab_2015",), severity=(0.2, 0.2))
    plan = draw_plan(3, [], supplies, list(PROGRAMME.patients), default_rng(2))
    name, data, truth = make_document(plan, supplies)
    assert truth["medium"] == medium
    if name.endswith("tif"):
        with Image.open(BytesIO(data)) as picture:
            assert [round(dpi) for dpi in picture.info["dpi"]] == truth["resolution"]
            assert picture.mode == "1"
            assert 0.5 < np.asarray(picture).mean() < 1  # white paper, black ink, whatever the photometric says
    else:
        document = pdfium.PdfDocument(data)
        document.init_forms()
        assert document[0].get_size() == pytest.approx((612, 792), abs=25)
        assert document[0].render(scale=0.5, grayscale=True).to_numpy().mean() > 150


@pytest.mark.parametrize("group", [3, 4])
@pytest.mark.parametrize(
    ("lsb_first", "white_is_zero", "options"), [(False, False, 0), (True, True, 1), (True, False, 4)]
)
def test_tiff_flavours_hold_the_same_picture(group, lsb_first, white_is_zero, options):
    page = send(blank_sheets(DEFINITIONS["anc_lab_2015"].blank)[0], default_rng(1), 0.1, FAX_STANDARD)
    with Image.open(BytesIO(files.tiff([page, page], group, options, lsb_first, white_is_zero))) as picture:
        picture.seek(1)
        assert np.array_equal(np.asarray(picture) * 255, page.image)


def test_fax_pdf_holds_the_picture_itself():
    page = send(blank_sheets(DEFINITIONS["anc_lab_2015"].blank)[0], default_rng(1), 0.1, FAX_FINE)
    with pikepdf.open(BytesIO(files.fax_pdf([page]))) as document:
        picture = pikepdf.PdfImage(document.pages[0].Resources.XObject.Im0).as_pil_image()
        assert np.array_equal(np.asarray(picture.convert("L")), page.image)


def test_scan_pdf_is_grey_and_near_the_picture():
    page = send(blank_sheets(DEFINITIONS["anc_lab_2015"].blank)[0], default_rng(1), 0.1, SCAN_150)
    with pikepdf.open(BytesIO(files.scan_pdf([page], 80))) as document:
        picture = pikepdf.PdfImage(document.pages[0].Resources.XObject.Im0).as_pil_image()
        assert np.abs(np.asarray(picture).astype(int) - page.image).mean() < 4


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: f"{one.form_id}-{one.name}")
def test_scenarios_name_fields_of_their_form_and_say_what_they_do(scenario):
    made = script(scenario, PROGRAMME, list(PROGRAMME.patients), default_rng(4))
    definition = DEFINITIONS[made.form_id]
    assert set(made.values) <= {field.name for field in definition.fields}
    for field in definition.fields:
        value = made.values.get(field.name)
        if field.kind is FieldKind.CHOICE and value is not None:
            assert set([value] if isinstance(value, str) else value) <= {option.name for option in field.options}
        if field.cells and value is not None:
            assert len(str(value)) <= len(field.cells)
    assert (made.route == "accept") == (not made.reasons)
    for reason in made.reasons:
        slug, _, missing = reason.partition(":")
        assert slug != "missing" or missing.startswith("page_") or "|" in missing or missing not in made.values


@pytest.mark.parametrize("seed", range(5))
def test_a_form_in_order_keeps_the_rules_of_dates(seed):
    made = played("psf_2021", "ok", seed)
    signed = as_day(made.values.get("signature_date") or made.values["designee_signature_date"])
    drawn = as_day(made.values["anc_draw_date"])
    assert as_day(made.values["patient_dob"]) < drawn <= signed <= made.received  # R17
    assert (made.received - drawn).days <= 31  # R29
    assert int(made.values["anc_value"]) >= 1500


def test_changes_do_what_their_reason_says():
    assert (
        played("psf_2021", "baseline_stale").received
        - as_day(played("psf_2021", "baseline_stale").values["anc_draw_date"])
    ).days > 30
    assert int(played("psf_2021", "low_no_rationale").values["anc_value"]) < 1000
    assert (
        as_day(played("psf_2021", "future_date").values["anc_draw_date"]) > played("psf_2021", "future_date").received
    )
    with pytest.raises(ValueError, match=r"does not match|day is out of range"):
        as_day(played("psf_2021", "impossible_date").values["anc_draw_date"])
    assert "." in played("psf_2021", "anc_other_unit").values["anc_value"]
    struck = played("psf_2021", "struck_out")
    assert all(struck.values[name] != wrong for name, wrong in struck.struck.items())
    certified = {one.npi: one.certified_on_2021 for one in PROGRAMME.prescribers}
    assert certified[played("psf_2021", "not_certified").values["prescriber_npi"]] is None
    assert certified[played("psf_2021", "ok").values["prescriber_npi"]] is not None


def luhn(number: str) -> int:
    return sum(sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(reversed(number)))


@pytest.mark.parametrize("seed", range(20))
def test_identifiers_check(seed):
    assert luhn("80840" + npi(default_rng(seed))) % 10 == 0
    assert luhn("80840" + "1234567893") % 10 == 0  # the worked example of the rule catalogue
    digits = [int(digit) for digit in dea(default_rng(seed), "Brown")[2:]]
    assert (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]
    wrong = played("psf_2021", "npi_wrong", seed).values["prescriber_npi"]
    assert luhn("80840" + wrong) % 10 != 0


@pytest.mark.parametrize("form_id", list(IN_ORDER))
@pytest.mark.parametrize("pen", [Pen.REAL, Pen.TYPED, Pen.HAND])
def test_ink_comes_where_the_values_stand_and_nowhere_else(form_id, pen):
    made = played(form_id, "ok", 3)
    hand = draw_hand(pen, FACES, DIGITS, default_rng(6))
    filled = fill_form(DEFINITIONS[form_id], made.values, hand, FACES, default_rng(7))
    blanks = blank_sheets(DEFINITIONS[form_id].blank)
    for field in DEFINITIONS[form_id].fields:
        options = [option for option in field.options if option.name == made.values.get(field.name)]
        box = options[0].box if options else field.box
        x0, y0, x1, y1 = (round(edge * 300 / 72) for edge in box.grown(1).as_list())
        sheet, blank = filled.pages[field.page - 1][y0:y1, x0:x1], blanks[field.page - 1][y0:y1, x0:x1]
        inked = int((blank.astype(int) - sheet > 60).sum())
        if field.name in made.values:
            assert inked > 30, field.name
    assert filled.signatures.keys() == {name for name in made.values if name.endswith("_signature")}


def test_an_empty_form_stays_the_blank():
    hand = draw_hand(Pen.HAND, FACES, DIGITS, default_rng(6))
    filled = fill_form(DEFINITIONS["psf_2021"], {}, hand, FACES, default_rng(7))
    assert all(map(np.array_equal, filled.pages, blank_sheets(DEFINITIONS["psf_2021"].blank)))


@pytest.mark.parametrize("mark", [*MARKS, "typed_x"])
def test_every_mark_leaves_ink_at_its_box(mark):
    hand = replace(draw_hand(Pen.HAND, FACES, DIGITS, default_rng(1)), mark=mark)
    box = DEFINITIONS["psf_2021"].field("ben_flag").box
    for seed in range(5):
        sheet = np.full((3300, 2550), 255, np.uint8)
        tick_box(sheet, box, hand, default_rng(seed))
        near = box.grown(box.width)
        x0, y0, x1, y1 = (round(edge * 300 / 72) for edge in near.as_list())
        inside = (sheet[y0:y1, x0:x1] < 180).sum()
        assert inside > 15
        assert inside > 0.9 * (sheet < 180).sum()


def test_styles_write_the_same_date_and_number():
    assert {as_date("01/05/2022", style) for style in DATE_STYLES} == {
        "01/05/2022", "1/5/2022", "1/5/22", "01-05-2022", "01.05.2022",
    }  # fmt: skip
    numbers = {as_phone("(517) 555-9288", style) for style in range(5)}
    assert len(numbers) == 5
    assert {"".join(filter(str.isdigit, number)) for number in numbers} == {"5175559288"}
    assert on_form("1993-07-25") == "07/25/1993"


def test_a_writers_digits_are_neighbours_and_of_the_right_kind():
    hand = draw_digit_hand(DIGITS, default_rng(3))
    for digit, choices in enumerate(hand.choices):
        assert set(DIGITS.labels[choices]) == {digit}
    assert hand.ink(7, 46, default_rng(0)).shape[0] == pytest.approx(46, abs=1)
    part = load_digits(part=(0.5, 1.0))
    assert np.array_equal(part.images, DIGITS.images[len(DIGITS.images) // 2 :])


def test_digital_forms_hold_values_and_looks():
    made = played("psf_2021", "two_statuses")
    hand = draw_hand(Pen.HAND, FACES, DIGITS, default_rng(1))
    data, signatures = fill_digital(DEFINITIONS["psf_2021"], made.values, hand, FACES, default_rng(0))
    with pikepdf.open(BytesIO(data)) as document:
        values = {str(one.T): str(one.get("/V", "")) for one in document.Root.AcroForm.Fields}
    assert values["patient_last_name"] == made.values["patient_last_name"]
    assert [name for name, value in values.items() if name.startswith("treatment_status_") and value == "/Yes"] == [
        f"treatment_status_{status}" for status in sorted(made.values["treatment_status"])
    ]
    assert set(signatures) == {name for name in made.values if name.endswith("_signature")}


@pytest.mark.parametrize("kind", list(foreign.FOREIGN))
def test_foreign_pages_are_letter_size_and_not_empty(kind):
    page = foreign.FOREIGN[kind](FACES, default_rng(2))
    assert page.shape == (3300, 2550)
    assert 0.001 < (page < 128).mean() < 0.3


def test_a_moved_revision_has_the_forms_ink_in_other_places():
    sheet = blank_sheets(DEFINITIONS["psf_2021"].blank)[0]
    moved = foreign.moved_revision(sheet, default_rng(1))
    assert (moved < 128).mean() == pytest.approx((sheet < 128).mean(), rel=0.4)
    assert ((moved < 128) & (sheet < 128)).sum() < 0.6 * (sheet < 128).sum()


def test_a_duplicate_is_the_same_ink_by_another_way():
    supplies = a_supply(media=("g4",), forms=("anc_lab_2015",), severity=(0.1, 0.1))
    first = next(
        plan
        for seed in range(50)
        if (plan := draw_plan(0, [], supplies, list(PROGRAMME.patients), default_rng(seed))).forms[0].scenario == "ok"
    )
    copies = (draw_plan(1, [first], supplies, list(PROGRAMME.patients), default_rng(seed)) for seed in range(400))
    again = next(plan for plan in copies if plan.forms[0].scenario == "duplicate")
    one, two = make_document(first, supplies), make_document(again, supplies)
    assert two[2]["forms"][0]["values"] == one[2]["forms"][0]["values"]
    assert two[2]["forms"][0]["face"] == one[2]["forms"][0]["face"]
    assert (two[2]["forms"][0]["route"], two[2]["forms"][0]["reasons"]) == ("duplicate", ["duplicate"])
    assert one[1] != two[1]
    assert again.received == first.received + dt.timedelta(days=1)


def test_the_faces_carry_their_licence():
    for face in SHIPPED.glob("*/*.ttf"):
        assert "Open Font License" in face.with_name("LICENSE.txt").read_text(encoding="utf-8")
    assert len(FACES.hand) >= 14
    assert len(FACES.type) >= 8


def test_every_plain_change_is_used_or_is_the_none():
    used = {scenario.change.split(" ")[0] for scenario in scenarios()}
    assert used == {*changes.PLAIN, *changes.WITH_ARGUMENT}


def test_a_wrong_tick_is_scratched_out_beside_the_right_one():
    made = played("psf_2021", "scratched_out")
    hand = replace(draw_hand(Pen.HAND, FACES, DIGITS, default_rng(2)), mark="tick")
    sheet = fill_form(DEFINITIONS["psf_2021"], made.values, hand, FACES, default_rng(2), made.struck).pages[1]
    ink = {}
    for option in DEFINITIONS["psf_2021"].field("treatment_status").options:
        x0, y0, x1, y1 = (round(edge * 300 / 72) for edge in option.box.as_list())
        ink[option.name] = (sheet[y0:y1, x0:x1] < 128).sum()
    other = ({"interrupted", "discontinued"} - set(made.struck.values())).pop()
    assert ink[made.struck["treatment_status"]] > ink["active"] > ink[other]


@pytest.mark.parametrize("seed", range(6))
def test_a_value_written_anew_spoils_no_other_field(seed):
    made = played("psf_2021", "struck_out", seed)
    alone = {name: value for name, value in made.values.items() if name in made.struck}
    hand = draw_hand(Pen.REAL, FACES, DIGITS, default_rng(seed))
    filled = fill_form(DEFINITIONS["psf_2021"], alone, hand, FACES, default_rng(seed), made.struck)
    blanks = blank_sheets(DEFINITIONS["psf_2021"].blank)
    for field in DEFINITIONS["psf_2021"].fields:
        x0, y0, x1, y1 = (round(edge * 300 / 72) for edge in field.box.as_list())
        same = np.array_equal(filled.pages[field.page - 1][y0:y1, x0:x1], blanks[field.page - 1][y0:y1, x0:x1])
        assert same or field.name in alone, field.name
