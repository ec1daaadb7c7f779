"""The log: events with numbers, on stderr, as lines for people or as JSON; the one place where logging is set up.

Patient data stays out by construction, not by care: an event may have only the fields listed here, each of them a
number or a word of ours. Whatever else is given is dropped, and the event says so (`dropped`). Of what other packages
log, only who logged, where and what kind of error is told: their messages may quote anything.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.types import EventDict, Processor

from pipeline.settings import Settings

NUMBERS = frozenset(
    {"document", "item", "form", "page", "batch", "line", "attempt", "attempts", "seconds", "read_seconds"}
    | {"count", "bytes", "pages", "forms", "files", "crops", "removed", "left", "waiting", "port", "pid"}
)
"""Fields that hold a number."""

WORDS = frozenset(
    {"step", "state", "status", "routes", "reasons", "error", "channel", "kind", "key", "check", "revision"}
    | {"program", "module", "host"}
)
"""Fields that hold words of ours: states, kinds of errors, names of steps, or a list of them."""

A_WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")

OURS = "faxforms"


def logger() -> structlog.stdlib.BoundLogger:
    """What this program logs with: `logger().info("decided", document=12, seconds=0.3)`; events are words of ours."""
    bound: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(OURS),
        processors=[
            structlog.stdlib.filter_by_level,
            *_first(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return bound


@contextmanager
def timed(step: str, **ids: object) -> Iterator[Timer]:
    """Log that the step is done, with its seconds, or that it failed, with the kind of error."""
    timer = Timer()
    try:
        yield timer
    except Exception as error:
        logger().error("step failed", step=step, seconds=timer.seconds, error=type(error).__name__, **ids)
        raise
    logger().info("step done", step=step, seconds=timer.seconds, **ids)


class Timer:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds until now."""
        return round(time.monotonic() - self._started, 4)


def set_up(settings: Settings) -> None:
    """Log to stderr from here on, as the settings want it; calling it again changes the settings."""
    shown: Processor = structlog.processors.JSONRenderer()
    if settings.log_format == "console":
        shown = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[nothing_of_the_message, *_first()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    handler.addFilter(_is_to_be_told)
    _replace_handler(handler)
    logging.getLogger().setLevel(logging.WARNING)  # of other packages, as far as they set no level of their own
    logging.getLogger(OURS).setLevel(settings.log_level.upper())


def only_what_is_listed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not listed or does not hold what it should."""
    standing = {name: event[name] for name in STANDING if name in event}
    fields = {name: value for name, value in event.items() if name not in STANDING}
    kept = {name: value for name, value in fields.items() if _is_ours(name, value)}
    dropped = len(fields) - len(kept)
    return {**standing, **kept, **({"dropped": dropped} if dropped else {})}


def nothing_of_the_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Another package's log line as an event of ours: who logged it, where, and what kind of error."""
    record: logging.LogRecord = event["_record"]
    told: EventDict = {name: event[name] for name in ("_record", "_from_structlog")}
    told.update(event="told by another package", program=record.name, module=record.module, line=record.lineno)
    if record.exc_info and record.exc_info[0] is not None:
        told["error"] = record.exc_info[0].__name__
    record.exc_info, record.exc_text, record.stack_info = None, None, None
    return told


STANDING: Mapping[str, None] = dict.fromkeys(("event", "level", "timestamp", "_record", "_from_structlog"))
"""What every event has: set by this module, or words that stand in the program."""


def _is_ours(name: str, value: object) -> bool:
    if name in NUMBERS:
        return isinstance(value, int | float)
    if name in WORDS:
        words = value if isinstance(value, list | tuple) else [value]
        return all(isinstance(word, str) and A_WORD.fullmatch(word) for word in words)
    return False


def _is_to_be_told(record: logging.LogRecord) -> bool:
    """Whether it is ours, which has its own level, or a warning: Prefect's loggers pass on more than the root asks."""
    return record.name.partition(".")[0] == OURS or record.levelno >= logging.WARNING


def _first() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        only_what_is_listed,
    ]


class _Stderr(logging.StreamHandler[Any]):
    """Writes to whatever stderr is at the moment: tests and supervisors change it."""

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _stream: Any) -> None:
        pass


def _replace_handler(handler: logging.Handler) -> None:
    root = logging.getLogger()
    for before in root.handlers[:]:
        if isinstance(before, _Stderr):
            root.removeHandler(before)
    root.addHandler(handler)
