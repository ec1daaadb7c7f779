"""Accepted forms that report an ANC as FHIR R4 bundles: patient, prescriber, results, and a reference to the original.

The code of a result is LOINC 26499-4, "Neutrophils [#/volume] in Blood". Its narrower neighbour 751-8, "... by
Automated count", names a method, and no form of the programme says how the cells were counted. Both have the property
"number concentration", which any unit of cells per volume fits; the unit is the forms' own, cells per µL (UCUM
`{cells}/uL`), so that no figure is converted on the way (rule R18), though LOINC's example is 10*3/uL.

The models of `fhir.resources` (BSD licence) validate every bundle. They have R4B (4.3.0), not R4 (4.0.1); of the
resources written here the two releases have the same elements.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhir.resources.R4B.bundle import Bundle
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.deciding import definitions
from pipeline.exports.accepted import ACCEPT, accepted_forms, snapshot, version_of
from pipeline.exports.atomic import written_whole
from pipeline.store import repository
from pipeline.store.models import Form
from pipeline.store.opening import Store
from validators.content import Content, Known, from_readings
from validators.names import PersonName, split_name

LOINC_NEUTROPHILS = {"system": "http://loinc.org", "code": "26499-4", "display": "Neutrophils [#/volume] in Blood"}
CELLS_PER_UL = {"unit": "cells/µL", "system": "http://unitsofmeasure.org", "code": "{cells}/uL"}
LABORATORY = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "laboratory",
    "display": "Laboratory",
}
US_NPI = "http://hl7.org/fhir/sid/us-npi"
US_DEA = "urn:oid:2.16.840.1.113883.4.814"
OURS = "urn:faxforms"
"""Under which our own identifiers stand: `:patient` the registry's key, `:original` a SHA-256, `:acceptance` a
version of a form."""

GENDERS = {"male": "male", "female": "female", "unspecified": "unknown"}

MEDIA_TYPES = (
    (b"II", "image/tiff"),
    (b"MM", "image/tiff"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
"""By a file's first bytes; what else could be opened is a PDF, which may have rubbish before its head."""

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """How many bundles were written, and the next cursor."""

    bundles: int
    cursor: int


def write_bundles(store: Store, folder: Path, since: int) -> Written:
    """Write a file a form decided after the cursor `since`: `<SHA-256>-<form>.json`; a newer version replaces its file.

    Raises:
        OriginalDamaged: an original is gone or changed.
    """
    count, cursor = 0, since
    folder.mkdir(parents=True, exist_ok=True)
    with Session(snapshot(store.engine)) as session:
        for form in accepted_forms(session, since):
            cursor = form.route.id
            if reports_anc(form):
                name = f"{form.document.sha256}-{form.position}.json"
                with written_whole(folder / name) as file:
                    file.write(bundle(form, originals.fetch(store.originals, form.document.sha256)))
                count += 1
    return Written(count, cursor)


def reports_anc(form: Form) -> bool:
    """Whether the form has a place for an ANC: the PSF; in the first programme the lab report and the enrollment."""
    return any(field.name == "anc_value" for field in definitions()[form.form_id].fields)


def bundle(form: Form, original: bytes) -> str:
    """The form's bundle as JSON, validated; only values that were read with confidence are in it.

    A form that is no longer accepted gives its results and its document as entered in error.
    """
    content = from_readings(repository.load_form(form), definitions()[form.form_id])
    people = (_patient(form, content), _practitioner(form, content))
    document = _document(form, original, *people)
    entries = [*people, *_observations(form, content, *people, document), document]
    whole = {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {
            "system": f"{OURS}:acceptance",
            "value": f"{form.document.sha256}/{form.position}/{version_of(form)}",
        },
        "timestamp": form.route.decided_at.isoformat(),
        "entry": [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in entries],
    }
    return Bundle.model_validate(whole).model_dump_json(indent=2) + "\n"


def _patient(form: Form, content: Content) -> Resource:
    key = form.patient_key
    dob, zip_code = _known(content, "patient_dob"), _known(content, "patient_zip")
    return _filled(
        {
            "resourceType": "Patient",
            "id": _id(f"patient/{key}" if key else f"{_form_id(form)}/patient"),
            "identifier": [{"system": f"{OURS}:patient", "value": key}] if key else [],
            "name": _human_name(_name(content, "patient")),
            "telecom": _telecom(content, "patient"),
            "gender": GENDERS.get(str(_known(content, "patient_gender"))),
            "birthDate": dob.isoformat() if isinstance(dob, dt.date) else None,
            "address": [{"postalCode": zip_code}] if zip_code else [],
        }
    )


