"""What `faxforms up` starts: what takes in only where the command line or the settings name places to take from."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.service import programs
from pipeline.settings import Service, Settings, Watch

ALWAYS = {"prefect-server", "deploy", "worker-intake", "worker-migration", "worker-other", "station"}


def started(settings: Settings, *watched: Path) -> dict[str, list[str]]:
    return {program.name: list(program.command) for program in programs(settings, watched)}


def test_nothing_takes_in_where_no_place_is_named() -> None:
    assert set(started(Settings())) == ALWAYS


@pytest.mark.parametrize("place", ["folders", "maildirs", "mboxes"])
def test_a_place_that_the_settings_name_is_watched(place: str, tmp_path: Path) -> None:
    found = started(Settings(watch=Watch.model_validate({place: (tmp_path,)})))
    assert set(found) == ALWAYS | {"watch"}
    assert found["watch"][-1] == "watch"  # the settings tell it which


def test_folders_of_the_command_line_are_watched_and_uploads_taken_in(tmp_path: Path) -> None:
    found = started(Settings(service=Service(upload_port=8431, migration_runs=0)), tmp_path)
    assert set(found) == ALWAYS - {"worker-migration"} | {"watch", "receive"}
    assert found["watch"][-2:] == ["watch", str(tmp_path)]
    assert found["receive"][-4:] == ["receive", "serve", "--port", "8431"]
