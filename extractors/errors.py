"""The error tree; each error says what becomes of the document.

FaxformsError
├── DefinitionError        a form definition is wrong: the program stops at its start and names the file and the key
├── DocumentError          the document is kept, marked `failed`, and waits for a person
│   ├── EmptyFile          no bytes
│   ├── UnknownFileType    the bytes are none of TIFF, PDF, PNG, JPEG
│   ├── DamagedFile        the bytes begin well and cannot be opened
│   ├── EncryptedFile      a password is needed
│   ├── LimitExceeded      more bytes, pages, pixels or seconds than the settings allow
│   └── ReaderCrashed      the reading process died or hung
├── EngineError            an engine is missing or failed; whoever asked it reads without it, or fails the page
└── PageError              the page is listed as unknown with this error, its document is `partial`, the others are read

Messages name the step and what was expected, never a patient's data and never a path.
"""

from __future__ import annotations


class FaxformsError(Exception):
    """Base of all errors that this program raises on purpose."""


class DefinitionError(FaxformsError):
    """A form definition cannot be used; `file` is named from its form's folder on, `key` is the place inside."""

    def __init__(self, file: str, key: str, message: str) -> None:
        super().__init__(f"{file}: {key}: {message}" if key else f"{file}: {message}")
        self.file = file
        self.key = key


class DocumentError(FaxformsError):
    """The document cannot be read; it is kept, marked `failed` and queued."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(f"{step}: {message}")
        self.step = step


class EmptyFile(DocumentError):
    """The file has no bytes."""


class UnknownFileType(DocumentError):
    """The bytes are none of the kinds that can be opened."""


class DamagedFile(DocumentError):
    """The file begins like a kind that can be opened, but cannot be."""


class EncryptedFile(DocumentError):
    """A password is needed to open the file."""


class LimitExceeded(DocumentError):
    """The file asks for more than the settings allow."""


class ReaderCrashed(DocumentError):
    """The reading process died or did not come back in time."""


class EngineError(FaxformsError):
    """An engine (Tesseract, PP-OCR) is missing, failed or took too long; the message says what to do about it."""

    def __init__(self, engine: str, message: str) -> None:
        super().__init__(f"{engine}: {message}")
        self.engine = engine


class PageError(FaxformsError):
    """One page cannot be read; the rest of the document is."""

    def __init__(self, page: int, step: str, message: str) -> None:
        super().__init__(f"page {page}: {step}: {message}")
        self.page = page
        self.step = step
