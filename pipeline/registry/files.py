"""The registry as a file: JSON, or a folder with a CSV file a table. What is exported can be imported.

| table | holds |
|---|---|
| prescribers, designees, patients, pharmacies | who is certified, enrolled and linked, by programme |
| anc_results | the ANC history: `patient` (a `key` of the same file), `drawn_on`, `anc` (cells/µL), `received` |
| status_forms | the PSFs on record: `patient`, `received` |
| dispense_rationales | those given for a patient: `patient`, `given_on`, `setting`, `pharmacy_npi` |
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Boolean, Date, Integer, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import KeyedColumnElement

from pipeline.errors import RegistryFileError
from pipeline.exports.atomic import written_whole
from pipeline.registry import history
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.registry_models import ENTITIES, AncResult, DispenseRationale, FormOnRecord

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "prescribers": ("npi",),
    "designees": ("prescriber_npi", "last_name", "first_name", "email"),
    "patients": ("last_name", "first_name", "dob", "zip"),
    "pharmacies": ("npi", "setting"),
}
"""What tells, on import, that an entry is a row that is there already."""

COURSE: Mapping[str, tuple[str, ...]] = {
    "anc_results": ("patient", "drawn_on", "anc", "received"),
    "status_forms": ("patient", "received"),
    "dispense_rationales": ("patient", "given_on", "setting", "pharmacy_npi"),
}
"""The tables about the course of patients, with their columns."""

MODELS: Mapping[str, type[AncResult | FormOnRecord | DispenseRationale]] = {
    "anc_results": AncResult,
    "status_forms": FormOnRecord,
    "dispense_rationales": DispenseRationale,
}

TABLES = (*ENTITIES, *COURSE)

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table to its entries: values as JSON has them."""


def import_file(session: Session, path: Path, who: str = audit.PROGRAM) -> Counter[str]:
    """Take in a JSON file or a folder of CSV files; how many rows of which table were added and changed.

    New rows count as known from the beginning. A value that differs from what is known is a change that counts from
    today; an empty value in the file takes nothing away.

    Raises:
        RegistryFileError: the file cannot be used; nothing of it is imported.
    """
    take_write_turn(session.connection())
    try:
        data = _csv_tables(path) if path.is_dir() else json.loads(path.read_text(encoding="utf-8"))
        people = {table: [_parse(table, entry) for entry in data.get(table, ())] for table in ENTITIES}
        keys = [str(entry.get("key") or "") for entry in data.get("patients", ())]
        course = {table: [_parse_course(table, entry, keys) for entry in data.get(table, ())] for table in COURSE}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise RegistryFileError(f"registry file: cannot be read ({type(error).__name__})") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        # without the value at fault: it may be a patient's
        raise RegistryFileError(f"registry file: expected lists of entries under {', '.join(TABLES)}") from None
    counts: Counter[str] = Counter()
    ids: dict[str, list[int]] = {table: [] for table in people}
    for table, rows in people.items():
        for values in rows:
            done, row_id = _import_entry(session, table, values, who)
            counts[f"{table} {done}"] += 1
            ids[table].append(row_id)
    patients = dict(zip(keys, ids["patients"], strict=True))
    for table, rows in course.items():
        for values in rows:
            counts[f"{table} {_import_course(session, table, values, patients, who)}"] += 1
    audit.write_line(session, "registry imported", who=who, after=dict(counts))
    return counts


def tables(session: Session, as_of: dt.date | None = None) -> dict[str, list[dict[str, Any]]]:
    """The whole registry in the shape of a registry file, as it is now or stood at the end of a day."""
    people = {table: history.entries(session, table, as_of) for table in ENTITIES}
    day = as_of or dt.date.max
    results = select(AncResult).where(AncResult.withdrawn_at.is_(None), AncResult.received <= day)
    psfs = select(FormOnRecord).filter_by(entity="patients", family="psf", withdrawn_at=None)
    rationales = select(DispenseRationale).where(DispenseRationale.given_on <= day)
    return people | {
        "anc_results": [
            {"patient": str(line.patient_id), "drawn_on": line.drawn_on.isoformat(), "anc": line.anc,
             "received": line.received.isoformat()}
            for line in session.scalars(results.order_by(AncResult.id))
        ],
        "status_forms": [
            {"patient": str(line.entity_id), "received": line.received.isoformat()}
            for line in session.scalars(psfs.where(FormOnRecord.received <= day).order_by(FormOnRecord.id))
        ],
        "dispense_rationales": [
            {"patient": str(line.patient_id), "given_on": line.given_on.isoformat(), "setting": line.setting,
             "pharmacy_npi": line.pharmacy_npi}
            for line in session.scalars(rationales.order_by(DispenseRationale.id))
        ],
    }  # fmt: skip


