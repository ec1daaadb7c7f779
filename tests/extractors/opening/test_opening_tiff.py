"""TIFF files as fax servers and scanners write them: every coding, fill order, polarity and resolution."""

from __future__ import annotations

import io
import itertools
import struct

import numpy as np
import pytest
from drawn_pages import drawn_page, saved
from PIL import Image

from extractors.errors import DamagedFile, LimitExceeded
from extractors.geometry import PIXELS_PER_POINT, Grey
from extractors.limits import Limits
from extractors.opening.document import OpenedPage, open_pages

PHOTOMETRIC, FILL_ORDER, STRIP_OFFSETS, ROWS_PER_STRIP, STRIP_BYTES = 262, 266, 273, 278, 279
X_RESOLUTION, Y_RESOLUTION, T4_OPTIONS, RESOLUTION_UNIT = 282, 283, 292, 296
BAD_FAX_LINES, CLEAN_FAX_DATA = 326, 327

CODINGS = {
    "G3 1-D": ("group3", {}),
    "G3 2-D": ("group3", {T4_OPTIONS: 1}),
    "G3 2-D, filled lines": ("group3", {T4_OPTIONS: 5}),
    "MH": ("tiff_ccitt", {}),
    "G4": ("group4", {}),
    "G4, one strip": ("group4", {ROWS_PER_STRIP: 2200}),
    "plain": ("raw", {}),
    "LZW": ("tiff_lzw", {}),
    "PackBits": ("packbits", {}),
    "deflate": ("tiff_adobe_deflate", {}),
}


def tiff(*pages: Grey, compression: str = "group4", dpi: tuple[float, float] = (200, 200), **tags: object) -> bytes:
    """The pages as a bilevel TIFF file; `tags` as `t262=0`."""
    images = [Image.fromarray(page).convert("1") for page in pages]
    info = {int(name[1:]): value for name, value in tags.items()}
    options = {"compression": compression, "dpi": dpi, "tiffinfo": info}
    return saved(images[0], "TIFF", save_all=True, append_images=images[1:], **options)


def only(data: bytes, limits: Limits | None = None) -> OpenedPage:
    """The single page of a file."""
    (page,) = open_pages(data, limits or Limits())
    return page


@pytest.mark.parametrize("polarity", [0, 1])
@pytest.mark.parametrize("fill_order", [1, 2])
@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_comes_back_pixel_for_pixel(
    square_page: Grey, coding: str, fill_order: int, polarity: int
) -> None:
    compression, tags = CODINGS[coding]
    named = {f"t{tag}": value for tag, value in {**tags, PHOTOMETRIC: polarity}.items()}
    if coding == "plain" and fill_order == 2:
        data = with_bits_swapped(tiff(square_page, compression="raw", t266=2, **named))  # Pillow sets the tag alone
    else:
        data = tiff(square_page, compression=compression, t266=fill_order, **named)
    page = only(data)
    assert page.error is None
    np.testing.assert_array_equal(page.grey, square_page)


def with_bits_swapped(data: bytes) -> bytes:
    """A plain TIFF file with the bits of every byte of its picture turned round."""
    with Image.open(io.BytesIO(data)) as image:
        strips = list(zip(image.tag_v2[STRIP_OFFSETS], image.tag_v2[STRIP_BYTES], strict=True))
    turned = bytearray(data)
    for offset, size in strips:
        swapped = np.packbits(np.unpackbits(np.frombuffer(data, np.uint8, size, offset), bitorder="little"))
        turned[offset : offset + size] = swapped.tobytes()
    return bytes(turned)


@pytest.mark.parametrize(
    ("dpi", "size"),
    [
        ((204, 98), (1728, 1078)),
        ((204, 196), (1728, 2156)),
        ((204, 391), (1728, 4301)),
        ((200, 100), (1728, 1100)),
        ((300, 300), (2550, 3300)),
    ],
)
def test_pages_get_their_true_aspect(dpi: tuple[float, float], size: tuple[int, int]) -> None:
    page = only(tiff(drawn_page(*size), dpi=dpi))
    width, height = size[0] / dpi[0] * 72, size[1] / dpi[1] * 72
    assert page.size_points == pytest.approx((width, height), rel=0.01)
    assert page.resolution == pytest.approx(dpi)
    assert page.grey is not None
    assert page.grey.shape == pytest.approx((height * PIXELS_PER_POINT, width * PIXELS_PER_POINT), rel=0.01)


