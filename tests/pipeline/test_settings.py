"""Settings: environment over file over defaults, and what is kept with a decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory without a settings file of ours."""
    monkeypatch.chdir(tmp_path)


def test_the_default_needs_nothing(tmp_path: Path) -> None:
    settings = Settings()
    assert settings.url == f"sqlite:///{tmp_path / 'data' / 'faxforms.db'}"
    assert settings.originals_base == str(tmp_path / "data")
    assert not settings.accept_prescriber_only_in_order


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "faxforms.toml").write_text(
        'data_dir = "from_file"\nworkers = 3\n[limits]\npages = 7\n[thresholds]\nanc_value = 0.99\n'
    )
    monkeypatch.setenv("FAXFORMS_DATA_DIR", "from_environment")
    monkeypatch.setenv("FAXFORMS_LIMITS__SECONDS", "5")
    settings = Settings()
    assert (settings.data_dir, settings.workers) == (Path("from_environment"), 3)
    assert (settings.limits.pages, settings.limits.seconds) == (7, 5.0)
    assert settings.thresholds == {"anc_value": 0.99}


def test_a_misspelt_setting_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "faxforms.toml").write_text("worker = 3\n")
    with pytest.raises((ValidationError, SettingsError)):
        Settings()


def test_what_is_kept_with_a_decision_holds_no_password() -> None:
    settings = Settings(database_url="postgresql://faxforms:hunter2@db/faxforms")
    assert "hunter2" not in str(settings.that_decide())
    assert settings.that_decide().keys() == {"accept_prescriber_only_in_order", "thresholds", "limits"}
