"""Where the time of our way goes: CPU milliseconds a page by stage.

A stage is a few functions of the program; they are wrapped where they are used, and a stage's time is what its
functions spend without the stages that they call. What no stage claims is the rest.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STAGES: dict[str, tuple[str, ...]] = {
    "take in": ("pipeline.process:take_in",),
    "open": ("extractors.opening.document:open_pages",),
    "clean": ("extractors.cleaning:clean",),
    "landmarks found and matched": (
        "extractors.blanks:find_features",
        "extractors.registration:match_coarse",
    ),
    "registration": ("extractors.registration:align",),
    "form code": ("extractors.form_code:check_code",),
    "fields cut out, print removed": (
        "extractors.crops:pen_picture",
        "extractors.crops:line_picture",
        "extractors.crops:cell_pictures",
        "extractors.inked:measure_ink",
        "extractors.text:one_line_of",
        "extractors.text:lines_of",
    ),
    "cell and line networks": (
        "extractors.engines.recogniser:read_cells",
        "extractors.engines.recogniser:read_lines",
    ),
    "PP-OCR": ("extractors.engines.ppocr:Ppocr.read",),
    "decoding": (
        "extractors.decoding:decode",
        "extractors.decoding:probabilities",
        "extractors.combining:weigh",
    ),
    "marks and signatures": ("extractors.marks:read_marks", "extractors.signatures:read_signature"),
    "pens": ("extractors.pens:classify_pens",),
    "crops as PNG": ("extractors.fields:crop_png",),
    "filled-in PDFs": ("extractors.fillable:read_fillable", "extractors.fillable:form_by_names"),
    "covers and unknown pages": ("extractors.other_pages:describe_other",),
    "fields, the rest": ("extractors.fields:read_fields",),
    "evidence": ("validators.evidence:weigh_evidence",),
    "judging": ("validators.judge:judge",),
    "deciding and storing": ("pipeline.process:decide",),
}
REST = "the rest"


class Stopwatch:
    """CPU seconds by stage, each moment counted for the innermost stage that runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = 0.0

    def start(self) -> None:
        """From now on time counts."""
        self._running, self._since = [REST], cpu_seconds()

    def stop(self) -> None:
        """Nothing counts any more."""
        self._count()

    def enter(self, stage: str) -> None:
        """From now on time counts for `stage`."""
        self._count()
        self._running.append(stage)

    def leave(self) -> None:
        """From now on time counts for the stage that ran before."""
        self._count()
        self._running.pop()

    def _count(self) -> None:
        now = cpu_seconds()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now


def cpu_seconds() -> float:
    """CPU time of this process and of the programs that it started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@contextmanager
def measured() -> Iterator[Stopwatch]:
    """A stopwatch on the stages' functions, wherever a module of the program holds them; it runs in the block."""
    watch = Stopwatch()
    for stage, places in STAGES.items():
        for place in places:
            module, _, name = place.partition(":")
            owner, _, name = name.rpartition(".")
            held_by: Any = importlib.import_module(module)
            if owner:
                held_by = getattr(held_by, owner)
            function = getattr(held_by, name)
            timed = _timed_pages if inspect.isgeneratorfunction(function) else _timed
            _replace(function, timed(function, watch, stage), held_by)
    watch.start()
    yield watch
    watch.stop()


def _timed(function: Callable[..., Any], watch: Stopwatch, stage: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*arguments: Any, **options: Any) -> Any:
        watch.enter(stage)
        try:
            return function(*arguments, **options)
        finally:
            watch.leave()

    return timed


def _timed_pages(function: Callable[..., Iterator[Any]], watch: Stopwatch, stage: str) -> Callable[..., Iterator[Any]]:
    """Pages are opened one by one, while others are read in between."""

    @functools.wraps(function)
    def timed(*arguments: Any, **options: Any) -> Iterator[Any]:
        pages = function(*arguments, **options)
        following = _timed(lambda: next(pages, None), watch, stage)
        while (page := following()) is not None:
            yield page

    return timed


def _replace(function: Any, replacement: Any, held_by: Any) -> None:
    """Modules hold what they import from others; a method is held by its class alone."""
    rooms = ("extractors", "validators", "pipeline")
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in rooms]
    for holder in (held_by, *modules):
        for name, value in list(vars(holder).items()):
            if value is function:
                setattr(holder, name, replacement)