def test_a_thin_stroke_of_a_standard_fax_stays_dark() -> None:
    sent = np.full((1078, 1728), 255, np.uint8)
    sent[500, 200:1500] = 0
    sent[100:900, 700] = 0
    grey = only(tiff(sent, dpi=(204, 98))).grey
    assert grey is not None
    assert grey[:, 900].min() < 64
    assert grey[400].min() < 128


@pytest.mark.parametrize(
    ("size", "tags", "expected"),
    [
        ((1728, 1078), {}, (204, 98)),
        ((1728, 2156), {}, (204, 196)),
        ((2048, 1100), {}, (204, 98)),
        ((1728, 4312), {}, (204, 392)),
        ((2550, 3300), {}, (300, 300)),
        ((1728, 2156), {"t282": 80.315, "t283": 77.165, "t296": 3}, (204, 196)),  # dots per centimetre
        ((1728, 1078), {"t282": 1.0, "t283": 1.0}, (204, 98)),
        ((1728, 2156), {"t282": 72.0, "t283": 72.0}, (204, 196)),  # a screen's, written by a careless program
        ((1728, 2156), {"t282": 204.0, "t283": 0.0}, (204, 196)),
    ],
)
def test_missing_or_absurd_resolution_is_inferred(
    size: tuple[int, int], tags: dict[str, object], expected: tuple[float, float]
) -> None:
    image = Image.new("1", size, 1)
    info = {int(name[1:]): value for name, value in tags.items()}
    page = only(saved(image, "TIFF", compression="group4", tiffinfo=info))
    assert page.resolution == pytest.approx(expected, rel=0.005)


def test_lines_lost_in_transmission_are_told(fine_page: Grey) -> None:
    assert only(tiff(fine_page, t326=7, t327=1)).bad_lines == 7
    assert only(tiff(fine_page, t327=0)).bad_lines == 0
    assert only(tiff(fine_page)).bad_lines is None


def test_medium_of_fax_and_scan(fine_page: Grey) -> None:
    assert only(tiff(fine_page, dpi=(204, 196))).medium == "fax"
    assert only(tiff(drawn_page(2550, 3300), dpi=(300, 300))).medium == "scan"
    assert only(saved(Image.fromarray(fine_page), "TIFF", compression="jpeg", dpi=(204, 196))).medium == "scan"


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "I;16"])
def test_other_pixels_than_bits(square_page: Grey, mode: str) -> None:
    image = (
        Image.fromarray(square_page.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(square_page).convert(mode)
    )
    page = only(saved(image, "TIFF", compression="tiff_lzw" if mode != "I;16" else "raw", dpi=(200, 200)))
    np.testing.assert_array_equal(page.grey, square_page)


def test_pages_come_in_their_order_and_big_endian_and_bigtiff_open() -> None:
    pages = [drawn_page(1700, height) for height in (2200, 2190, 2180)]
    opened = list(open_pages(tiff(*pages), Limits()))
    assert [page.number for page in opened] == [1, 2, 3]
    assert [page.grey.shape[0] for page in opened if page.grey is not None] == [2200, 2190, 2180]
    big = saved(Image.fromarray(pages[0]), "TIFF", big_tiff=True, dpi=(200, 200))
    assert big[2] == 43
    np.testing.assert_array_equal(only(big).grey, pages[0])
    np.testing.assert_array_equal(only(motorola(pages[0])).grey, pages[0])


def motorola(page: Grey) -> bytes:
    """A minimal big-endian TIFF file of one plain grey page, made by hand (TIFF 6.0, section 2)."""
    height, width = page.shape
    entries = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8 << 16),  # short values stand in the upper half
        (259, 3, 1 << 16),
        (262, 3, 1 << 16),
        (273, 4, 8),
        (277, 3, 1 << 16),
        (278, 4, height),
        (279, 4, page.size),
    ]
    directory = struct.pack(">H", len(entries)) + b"".join(
        struct.pack(">HHII", tag, kind, 1, value) for tag, kind, value in entries
    )
    return struct.pack(">2sHI", b"MM", 42, 8 + page.size) + page.tobytes() + directory + struct.pack(">I", 0)


# Damage


def directories(data: bytes) -> list[int]:
    """Offsets of the directories of a little-endian TIFF file."""
    (offset,), found = struct.unpack_from("<I", data, 4), []
    while offset:
        found.append(offset)
        (entries,) = struct.unpack_from("<H", data, offset)
        (offset,) = struct.unpack_from("<I", data, offset + 2 + 12 * entries)
    return found


def chain_end(data: bytes, page: int) -> int:
    """Where the offset of the directory after that of `page` (from 0) stands."""
    at = directories(data)[page]
    return at + 2 + 12 * int(struct.unpack_from("<H", data, at)[0])


