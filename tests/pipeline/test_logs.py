"""The log: events with numbers and words of ours, in either format, and nothing else of whatever is given."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from pipeline import logs
from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Other tests log as they did."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_carries_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format="json", log_level="info"))
    logs.logger().info("decided", document=12, seconds=0.25, routes=("accept", "review"), state="queued")
    logs.logger().debug("not told")
    (event,) = events(capsys)
    assert event.pop("timestamp")
    assert event == {
        "event": "decided",
        "level": "info",
        "document": 12,
        "seconds": 0.25,
        "routes": ["accept", "review"],
        "state": "queued",
    }


def test_what_is_not_listed_or_no_word_of_ours_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format="json", log_level="info"))
    logs.logger().info("read", document="Cy Lane", patient="Lane", state="born 1980-02-03 in Reno", page=2)
    (event,) = events(capsys)
    assert event["dropped"] == 3
    assert not {"document", "patient", "state"} & event.keys()
    assert event["page"] == 2


@pytest.mark.parametrize("form", ["json", "console"])
def test_of_other_packages_nothing_is_quoted(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format=form, log_level="info"))
    try:
        raise ValueError("Cy Lane, 1980-02-03")
    except ValueError:
        logging.getLogger("some.library").exception("could not read %s", "Cy Lane")
    said = capsys.readouterr().err
    assert "Lane" not in said
    assert "some.library" in said
    assert "ValueError" in said


def test_a_step_tells_its_seconds_or_the_kind_of_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format="json", log_level="info"))
    with logs.timed("backup", files=3):
        pass
    with pytest.raises(ValueError, match="Lane"), logs.timed("backup"):
        raise ValueError("Cy Lane")
    done, failed = events(capsys)
    assert (done["event"], done["step"], done["files"]) == ("step done", "backup", 3)
    assert (failed["event"], failed["error"], failed["level"]) == ("step failed", "ValueError", "error")
    assert isinstance(done["seconds"], float)


def test_setting_up_again_does_not_tell_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        logs.set_up(Settings(log_format="json", log_level="warning"))
    logs.logger().warning("claim lost", document=1)
    assert len(events(capsys)) == 1


def test_what_another_package_notes_for_itself_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format="json", log_level="debug"))
    theirs = logging.getLogger("some.library.with_a_level")
    theirs.setLevel(logging.INFO)  # as Prefect's are
    theirs.info("a run begins")
    theirs.warning("a run is late")
    assert [event["level"] for event in events(capsys)] == ["warning"]
