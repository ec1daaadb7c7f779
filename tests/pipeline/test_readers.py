"""Reading processes that hang, die or eat memory: each costs its own document, all others come back."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractors.errors import EncryptedFile
from extractors.limits import Limits
from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline.readers import ReaderPool

LIMITS = Limits(seconds=5.0, memory=1_000_000_000)


def obedient(data: bytes, limits: Limits) -> DocumentReading:  # noqa: ARG001 - a reader's signature
    """Does what the document says, in place of a reader: the ways in which native libraries fail on damaged files."""
    match data:
        case b"hang":
            time.sleep(60)
        case b"hang deaf":  # as a native call that no Python signal handler interrupts
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            time.sleep(60)
        case b"segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"exit":
            os._exit(3)
        case _ if data.startswith(b"die once in "):
            with contextlib.suppress(FileExistsError):
                Path(data.decode().removeprefix("die once in ")).mkdir()
                os.kill(os.getpid(), signal.SIGKILL)
        case b"eat":
            bytearray(4_000_000_000)
        case b"raise":
            raise ValueError("Jane Doe, born 1980")  # a message that must not come back
        case b"encrypted":
            raise EncryptedFile("open", "a password is needed")
        case b"unpicklable":
            return DocumentReading((), (), DocumentStatus.DONE, error=lambda: None)  # type: ignore[arg-type]  # on purpose
    text = data.decode()
    return DocumentReading((PageReading(1, PageKind.UNKNOWN, text=text),), (), DocumentStatus.DONE)


def limits_seen(data: bytes, limits: Limits) -> DocumentReading:
    """Tells what holds in the reading process."""
    seen = [
        resource.getrlimit(resource.RLIMIT_AS)[0],
        resource.getrlimit(resource.RLIMIT_CORE)[0],
        limits.pages,
        len(data),
    ]
    threads = os.environ["OMP_NUM_THREADS"]
    modules = "sqlalchemy" in __import__("sys").modules or "prefect" in __import__("sys").modules
    return DocumentReading((), (), DocumentStatus.DONE, error=f"{seen} {threads} {modules}")


@pytest.fixture(scope="module")
def outcomes() -> dict[str, DocumentReading]:
    """All kinds of trouble in one batch on two processes, good documents between them."""
    troubles = [b"hang", b"segfault", b"exit", b"eat", b"raise", b"encrypted", b"unpicklable", b"hang deaf"]
    batch = [document for trouble in troubles for document in (trouble, b"good after " + trouble)]
    with ReaderPool(workers=2, limits=LIMITS, reader=obedient) as readers:
        return dict(readers.read((data.decode(), data) for data in batch))


def test_every_document_comes_back(outcomes: dict[str, DocumentReading]) -> None:
    assert len(outcomes) == 16
    good = {name: outcome for name, outcome in outcomes.items() if name.startswith("good")}
    assert {outcome.status for outcome in good.values()} == {DocumentStatus.DONE}
    assert {outcome.pages[0].text for outcome in good.values()} == set(good)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("hang", "read: not read within 5 seconds"),
        ("hang deaf", "read: not read within 5 seconds"),
        ("segfault", "read: the reading process died 3 times (exit code -11)"),
        ("exit", "read: the reading process died 3 times (exit code 3)"),
        ("eat", "read: more than 1000000000 bytes of memory"),
        ("encrypted", "open: a password is needed"),
    ],
)
def test_trouble_is_a_failed_document_with_its_error(
    outcomes: dict[str, DocumentReading], trouble: str, error: str
) -> None:
    assert outcomes[trouble].status is DocumentStatus.FAILED
    assert outcomes[trouble].error == error


def test_an_unforeseen_error_names_its_line_and_no_patient(outcomes: dict[str, DocumentReading]) -> None:
    error = outcomes["raise"].error
    assert error is not None
    assert error.startswith("read: ValueError at test_readers.py:")
    assert "Doe" not in error


def test_a_result_that_cannot_be_sent_back_is_a_failed_document(outcomes: dict[str, DocumentReading]) -> None:
    assert outcomes["unpicklable"].status is DocumentStatus.FAILED


def test_a_process_has_its_limits_one_thread_and_no_database(tmp_path: Path) -> None:
    document = tmp_path / "document"
    document.write_bytes(b"four")
    with ReaderPool(workers=1, limits=LIMITS, reader=limits_seen) as readers:
        ((key, outcome),) = readers.read([("by path", document)])
        assert (key, outcome.error) == ("by path", f"[{LIMITS.memory}, 0, {LIMITS.pages}, 4] 1 False")
        ((_, missing),) = readers.read([("gone", tmp_path / "gone")])
        assert missing.status is DocumentStatus.FAILED
        assert "gone" not in str(missing.error)


def test_a_document_over_which_the_process_was_killed_is_read_again(tmp_path: Path) -> None:
    with ReaderPool(workers=1, limits=LIMITS, reader=obedient) as readers:
        ((_, outcome),) = readers.read([(1, f"die once in {tmp_path / 'died'}".encode())])
    assert outcome.status is DocumentStatus.DONE


def test_documents_are_drawn_only_as_fast_as_they_are_read() -> None:
    drawn = 0

    def documents() -> Iterator[tuple[int, bytes]]:
        nonlocal drawn
        for drawn in range(1, 101):
            yield drawn, b"good"

    with ReaderPool(workers=1, limits=LIMITS, reader=obedient) as readers:
        next(readers.read(documents()))
        assert drawn <= 3


def test_a_closed_pool_says_so() -> None:
    with pytest.raises(RuntimeError, match="with statement"):
        ReaderPool().submit(b"")