def _practitioner(form: Form, content: Content) -> Resource:
    number = _known(content, "prescriber_npi") or _known(content, "prescriber_npi_or_dea")
    system = US_NPI if re.fullmatch(r"\d{10}", str(number)) else US_DEA
    return _filled(
        {
            "resourceType": "Practitioner",
            "id": _id(f"practitioner/{number}" if number else f"{_form_id(form)}/practitioner"),
            "identifier": [{"system": system, "value": number}] if number else [],
            "name": _human_name(_name(content, "prescriber")),
            "telecom": _telecom(content, "prescriber"),
        }
    )


def _observations(
    form: Form, content: Content, patient: Resource, practitioner: Resource, document: Resource
) -> Iterator[Resource]:
    """A result each, in the form's rows; a row whose ANC is empty or unsure gives none."""
    for row in content.anc_results():
        anc, drawn = _known(content, row.value), _known(content, row.drawn)
        if not isinstance(anc, int):
            continue
        yield _filled(
            {
                "resourceType": "Observation",
                "id": _id(f"{_form_id(form)}/{row.value}"),
                "status": _status(form),
                "category": [{"coding": [LABORATORY]}],
                "code": {"coding": [LOINC_NEUTROPHILS], "text": "Absolute neutrophil count (ANC)"},
                "subject": _to(patient),
                "effectiveDateTime": drawn.isoformat() if isinstance(drawn, dt.date) else None,
                "performer": [_to(practitioner)],  # who vouches for the value; no form names the laboratory
                "valueQuantity": {"value": anc, **CELLS_PER_UL},
                "derivedFrom": [_to(document)],
            }
        )


def _document(form: Form, original: bytes, patient: Resource, practitioner: Resource) -> Resource:
    """The fax itself: named by its SHA-256, for whoever may see it; its bytes are not in the bundle."""
    definition, accepted = definitions()[form.form_id], form.route.route == ACCEPT
    sha1 = hashlib.sha1(original, usedforsecurity=False).digest()  # the one hash that Attachment has
    return {
        "resourceType": "DocumentReference",
        "id": _id(f"{_form_id(form)}/document"),
        "masterIdentifier": {"system": f"{OURS}:original", "value": form.document.sha256},
        "status": "current" if accepted else "entered-in-error",
        "type": {"text": f"{definition.title}, {definition.code}"},
        "subject": _to(patient),
        "author": [_to(practitioner)],
        "date": form.route.decided_at.isoformat(),
        "description": f"received {form.day}, pages {', '.join(map(str, form.pages))}",
        "content": [
            {
                "attachment": {
                    "contentType": _media_type(original),
                    "size": len(original),
                    "hash": base64.b64encode(sha1).decode(),
                }
            }
        ],
    }


def _status(form: Form) -> str:
    if form.route.route != ACCEPT:
        return "entered-in-error"
    return "final" if version_of(form) == 1 else "corrected"


def _name(content: Content, of: str) -> PersonName | None:
    """The name of `of` where all of it was read with confidence."""
    if not content.name_is_known(of):
        return None
    whole = _known(content, f"{of}_name")
    return split_name(whole) if isinstance(whole, str) else content.name(of)


def _human_name(name: PersonName | None) -> list[Resource]:
    if name is None:
        return []
    return [_filled({"family": name.last, "given": [name.first] if name.first else []})]


def _telecom(content: Content, of: str) -> list[Resource]:
    ways = ((kind, _known(content, f"{of}_{kind}")) for kind in ("phone", "fax", "email"))
    return [{"system": kind, "value": value} for kind, value in ways if value]


def _known(content: Content, name: str) -> Any:
    """A field's value when it was read with confidence, else None."""
    state = content.state(name)
    return state.value if isinstance(state, Known) else None


def _to(resource: Resource) -> Resource:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _form_id(form: Form) -> str:
    return f"{form.document.sha256}/{form.position}"


def _id(name: str) -> str:
    """An id that the same thing has in every bundle."""
    return str(uuid5(NAMESPACE_URL, f"{OURS}:{name}"))


def _filled(resource: Resource) -> Resource:
    """Without elements that say nothing, which FHIR forbids."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


def _media_type(original: bytes) -> str:
    return next((name for head, name in MEDIA_TYPES if original.startswith(head)), "application/pdf")
