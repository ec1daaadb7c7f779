"""The page: one, black on white, whatever it has to say, and readable when it comes out of a poor fax machine."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytesseract
import pytest
from PIL import Image, ImageDraw

from extractors.geometry import Grey
from pipeline.notice.layout import page
from pipeline.notice.notice import Notice, Point
from samples.generator.channel import FAX_STANDARD, send

Make = Callable[[int], Notice]

SCALE_300_DPI = 300 / 72


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        assert len(opened) == 1
        assert opened[0].get_size() == (612, 792)
        return " ".join(str(opened[0].get_textpage().get_text_range()).split())


def rendered(pdf: bytes, **options: bool) -> Grey:
    with pypdfium2.PdfDocument(pdf) as opened:
        return np.array(opened[0].render(scale=SCALE_300_DPI, grayscale=True, **options).to_pil())


def picture() -> bytes:
    drawn = Image.new("1", (700, 120), 1)
    ImageDraw.Draw(drawn).rectangle((40, 30, 660, 90), outline=0, width=3)
    png = io.BytesIO()
    drawn.save(png, "PNG")
    return png.getvalue()


@pytest.mark.parametrize("count", [1, 3, 10])
def test_up_to_ten_points_stand_on_the_page_in_full(notice: Make, count: int) -> None:
    text = text_of(page(notice(count), {f"field_{n}": picture() for n in range(count)}))
    assert f"{count}. Section" in text
    assert "more." not in text
    for words in ("Ada Moss", "555-555-0101", "3F2A91C0", "July 15, 2022", "C. L. (initials)", "888-586-0758"):
        assert words in text


def test_what_does_not_fit_is_counted(notice: Make) -> None:
    text = text_of(page(notice(60), {}))
    left_out = re.search(r"… and (\d+) more\. Please call us", text)
    assert left_out is not None
    shown = 60 - int(left_out[1])
    assert f"{shown}. Section" in text
    assert f"{shown + 1}. Section" not in text
    assert shown > 10


def test_one_endless_point_is_an_error_of_nobody(notice: Make) -> None:
    endless = replace(notice(1), points=(Point("Section 1", "Please write this again. " * 60),))
    assert "888-586-0758" in text_of(page(endless, {}))


def test_what_is_empty_leaves_a_line_to_write_on_or_nothing(notice: Make) -> None:
    text = text_of(page(replace(notice(1), to="", fax="", patient=""), {}))
    assert text.count("____") > 0
    assert "Patient:" not in text


def test_markup_in_words_is_words(notice: Make) -> None:
    sign = replace(notice(1), to="A & B <b>Moss</b>")
    assert "A & B <b>Moss</b>" in text_of(page(sign, {}))


def test_nothing_is_grey(notice: Make) -> None:
    plain = {"no_smoothtext": True, "no_smoothimage": True, "no_smoothpath": True}
    levels = np.unique(rendered(page(notice(3), {}), **plain))
    assert set(levels) == {0, 255}


def test_fonts_are_in_the_file_and_the_same_words_give_the_same_bytes(notice: Make) -> None:
    pdf = page(notice(3), {"field_0": picture()})
    assert pdf == page(notice(3), {"field_0": picture()})
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fonts = opened.pages[0].Resources.Font
        written = [font for font in fonts.values() if "/FontDescriptor" in font]
        assert len(written) >= 2
        assert all("/FontFile2" in font.FontDescriptor for font in written)


def test_a_standard_fax_of_it_can_be_read(notice: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """204 x 98 dots an inch, with the damages of an average machine: Tesseract finds what the sender must know."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    pdf = page(notice(4), {f"field_{n}": picture() for n in range(4)})
    sent = send(rendered(pdf), np.random.default_rng(1), 0.3, FAX_STANDARD, header="FROM 888-586-0758")
    height = round(sent.image.shape[0] * sent.dpi[0] / sent.dpi[1])
    square = cv2.resize(sent.image, (sent.image.shape[1], height), interpolation=cv2.INTER_CUBIC)
    text = " ".join(str(pytesseract.image_to_string(square, config="--psm 4")).split())
    for words in ("complete your form", "Section 5", "older than 30 days", "Section 7", "tick one box alone",
                  "Section 9", "send the form again", "fax all pages to 800-878-5927", "888-586-0758",
                  "July 15, 2022"):  # fmt: skip
        assert words in text, text
    assert "3F2A91C0" in text.replace("CO", "C0"), "the digits are hexadecimal: there is no letter O"
