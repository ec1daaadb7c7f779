"""Documents are read in processes of their own, so that a hang or a native crash costs one document.

The reading processes import neither Prefect nor the database: they start quickly, and a crash hurts nothing else.
"""

from __future__ import annotations

import concurrent.futures
import ctypes
import dataclasses
import itertools
import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import cv2
import pebble

from extractors import known_forms
from extractors.errors import DocumentError, FaxformsError, LimitExceeded, ReaderCrashed
from extractors.limits import Limits
from extractors.reading import DocumentReading, DocumentStatus

Key = TypeVar("Key")
Reader = Callable[[bytes, Limits], DocumentReading]

DOCUMENTS_A_PROCESS = 500  # after so many a process is replaced by a fresh one: native libraries keep what they leak
WAITING_A_PROCESS = 2  # documents handed to the pool for each process; more would only hold memory

ONE_THREAD = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")
"""One process a core with one thread each reads more pages an hour than threads that share cores (measured)."""

PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when its parent dies


TRIES = 3
"""How often a document is read over which the process dies: it may have been the memory of the machine, or a kill."""


class ReaderPool:
    """Processes that read documents; use it as a context manager.

    Args:
        workers: processes; as many as there are cores if not given.
        limits: what one document may cost; its seconds and memory are kept here.
        reader: what reads a document, a function at the top of a module; `extractors.read.read_document` if not given.
        taught: the folder of the form revisions known beside the shipped ones; that of this process if not given.
    """

    def __init__(
        self,
        workers: int | None = None,
        limits: Limits | None = None,
        reader: Reader | None = None,
        taught: Path | None = None,
    ) -> None:
        self._workers = workers or len(os.sched_getaffinity(0))
        self._limits = limits or Limits()
        self._reader = reader
        self._taught = taught or known_forms.folder()
        self._pool: pebble.ProcessPool | None = None

    def __enter__(self) -> ReaderPool:
        for variable in ONE_THREAD:  # read by libraries while they load, so it must stand before a process starts
            os.environ.setdefault(variable, "1")
        self._pool = pebble.ProcessPool(
            max_workers=self._workers,
            max_tasks=DOCUMENTS_A_PROCESS,
            initializer=_prepare_process,
            initargs=(self._limits.memory, os.getpid(), self._taught),
            context=multiprocessing.get_context("spawn"),  # a fork would inherit threads' locks in an unknown state
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        if kind is None:
            self._pool.close()  # type: ignore[no-untyped-call]  # pebble ships hints for half of it
        else:
            self._pool.stop()  # type: ignore[no-untyped-call]  # likewise
        self._pool.join()
        self._pool = None

    def submit(self, source: Path | bytes) -> UnderWay:
        """Hand one document to the next free process."""
        if self._pool is None:
            raise RuntimeError("the pool is not open: use it in a with statement")
        task = (self._reader, source, self._limits)
        return UnderWay(self._pool.schedule(_read_in_process, args=task, timeout=self._limits.seconds), self._limits)

    def read(self, documents: Iterable[tuple[Key, Path | bytes]]) -> Iterator[tuple[Key, DocumentReading]]:
        """The documents' readings as they get ready, each with the key that it came with; every document comes back.

        `documents` is drawn from only as fast as they are read.
        """
        documents = iter(documents)
        waiting: dict[concurrent.futures.Future[DocumentReading], tuple[Key, Path | bytes, UnderWay]] = {}
        while True:
            for key, source in itertools.islice(documents, WAITING_A_PROCESS * self._workers - len(waiting)):
                under_way = self.submit(source)
                waiting[under_way.future] = key, source, under_way
            if not waiting:
                return
            ready, _ = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in ready:
                key, source, under_way = waiting.pop(future)
                if under_way.died and under_way.tried < TRIES:
                    again = dataclasses.replace(self.submit(source), tried=under_way.tried + 1)
                    waiting[again.future] = key, source, again
                else:
                    yield key, under_way.result()


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A document that is being read."""

    future: concurrent.futures.Future[DocumentReading]
    limits: Limits
    tried: int = 1

    @property
    def died(self) -> bool:
        """Whether the process that read it died over it; asked once it is done."""
        return isinstance(self.future.exception(), pebble.ProcessExpired)

    def result(self) -> DocumentReading:
        """Wait for the reading; of a document that cannot be read, or took its process down, it is `failed`."""
        try:
            return self.future.result()
        except TimeoutError:
            return failed(LimitExceeded("read", f"not read within {self.limits.seconds:g} seconds"))
        except pebble.ProcessExpired as error:
            return failed(
                ReaderCrashed("read", f"the reading process died {self.tried} times (exit code {error.exitcode})")
            )
        except Exception as error:  # noqa: BLE001 - e.g. a result that cannot be sent back: it costs this document alone
            return failed(ReaderCrashed("read", _where(error)))


def failed(error: FaxformsError) -> DocumentReading:
    """The reading of a document that cannot be read."""
    return DocumentReading(pages=(), forms=(), status=DocumentStatus.FAILED, error=str(error))


def _prepare_process(memory: int, parent: int, taught: Path | None) -> None:
    """Bounds the process before it reads anything."""
    cv2.setNumThreads(1)  # the variables above do not reach OpenCV's own threads
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the master, who stops when it likes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold patients' data
    if sys.platform == "linux":  # no reader outlives its master
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the master is gone")
    # libtiff and pdfium tell every damaged line on standard error, over the progress that a person watches
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    known_forms.use(taught)


def _read_in_process(reader: Reader | None, source: Path | bytes, limits: Limits) -> DocumentReading:
    """Reads one document and takes the time; whatever is raised becomes its `failed` reading (see `_read`)."""
    started = time.monotonic()
    reading = _read(reader, source, limits)
    return dataclasses.replace(reading, seconds=time.monotonic() - started)


def _read(reader: Reader | None, source: Path | bytes, limits: Limits) -> DocumentReading:
    """The reading, of a document that breaks it a `failed` one: not all errors survive the way back."""
    try:
        return (reader or _shipped_reader())(_bytes(source, limits), limits)
    except DocumentError as error:
        return failed(error)
    except MemoryError:
        return failed(LimitExceeded("read", f"more than {limits.memory} bytes of memory"))
    except Exception as error:  # noqa: BLE001 - a fault of ours in one step must not cost the batch
        return failed(ReaderCrashed("read", _where(error)))


def _shipped_reader() -> Reader:
    from extractors.read import read_document  # brings the models with it, which only reading processes need

    return read_document


def _bytes(source: Path | bytes, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        return source
    if (size := source.stat().st_size) > limits.bytes:
        raise LimitExceeded("open", f"the file has {size} bytes, {limits.bytes} are allowed")
    return source.read_bytes()


def _where(error: Exception) -> str:
    """The kind of an error and the line that raised it; its message may hold a patient's data or a path."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