@pytest.mark.parametrize(("offset", "why"), [(1 << 30, "ends early"), (8, "")])
def test_a_broken_chain_of_pages_is_told(square_page: Grey, offset: int, why: str) -> None:
    data = bytearray(tiff(square_page, square_page, square_page))
    struct.pack_into("<I", data, chain_end(data, 1), offset if why else directories(data)[0])
    *whole, last = open_pages(bytes(data), Limits())
    assert [page.error for page in whole] == [None, None]
    assert last.grey is None
    assert (why or "circle") in str(last.error)


def test_a_damaged_directory_costs_only_its_page(square_page: Grey) -> None:
    data = bytearray(tiff(square_page, square_page, square_page))
    second = directories(data)[1]
    data[second + 2 : second + 2 + 24] = bytes(24)  # width and height are gone
    pages = list(open_pages(bytes(data), Limits()))
    assert [page.error is None for page in pages] == [True, False, True]
    np.testing.assert_array_equal(pages[2].grey, square_page)


def test_a_file_cut_off_says_so(square_page: Grey) -> None:
    data = tiff(square_page, square_page)
    cut = list(open_pages(data[: directories(data)[1] + 1], Limits()))
    assert len(cut) == 2
    assert cut[-1].error
    with pytest.raises(DamagedFile):
        list(open_pages(data[: directories(data)[0] // 2], Limits()))


def directory_first(page: Grey) -> bytes:
    """A G4 file whose directory stands before its picture, as machines write that save while they receive."""
    data = tiff(page, t278=page.shape[0])
    with Image.open(io.BytesIO(data)) as image:
        (offset,), (size,) = image.tag_v2[STRIP_OFFSETS], image.tag_v2[STRIP_BYTES]
    return g4_file(page.shape[1], page.shape[0], data[offset : offset + size])


def g4_file(width: int, height: int, coded: bytes) -> bytes:
    """A G4 file of one strip, made by hand."""
    size = len(coded)
    start = 8 + 2 + 12 * 8 + 4
    entries = [(256, width), (257, height), (258, 1), (259, 4), (262, 1), (273, start), (278, height), (279, size)]
    directory = struct.pack("<H", 8) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return struct.pack("<2sHI", b"II", 42, 8) + directory + struct.pack("<I", 0) + coded


def test_a_picture_cut_off_is_read_as_far_as_it_goes(square_page: Grey) -> None:
    whole = directory_first(square_page)
    assert only(whole).error is None
    page = only(whole[: len(whole) * 2 // 3])
    assert "missing" in str(page.error)
    assert page.grey is not None
    assert page.grey.min() == 0  # its upper part is there


def test_lines_lost_in_a_g4_page_are_noticed(square_page: Grey) -> None:
    data = bytearray(tiff(square_page, t278=2200))
    with Image.open(io.BytesIO(data)) as image:
        (offset,), (size,) = image.tag_v2[STRIP_OFFSETS], image.tag_v2[STRIP_BYTES]
    data[offset + size // 3 : offset + size // 3 + 40] = bytes(40)
    page = only(bytes(data))
    assert page.grey is not None
    assert "lines are lost" in str(page.error)


def test_damaged_g3_lines_cost_little(square_page: Grey) -> None:
    data = tiff(square_page, compression="group3", t292=4, t278=2200)
    with Image.open(io.BytesIO(data)) as image:
        (offset,), (size,) = image.tag_v2[STRIP_OFFSETS], image.tag_v2[STRIP_BYTES]
    damaged = bytearray(data)
    for at in range(offset + 500, offset + size - 500, size // 20):
        damaged[at] ^= 0x10
    page = only(bytes(damaged))
    assert page.error is None
    assert page.grey is not None
    # each hit costs its line, and a lost line end moves what follows up by one
    assert np.mean(page.grey != square_page) < 0.01


# Bombs


def test_a_page_of_too_many_pixels_is_not_decoded() -> None:
    page = only(g4_file(35_000, 35_000, b"\xff" * 4_375))  # 35,000 white lines: a one each
    assert page.grey is None
    assert "pixels" in str(page.error)


def test_resolution_tags_cannot_blow_a_page_up() -> None:
    page = only(tiff(drawn_page(1000, 6000), dpi=(50, 41)), Limits(pixels=7_000_000))
    assert page.grey is None
    assert "pixels" in str(page.error)


def test_too_many_pages(square_page: Grey) -> None:
    data = tiff(*itertools.repeat(square_page, 4))
    assert len(list(open_pages(data, Limits(pages=4)))) == 4
    with pytest.raises(LimitExceeded, match="3 pages"):
        list(open_pages(data, Limits(pages=3)))
