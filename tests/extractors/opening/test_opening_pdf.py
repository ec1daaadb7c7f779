"""PDF files: pictures come back as they were sent, other pages are drawn, and what the file says is handed up."""

from __future__ import annotations

import io
import re

import numpy as np
import pikepdf
import pytest
from drawn_pages import drawn_page
from pdf_files import digital_file, pdf_bytes, picture_file

from extractors.errors import DamagedFile, EncryptedFile, LimitExceeded
from extractors.geometry import Box, Grey
from extractors.limits import Limits
from extractors.opening.document import FileValue, OpenedPage, open_pages


def only(data: bytes, limits: Limits | None = None) -> OpenedPage:
    """The single page of a file."""
    (page,) = open_pages(data, limits or Limits())
    return page


# Pictures


@pytest.mark.parametrize("coding", ["G4", "JBIG2", "flate", "bits"])
def test_a_picture_comes_back_pixel_for_pixel(square_page: Grey, coding: str) -> None:
    page = only(picture_file(square_page, coding=coding))
    np.testing.assert_array_equal(page.grey, square_page)
    assert page.resolution == pytest.approx((200, 200))
    assert (page.error, page.words, page.form_values, page.stamps) == (None, (), (), ())


def test_a_jpeg_comes_back_as_its_decoder_gives_it(square_page: Grey) -> None:
    page = only(picture_file(square_page, coding="JPEG"))
    assert page.grey is not None
    assert np.mean(np.abs(page.grey.astype(int) - square_page)) < 2
    assert page.medium == "scan"


