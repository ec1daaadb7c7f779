"""Measure the whole program on faxes whose truth is known: `python -m samples.measure FOLDER [--numbers odd]`.

FOLDER holds faxes, `truth.jsonl`, `manifest.csv` and `registry.json`, as `samples/faxes` does and as the generator
makes them. The faxes go the whole way (taken in, read, judged, stored, exported) in a database of their own; only then
is the export compared with the truth.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import FormDefinition
from extractors.definition_files import load_definitions
from extractors.read import read_document
from pipeline.calibration.known import same_value
from pipeline.exports.jsonl import write_jsonl
from pipeline.intake.folder import find_arrivals
from pipeline.process import process, take_in
from pipeline.registry.files import import_file
from pipeline.settings import Settings
from pipeline.store.opening import Store, open_store
from pipeline.store.registry_models import Patient
from validators.names import split_name
from validators.rulebook.load import rulebook

Json = Mapping[str, Any]
People = Mapping[str, tuple[str, str, str]]
"""First name, last name and date of birth (ISO) by the registry's key."""
HELD_FOR_DOUBT = {"low_confidence", "unreadable"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the faxes through and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numbers", choices=("odd", "even", "all"), default="all", help="of the files that count")
    options = parser.parse_args(arguments)
    documents, people = run(options.folder)
    exported = {document["file"]: document for document in documents}
    truth = [json.loads(line) for line in (options.folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    counted = [document for document in truth if counts_in(document["file"], options.numbers)]
    console = Console()
    console.print(fields_table(counted, exported))
    console.print(forms_table(counted, exported))
    console.print(patients_table(counted, exported, people))


def run(folder: Path) -> tuple[list[Json], People]:
    """The export, a record a document, of everything in the folder's manifest, and the registry's patients by key."""
    with taken_in(folder) as store:
        out = store.settings.data_dir / "export.jsonl"
        write_jsonl(store.engine, out)
        with Session(store.engine) as session:
            known = session.scalars(select(Patient))
            people = {str(one.id): (one.first_name, one.last_name, one.dob.isoformat()) for one in known}
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()], people


@contextmanager
def taken_in(folder: Path) -> Iterator[Store]:
    """A store of its own in which everything in the folder's manifest is read and decided; gone after the block."""
    with tempfile.TemporaryDirectory() as data:
        store = open_store(Settings(data_dir=Path(data)))
        with Session(store.engine) as session, session.begin():
            import_file(session, folder / "registry.json")
        for arrival in find_arrivals([], folder / "manifest.csv"):
            process(store, take_in(store, arrival), read_document)
        yield store
        store.engine.dispose()


def fields_table(truth: Iterable[Json], exported: Mapping[str, Json]) -> Table:
    """By pen and kind of field: how many, how many right, how many sure, and how many sure and wrong."""
    definitions = {definition.form_id: definition for definition in load_definitions()}
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for document in truth:
        for true, got in _pairs(document, exported.get(document["file"])):
            if got is not None and got["form_id"] == true["form_id"]:
                _count_fields(true, got, definitions[true["form_id"]], counts)
    table = Table("pen", "kind", "fields", "right", "sure", "sure and wrong", title="Fields")
    for (pen, kind), count in sorted(counts.items()):
        n = count["n"]
        table.add_row(pen, kind, str(n), f"{count['right'] / n:.2%}", f"{count['sure'] / n:.2%}", str(count["wrong"]))
    return table


def forms_table(truth: Iterable[Json], exported: Mapping[str, Json]) -> Table:
    """Pages, routes and reasons."""
    counts: Counter[str] = Counter()
    for document in truth:
        got = exported.get(document["file"])
        counts["documents"] += 1
        counts["documents exported"] += got is not None
        _count_pages(document, got, counts)
        for true, form in _pairs(document, got):
            _count_form(true, form, counts)
    table = Table("what", "count", title="Pages and forms")
    for name, count in sorted(counts.items(), key=lambda item: "," in item[0]):
        table.add_row(name, str(count))
    return table


def patients_table(truth: Iterable[Json], exported: Mapping[str, Json], people: People) -> Table:
    """Of the forms about somebody whom the registry has, how many are said to be about that very person."""
    counts: Counter[str] = Counter(
        {"forms about a known patient": 0, "identified rightly": 0, "surely somebody else": 0}
    )
    for document in truth:
        for true, form in _pairs(document, exported.get(document["file"])):
            person = _person(true["values"])
            if person is None or person not in people.values():
                continue
            counts["forms about a known patient"] += 1
            found = form["patient"] if form and form["patient"] and form["patient"]["matched"] else None
            if found is not None:
                same = people[str(found["key"])] == person
                counts["identified rightly" if same else "surely somebody else"] += 1
    table = Table("what", "count", title="Patients")
    for name, count in counts.items():
        table.add_row(name, str(count))
    return table


def _person(values: Json) -> tuple[str, str, str] | None:
    """Whom the form names, as it is written; None where one of first name, last name and date of birth is missing."""
    first, last = values.get("patient_first_name"), values.get("patient_last_name")
    if "patient_name" in values:
        name = split_name(values["patient_name"])
        first, last = name.first, name.last
    born = values.get("patient_dob")
    return (first, last, re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\1-\2", born)) if first and last and born else None


def counts_in(file: str, numbers: str) -> bool:
    """Whether a file counts, by its number: one half serves for tuning, the other for reporting."""
    number = int(re.sub(r"\D", "", Path(file).stem))
    return numbers == "all" or (number % 2 == 1) == (numbers == "odd")


def _pairs(truth: Json, got: Json | None) -> Iterable[tuple[Json, Json | None]]:
    """Each true form with the exported one that shares most pages with it."""
    left = list(got["forms"]) if got else []
    for index, form in enumerate(truth["forms"]):
        pages = {number for number, page in enumerate(truth["pages"], 1) if page.get("form") == index}
        best = max(left, key=lambda other: len(pages & set(other["pages"])), default=None)
        if best is not None and pages & set(best["pages"]):
            left.remove(best)
            yield form, best
        else:
            yield form, None


def _count_fields(
    true: Json, got: Json, definition: FormDefinition, counts: dict[tuple[str, str], Counter[str]]
) -> None:
    for field in definition.fields:
        if field.name not in got["fields"] or field.name in true.get("struck", ()):
            continue
        reading = got["fields"][field.name]
        right = same_value(field.kind, true["values"].get(field.name), reading["value"])
        count = counts[true["pen"], field.kind.value]
        count["n"] += 1
        count["right"] += right
        count["sure"] += not reading["doubtful"]
        count["wrong"] += not reading["doubtful"] and not right


def _count_pages(truth: Json, got: Json | None, counts: Counter[str]) -> None:
    found = {page["page"]: page for page in got["pages"]} if got else {}
    for number, page in enumerate(truth["pages"], 1):
        counts["pages"] += 1
        other = found.get(number)
        if other is None:
            counts["pages lost"] += 1
        elif page["kind"] == "form":
            true = (truth["forms"][page["form"]]["form_id"], page["form_page"])
            counts["pages right"] += (other.get("form_id"), other.get("form_page")) == true
        else:
            counts["pages right"] += other["kind"] == page["kind"] or {other["kind"], page["kind"]} == {
                "cover",
                "unknown",
            }
            counts["foreign pages read as a form"] += other["kind"] == "form"


def _count_form(true: Json, got: Json | None, counts: Counter[str]) -> None:
    counts["forms"] += 1
    route, reasons = (got["route"], set(got["reasons"])) if got else ("review", set())
    if true["route"] == "accept":
        counts["should be accepted"] += 1
        counts["straight through"] += route == "accept"
        counts[f"should be accepted, {true['pen']}"] += 1
        counts[f"straight through, {true['pen']}"] += route == "accept"
        counts["wrong accepts"] += route == "accept" and got is not None and _deciding_field_wrong(true, got)
        counts["held though nothing but doubt was found"] += route == "review" and reasons <= HELD_FOR_DOUBT
    elif true["route"] == "review":
        counts["should be reviewed"] += 1
        counts["false accepts"] += route == "accept"
        for reason in true["reasons"]:
            counts["reasons"] += 1
            wanted = {name.split(":")[0] for name in reason.split("|")}
            counts["reasons named"] += bool(wanted & {name.split(":")[0] for name in reasons})
    else:
        counts["duplicates"] += 1
        counts["duplicates counted twice"] += route == "accept"


def _deciding_field_wrong(true: Json, got: Json) -> bool:
    definition = next(d for d in load_definitions() if d.form_id == true["form_id"])
    deciding = rulebook().doubts.critical
    return any(
        not same_value(field.kind, true["values"].get(field.name), got["fields"][field.name]["value"])
        for field in definition.fields
        if field.name in deciding and field.name in got["fields"]
    )


if __name__ == "__main__":
    main()
