"""Try the rules alone on faxes whose truth is known: `python -m samples.judge FOLDER [--numbers odd]`.

FOLDER holds `truth.jsonl`, `manifest.csv`, `registry.json` and the faxes, as `samples/faxes` does. No fax is looked at:
what the truth says is written on a form stands in for its reading, so that sight is out of the way. Everything else is
the program's own: the documents are taken in, judged by the registry as of the day of receipt, compared with the forms
that came before and stored, in the order in which they came, in a database of their own. Ends with 1 where a form's
route or a reason is not the truth's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from pipeline.intake.folder import find_arrivals
from pipeline.process import process, take_in
from pipeline.registry.files import import_file
from pipeline.settings import Settings
from pipeline.store.engine import read_only
from pipeline.store.models import Document
from pipeline.store.opening import Store, open_store
from samples.judge_readings import faultless_document
from samples.measure import counts_in

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A form: where the truth wants it and why (`a|b`: either name of a reason is right), and what the program says."""

    file: str
    form_id: str
    wanted: str
    wanted_reasons: tuple[str, ...]
    route: str
    reasons: tuple[str, ...]

    @property
    def not_named(self) -> tuple[str, ...]:
        """The reasons that the program does not give."""
        return tuple(reason for reason in self.wanted_reasons if not set(reason.split("|")) & set(self.reasons))

    @property
    def further(self) -> tuple[str, ...]:
        """The reasons that the program gives and the truth does not."""
        named = {name for reason in self.wanted_reasons for name in reason.split("|")}
        return tuple(reason for reason in self.reasons if reason not in named)

    @property
    def is_right(self) -> bool:
        """Whether it went where it should, with every reason named."""
        return self.route == self.wanted and not self.not_named


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the folder's forms, print how many went right and which did not; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numbers", choices=("odd", "even", "all"), default="all", help="of the files that count")
    options = parser.parse_args(arguments)
    forms = [form for form in judge_folder(options.folder) if counts_in(form.file, options.numbers)]
    console = Console()
    console.print(routes_table(forms))
    wrong = [form for form in forms if not form.is_right]
    further = Counter(reason for form in forms for reason in form.further)
    console.print("reasons beyond the truth's:", ", ".join(f"{n} {reason}" for reason, n in further.items()) or "none")
    for form in wrong:
        told = f"{form.wanted} {form.wanted_reasons}, is {form.route} {form.reasons}"
        console.print(f"wrong: {form.file} {form.form_id}: {told}", markup=False, highlight=False)
    return 1 if wrong else 0


def judge_folder(folder: Path) -> list[Judged]:
    """Every form of the folder, in the order in which the faxes came."""
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth: dict[str, Json] = {line["file"]: line for line in map(json.loads, lines)}
    with tempfile.TemporaryDirectory() as data:
        store = open_store(Settings(data_dir=Path(data)))
        with Session(store.engine) as session, session.begin():
            import_file(session, folder / "registry.json")
        judged = [
            form
            for arrival in find_arrivals([], folder / "manifest.csv")
            for form in _judge(store, take_in(store, arrival), truth[arrival.file])
        ]
        store.engine.dispose()
    return judged


def routes_table(forms: Sequence[Judged]) -> Table:
    """By the route that the truth wants: forms, those that went there, and reasons named of those to name."""
    counts: dict[str, Counter[str]] = {route: Counter() for route in ("accept", "review", "duplicate")}
    for form in forms:
        count = counts[form.wanted]
        count["forms"] += 1
        count["right"] += form.route == form.wanted
        count["reasons"] += len(form.wanted_reasons)
        count["named"] += len(form.wanted_reasons) - len(form.not_named)
    table = Table("route by the truth", "forms", "went there", "reasons", "named", title=f"{len(forms)} forms")
    for route, count in counts.items():
        table.add_row(route, *(str(count[column]) for column in ("forms", "right", "reasons", "named")))
    return table


def _judge(store: Store, document_id: int, truth: Json) -> Iterator[Judged]:
    process(store, document_id, lambda _: faultless_document(truth))
    with Session(read_only(store.engine)) as session:
        forms = session.get_one(Document, document_id).forms
        for form, true in zip(forms, truth["forms"], strict=True):
            wanted = (true["form_id"], true["route"], tuple(true["reasons"]))
            yield Judged(truth["file"], *wanted, form.route.route, tuple(form.route.reasons))


if __name__ == "__main__":
    sys.exit(main())