def test_polarity_by_the_decode_array(square_page: Grey) -> None:
    turned = picture_file(255 - square_page, coding="bits", Decode=pikepdf.Array([1, 0]))
    np.testing.assert_array_equal(only(turned).grey, square_page)


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_page_rotation_is_honoured(square_page: Grey, rotate: int) -> None:
    page = only(picture_file(square_page, rotate=rotate))
    np.testing.assert_array_equal(page.grey, np.rot90(square_page, -rotate // 90))
    assert page.size_points == ((792, 612) if rotate % 180 else (612, 792))


@pytest.mark.parametrize(
    ("matrix", "quarters"), [("0 792 -612 0 612 0", 1), ("-612 0 0 -792 612 792", 2), ("0 -792 612 0 0 792", 3)]
)
def test_a_picture_turned_by_its_matrix(square_page: Grey, matrix: str, quarters: int) -> None:
    sent = np.ascontiguousarray(np.rot90(square_page, -quarters))
    page = only(picture_file(sent, matrix=matrix))
    np.testing.assert_array_equal(page.grey, square_page)


@pytest.mark.parametrize(
    ("dpi", "size"), [((204, 98), (1728, 1078)), ((204, 196), (1728, 2156)), ((204, 391), (1728, 4301))]
)
def test_fax_pictures_get_their_true_aspect(dpi: tuple[float, float], size: tuple[int, int]) -> None:
    points = size[0] / dpi[0] * 72, size[1] / dpi[1] * 72
    page = only(picture_file(drawn_page(*size), size=points))
    assert page.resolution == pytest.approx(dpi, rel=1e-3)
    assert page.medium == "fax"
    assert page.grey is not None
    assert page.grey.shape == pytest.approx((points[1] / 72 * 200, points[0] / 72 * 200), rel=0.01)


def test_margins_and_cropping_of_a_picture(square_page: Grey) -> None:
    inside = only(picture_file(square_page, size=(684, 864), matrix="612 0 0 792 36 36"))
    assert inside.grey is not None
    np.testing.assert_array_equal(inside.grey[100:2300, 100:1800], square_page)
    assert inside.grey[:100].min() == 255
    hanging = only(picture_file(square_page, size=(540, 720), matrix="612 0 0 792 -36 -36"))
    np.testing.assert_array_equal(hanging.grey, square_page[100:2100, 100:1600])
    moved = only(picture_file(square_page, origin=(-100.0, 50.0)))
    np.testing.assert_array_equal(moved.grey, square_page)


def test_the_text_layer_of_a_scan_is_not_taken_for_content(square_page: Grey) -> None:
    invisible = "BT 3 Tr /F 12 Tf 100 600 Td (guessed by some OCR) Tj ET"
    page = only(picture_file(square_page, more=invisible))
    np.testing.assert_array_equal(page.grey, square_page)
    assert page.words == ()
    head_line = "BT /F 12 Tf 100 780 Td (fax server head line) Tj ET"
    page = only(picture_file(square_page, more=head_line))
    assert (page.medium, page.words) == ("scan", ())


def test_masks_and_stencils_are_rendered(square_page: Grey) -> None:
    page = only(picture_file(square_page, coding="bits", ImageMask=True, ColorSpace=None))
    assert page.grey is not None
    assert page.grey.shape == square_page.shape
    assert np.mean(np.abs(page.grey.astype(int) - square_page)) < 10


# Pages filled in on a computer


def test_what_the_file_says_of_a_digital_page() -> None:
    page = only(digital_file())
    assert page.medium == "digital"
    assert page.form_values == (
        FileValue("last_name", "Doe", Box(150, 82, 300, 102)),
        FileValue("ben_flag", True, Box(72, 183, 81, 192)),
        FileValue("hospice_flag", False, Box(72, 203, 81, 212)),
    )
    assert [word.text for word in page.words] == ["Last", "name", "signed"]
    assert page.words[0].box.as_list() == pytest.approx([72, 80, 97, 95], abs=5)
    assert page.stamps == (Box(100, 642, 200, 692), Box(100, 572, 200, 592))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_places_turn_with_the_page(rotate: int) -> None:
    page = only(digital_file(rotate=rotate, origin=37.0))
    ticked = page.form_values[1].box
    inside = [round(edge / 72 * 200) for edge in ticked.grown(-1).as_list()]
    assert page.grey is not None
    assert page.grey[inside[1] : inside[3], inside[0] : inside[2]].max() < 50  # the drawn tick is where the field says
    word = page.words[0].box.grown(1)
    x0, y0, x1, y1 = (round(edge / 72 * 200) for edge in word.as_list())
    assert page.grey[y0:y1, x0:x1].min() < 100


def test_names_and_values_are_inherited_from_the_parent_field() -> None:
    with pikepdf.open(io.BytesIO(digital_file())) as pdf:
        widget = pdf.pages[0].Annots[0]
        del widget["/T"], widget["/V"], widget["/FT"]
        group = pikepdf.Dictionary(T="patient", FT=pikepdf.Name.Tx, V="Smith", Kids=pikepdf.Array([widget]))
        widget["/Parent"] = pdf.make_indirect(group)
        data = pdf_bytes(pdf)
    assert only(data).form_values[0] == FileValue("patient", "Smith", Box(150, 82, 300, 102))


# Bad files


def test_passwords() -> None:
    def encrypted(user: str) -> bytes:
        with pikepdf.open(io.BytesIO(digital_file())) as pdf:
            return pdf_bytes(pdf, encryption=pikepdf.Encryption(owner="owner", user=user))

    assert only(encrypted("")).form_values[0].value == "Doe"
    with pytest.raises(EncryptedFile):
        list(open_pages(encrypted("secret"), Limits()))


def test_a_broken_cross_reference_table_is_repaired(square_page: Grey) -> None:
    data = picture_file(square_page, square_page)
    broken = re.sub(rb"startxref\s+\d+", b"startxref 7", data)
    assert [page.error for page in open_pages(broken, Limits())] == [None, None]


def test_a_file_cut_off_loses_no_page_silently(square_page: Grey) -> None:
    data = picture_file(*[square_page] * 4)
    for share in (0.9, 0.7, 0.5):
        try:
            pages = list(open_pages(data[: int(len(data) * share)], Limits()))
        except DamagedFile:
            continue
        assert len(pages) == 4 or pages[-1].error


def test_a_page_whose_picture_is_damaged_costs_only_itself(square_page: Grey) -> None:
    with pikepdf.open(io.BytesIO(picture_file(*[square_page.copy() for _ in range(3)], coding="flate"))) as pdf:
        picture = pdf.pages[1].Resources.XObject.P
        picture.write(b"rubbish", filter=pikepdf.Name.DCTDecode)
        pages = list(open_pages(pdf_bytes(pdf), Limits()))
    assert [page.number for page in pages] == [1, 2, 3]
    np.testing.assert_array_equal(pages[2].grey, square_page)
    assert pages[1].error


@pytest.mark.parametrize("inverted", [True, False])
def test_lines_lost_in_a_g4_picture_are_noticed(square_page: Grey, inverted: bool) -> None:
    sent = 255 - square_page if inverted else square_page  # coded as it is, and read the other way round
    parameters = pikepdf.Dictionary(K=-1, Columns=1700, Rows=2200, BlackIs1=inverted)
    with pikepdf.open(io.BytesIO(picture_file(sent, DecodeParms=parameters))) as pdf:
        assert only(pdf_bytes(pdf)).error is None
        picture = pdf.pages[0].Resources.XObject.P
        coded = bytearray(picture.read_raw_bytes())
        coded[len(coded) // 3 : len(coded) // 3 + 40] = bytes(40)
        picture.write(bytes(coded), filter=pikepdf.Name.CCITTFaxDecode, decode_parms=parameters)
        assert "lines are lost" in str(only(pdf_bytes(pdf)).error)


def test_pages_of_absurd_size_are_not_rendered() -> None:
    page = only(digital_file(size=(14_400, 14_400)))  # 200 inches, the largest that readers accept
    assert page.grey is None
    assert "pixels" in str(page.error)


@pytest.mark.parametrize("matrix", [None, "1 0 0 1 0 0"])
def test_a_picture_bomb_in_a_small_file_is_not_decoded(matrix: str | None) -> None:
    small = np.full((8, 8), 255, np.uint8)
    bomb = picture_file(small, matrix=matrix, Width=60_000, Height=60_000)
    page = only(bomb)
    assert page.grey is None
    assert "60000 x 60000 pixels" in str(page.error)


def test_too_many_pages(square_page: Grey) -> None:
    with pytest.raises(LimitExceeded, match="3 pages"):
        list(open_pages(picture_file(*[square_page] * 3), Limits(pages=2)))
