"""README and docs say what the program does: every command, setting, exit code and link that they name is there."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from extractors.limits import Limits
from flows.cli import app
from flows.exit_codes import ExitCode
from pipeline.settings import Service, Settings, Watch

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def commands() -> Iterator[str]:
    """Every command of the program, as one types it after `faxforms`."""
    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    for name, command in top.commands.items():
        inner: Mapping[str, object] = getattr(command, "commands", {})
        yield from (f"{name} {inside}" for inside in inner) if inner else (name,)


def settings() -> dict[str, str]:
    """Every setting's variable and default."""
    told = {}
    for name, field in Settings.model_fields.items():
        if name == "limits":
            told |= {f"FAXFORMS_LIMITS__{f.name.upper()}": str(f.default) for f in dataclasses.fields(Limits)}
        elif name in {"service", "watch"}:
            for n, f in {"service": Service, "watch": Watch}[name].model_fields.items():
                told[f"FAXFORMS_{name.upper()}__{n.upper()}"] = _as_written(f.default)
        elif name == "workers":
            told["FAXFORMS_WORKERS"] = "one a core"
        else:
            default = field.get_default(call_default_factory=True)
            told[f"FAXFORMS_{name.upper()}"] = str(default or "").lower() if default is not False else "false"
    return told


def _as_written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default == () else str(default)


def test_readme_lists_every_command() -> None:
    assert set(re.findall(r"^\| `faxforms ([a-z]+(?: [a-z]+)?)", README, re.M)) == set(commands())


def test_readme_lists_every_setting_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(FAXFORMS_\w+)` \| ?`?([^|`]*?)`? ?\|", README, re.M))
    assert {name: default.replace(",", "") for name, default in told.items()} == settings()


def test_readme_lists_every_exit_code() -> None:
    table = README[README.index("| exit code |") :]
    assert [int(code) for code in re.findall(r"^\| (\d) \|", table, re.M)] == sorted(ExitCode)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_named_in_code_exist(document: Path) -> None:
    known = set(commands())
    known |= {name.split()[0] for name in known}
    for code in re.findall(r"```sh\n.*?```|`[^`\n]+`", document.read_text(encoding="utf-8"), re.S):
        for words in re.findall(r"\bfaxforms ((?:[a-z]+ ?){1,2})", code):
            assert any(words.strip().startswith(name) for name in known), f"faxforms {words}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_named_files_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (document.parent / link).exists(), link
    for named in re.findall(r"`((?:flows|pipeline|validators|extractors|samples|tests)/[\w./-]+)`", text):
        assert (REPOSITORY / named).exists(), named