def write_json(session: Session, target: TextIO, as_of: dt.date | None = None) -> None:
    """Export the registry as JSON."""
    json.dump(tables(session, as_of), target, ensure_ascii=False, indent=1)
    target.write("\n")


def write_csv(session: Session, folder: Path, as_of: dt.date | None = None) -> None:
    """Export the registry as CSV (UTF-8), a file a table; the folder is made, its files appear whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables(session, as_of).items():
        with written_whole(folder / f"{table}.csv") as file:
            writer = csv.DictWriter(file, columns(table))
            writer.writeheader()
            writer.writerows({name: _as_text(value) for name, value in row.items()} for row in rows)


def columns(table: str) -> tuple[str, ...]:
    """The columns of a table in a registry file."""
    if table in COURSE:
        return COURSE[table]
    return ("key", *history.fields_of(table)) if table == "patients" else history.fields_of(table)


def _import_entry(session: Session, table: str, values: Mapping[str, Any], who: str) -> tuple[str, int]:
    row = history.find(session, table, {field: values[field] for field in IDENTITY[table]})
    if row is None:
        row = ENTITIES[table](**values)
        session.add(row)
        session.flush()
        return "added", row.id
    said = {field: value for field, value in values.items() if value is not None}
    today = dt.datetime.now(dt.UTC).date()
    if row.withdrawn_at is not None:
        history.bring_back(session, row, said, effective_on=today, form_pk=None, who=who)
        return "changed", row.id
    changed = history.change(session, row, said, effective_on=today, who=who)
    return "changed" if changed else "unchanged", row.id


def _import_course(
    session: Session, table: str, values: Mapping[str, Any], patients: Mapping[str, int], who: str
) -> str:
    """Add a line to a patient's course unless just that one is there."""
    model = MODELS[table]
    said = {name: value for name, value in values.items() if name != "patient"}
    if model is FormOnRecord:
        said |= {"entity": "patients", "entity_id": patients[values["patient"]], "family": "psf"}
    else:
        said |= {"patient_id": patients[values["patient"]]}
    if session.scalar(select(model.id).filter_by(**said).limit(1)) is not None:
        return "unchanged"
    noted = {"who": who, "recorded_at": dt.datetime.now(dt.UTC)} if model is DispenseRationale else {}
    session.add(model(**said, **noted))
    session.flush()
    return "added"


def _parse(table: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Column to value; KeyError when what tells the row apart is missing, ValueError for a date that is none."""
    kinds = ENTITIES[table].__table__.columns
    values: dict[str, Any] = {}
    for name in history.fields_of(table):
        if name in entry or name in IDENTITY[table]:
            given = entry.get(name) if kinds[name].nullable else entry[name]
            values[name] = _typed(kinds[name], given)
    return values


def _parse_course(table: str, entry: Mapping[str, Any], patients: Collection[str]) -> dict[str, Any]:
    """Likewise of a line of a patient's course; ValueError when the patient is none of the file."""
    if str(entry["patient"]) not in patients:
        raise ValueError(f"{table}: a patient who is not in the file")
    kinds = MODELS[table].__table__.columns
    values = {name: _typed(kinds[name], entry[name]) for name in COURSE[table] if name != "patient"}
    return {"patient": str(entry["patient"])} | values


def _typed(column: KeyedColumnElement[Any], value: Any) -> Any:
    """As the column has it; CSV knows text alone, and an empty cell is no value."""
    if value in (None, "") and column.nullable:
        return None
    if isinstance(column.type, Date):
        return dt.date.fromisoformat(value)
    if isinstance(column.type, Boolean):
        return value in (True, "true")
    return int(value) if isinstance(column.type, Integer) else value


def _as_text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _csv_tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The tables of which the folder has a file."""
    found = {}
    for table in TABLES:
        path = folder / f"{table}.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                found[table] = list(csv.DictReader(file))
    if not found:
        raise FileNotFoundError(folder)
    return found
