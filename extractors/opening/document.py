"""Any file that can be opened -> its pages, one at a time, within limits. Its bytes tell the kind, never its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from extractors.errors import EmptyFile, LimitExceeded, UnknownFileType
from extractors.limits import Limits
from extractors.opening.opened import FileValue, Medium, OpenedPage, Word
from extractors.opening.pdf import open_pdf
from extractors.opening.picture import open_picture
from extractors.opening.tiff import open_tiff

__all__ = ["FileValue", "Medium", "OpenedPage", "Word", "open_page", "open_pages"]

Opener = Callable[[bytes, Limits, int | None], Iterator[OpenedPage]]

OPENERS: tuple[tuple[bytes, Opener], ...] = (
    (b"II*\x00", open_tiff),
    (b"MM\x00*", open_tiff),
    (b"II+\x00", open_tiff),  # BigTIFF
    (b"MM\x00+", open_tiff),
    (b"\x89PNG\r\n\x1a\n", open_picture),
    (b"\xff\xd8\xff", open_picture),  # JPEG
)

PDF_HEAD = 1024
"""Bytes in which `%PDF-` may stand: readers accept rubbish before it (PDF 1.7, appendix H, note 13)."""


def open_pages(data: bytes, limits: Limits, only: int | None = None) -> Iterator[OpenedPage]:
    """The pages of a file in their order; memory does not grow with their number.

    A page that cannot be decoded is handed up with its `error` and the stream goes on. `only`: the number of the one
    page that is wanted, the first being 1; the others are not decoded.

    Raises:
        DocumentError: the file as a whole cannot be opened.
    """
    if not data:
        raise EmptyFile("open", "the file has no bytes")
    if len(data) > limits.bytes:
        raise LimitExceeded("open", f"the file has {len(data)} bytes, {limits.bytes} are allowed")
    yield from _opener(data)(data, limits, only)


def open_page(data: bytes, limits: Limits, number: int) -> OpenedPage | None:
    """One page of a file, the first being 1, and none of the others; None where there is no such page.

    Raises:
        DocumentError: the file as a whole cannot be opened.
    """
    return next((page for page in open_pages(data, limits, only=number) if page.number == number), None)


def _opener(data: bytes) -> Opener:
    for magic, opener in OPENERS:
        if data.startswith(magic):
            return opener
    if b"%PDF-" in data[:PDF_HEAD]:
        return open_pdf
    raise UnknownFileType("open", "expected a TIFF, PDF, PNG or JPEG file")
