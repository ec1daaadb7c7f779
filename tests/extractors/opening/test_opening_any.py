"""Any file: what it is by its bytes, bad input as a clear error, and pages as a stream."""

from __future__ import annotations

import struct
import subprocess
import sys

import numpy as np
import pytest
from drawn_pages import as_png, drawn_page, saved
from hypothesis import given
from hypothesis import strategies as st
from pdf_files import digital_file, picture_file
from PIL import Image

from extractors.errors import DamagedFile, DocumentError, EmptyFile, LimitExceeded, UnknownFileType
from extractors.geometry import Grey
from extractors.limits import Limits
from extractors.opening.aspect import believable, points
from extractors.opening.document import open_page, open_pages


def opened(data: bytes, limits: Limits | None = None) -> list[str | None]:
    """The errors of a file's pages."""
    return [page.error for page in open_pages(data, limits or Limits())]


def giant_gif() -> bytes:
    """A GIF that says it has 65535 x 66601 pixels, in a few bytes."""
    return b"GIF89a" + struct.pack("<HHBBB", 65535, 66601 & 0xFFFF, 0, 0, 0) + b";"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyFile),
        (b"Dear doctor", UnknownFileType),
        (b"PK\x03\x04 a Word file", UnknownFileType),
        (giant_gif(), UnknownFileType),
        (saved(Image.new("L", (9, 9)), "GIF"), UnknownFileType),
        (b"II*\x00", DamagedFile),
        (b"II*\x00\xff\xff\xff\xff", DamagedFile),
        (b"II*\x00\x00\x00\x00\x00", DamagedFile),
        (b"\x89PNG\r\n\x1a\n", DamagedFile),
        (b"\xff\xd8\xff\xe0", DamagedFile),
        (b"%PDF-1.7\n", DamagedFile),
        (b"%PDF-1.7\n" + bytes(1000), DamagedFile),
    ],
)
def test_what_cannot_be_opened(data: bytes, error: type[DocumentError]) -> None:
    with pytest.raises(error) as raised:
        opened(data)
    assert str(raised.value).startswith("open: ")


def test_a_file_of_too_many_bytes_is_not_touched() -> None:
    with pytest.raises(LimitExceeded, match="bytes"):
        opened(b"II*\x00" + bytes(100), Limits(bytes=100))


def test_the_kind_is_told_by_the_bytes(square_page: Grey) -> None:
    pdf_behind_a_mail_header = b"Content-Type: image/tiff\r\n\r\n" + picture_file(square_page)
    for data in (as_png(square_page), pdf_behind_a_mail_header):
        (page,) = open_pages(data, Limits())
        np.testing.assert_array_equal(page.grey, square_page)


@pytest.fixture(scope="module")
def small_files() -> list[bytes]:
    """One small file of each kind."""
    page = drawn_page(300, 400)
    image = Image.fromarray(page).convert("1")
    tiffs = [saved(image, "TIFF", compression=coding) for coding in ("group3", "group4", "raw", "tiff_lzw")]
    pictures = [as_png(page), saved(Image.fromarray(page), "JPEG")]
    return [*tiffs, *pictures, picture_file(page, page, coding="JBIG2"), digital_file()]


@given(damage=st.data())
def test_damage_is_an_error_of_a_document_or_page_and_nothing_else(
    small_files: list[bytes], damage: st.DataObject
) -> None:
    data = bytearray(damage.draw(st.sampled_from(small_files)))
    for at, byte in damage.draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=5)):
        data[at] = byte
    end = damage.draw(st.one_of(st.none(), st.integers(0, len(data))))
    try:
        numbers = [page.number for page in open_pages(bytes(data[:end]), Limits(pixels=5_000_000))]
    except DocumentError:
        return
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@given(
    width=st.integers(100, 10_000),
    height=st.integers(100, 10_000),
    across=st.floats(allow_nan=True, allow_infinity=True),
    down=st.floats(allow_nan=True, allow_infinity=True),
)
def test_whatever_a_file_says_a_page_has_a_size_of_paper(width: int, height: int, across: float, down: float) -> None:
    resolution = believable((across, down), width, height)
    assert all(10 <= dpi <= 2400 for dpi in resolution)
    assert points(width, height, resolution)[0] <= 18 * 72 + 1 or width > height


MEASURE = """
import resource, sys
from extractors.limits import Limits
from extractors.opening.document import open_pages
pages = sum(1 for page in open_pages(sys.stdin.buffer.read(), Limits()))
print(pages, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("kind", ["tiff", "pdf"])
def test_memory_does_not_grow_with_the_number_of_pages(kind: str) -> None:
    page = drawn_page(212, 275)

    def peak(count: int) -> int:
        if kind == "pdf":
            data = picture_file(*[page] * count)
        else:
            image = Image.fromarray(page).convert("1")
            data = saved(image, "TIFF", save_all=True, append_images=[image] * (count - 1), compression="group4")
        run = subprocess.run([sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True)
        pages, kilobytes = map(int, run.stdout.split())
        assert pages == count
        return kilobytes * 1024

    assert peak(300) - peak(10) < 60_000_000


def three_pages_of_a_tiff() -> bytes:
    """Three pages of different widths, so that they can be told apart."""
    first, *others = (Image.fromarray(drawn_page(width, 600)).convert("1") for width in (400, 410, 420))
    return saved(first, "TIFF", save_all=True, append_images=others, compression="group4", dpi=(200, 200))


@pytest.mark.parametrize(
    "data",
    [three_pages_of_a_tiff(), digital_file(pages=3), as_png(drawn_page(400, 600))],
    ids=["TIFF", "PDF", "PNG"],
)
def test_one_page_alone_is_the_same_as_among_all(data: bytes) -> None:
    every = {page.number: page for page in open_pages(data, Limits())}
    for number, page in every.items():
        (alone,) = open_pages(data, Limits(), only=number)
        found = open_page(data, Limits(), number)
        assert alone.number == number
        assert found is not None
        assert found.number == number
        assert alone.grey is not None
        assert page.grey is not None
        assert np.array_equal(alone.grey, page.grey)
    assert not list(open_pages(data, Limits(), only=len(every) + 1))
    assert open_page(data, Limits(), len(every) + 1) is None
