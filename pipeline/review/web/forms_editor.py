"""The definition editor: form revisions, their boxes on the blank, a trial on a filled fax, and saving a new revision.

A revision is never changed: what is saved is another one, which may correct the one that it was made from. Forms that
were read before keep theirs.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pypdfium2 as pdfium
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from PIL import Image
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from extractors.definition import FormDefinition
from extractors.definition_saving import save_definition
from extractors.errors import DefinitionError
from extractors.pdfium_turn import in_pdfium_turn
from pipeline.deciding import definitions
from pipeline.errors import NotAllowed, NotThere
from pipeline.review.web.access import Posted, Visiting
from pipeline.review.web.forms_editor_draft import draft_of, header, parsed
from pipeline.review.web.forms_editor_reading import (
    Table,
    page_as_png,
    pages_of,
    tried,
    waiting_fax,
    waiting_faxes,
)
from pipeline.review.web.rendering import page
from pipeline.review.web.viewing import seen
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.opening import Store

DOTS_A_POINT = 2.0
"""The picture of a blank, in pixels: 144 dots per inch."""

REFUSED = 409


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.state.table = Table()
    app.add_api_route("/forms", show_forms, methods=["GET"])
    app.add_api_route("/forms/{form_id}", edit, methods=["GET"])
    app.add_api_route("/forms/{form_id}/pages/{number}.png", blank_page, methods=["GET"])
    app.add_api_route("/forms/{form_id}/fax", lay_fax, methods=["POST"])
    app.add_api_route("/forms/{form_id}/fax/{number}.png", fax_page, methods=["GET"])
    app.add_api_route("/forms/{form_id}/try", try_draft, methods=["POST"])
    app.add_api_route("/forms/{form_id}/save", save, methods=["POST"])


def show_forms(request: Request) -> Response:
    """Every revision that is known."""
    return page(request, "forms.html", forms=sorted(definitions().values(), key=lambda form: form.form_id))


def edit(request: Request, form_id: str, visitor: Visiting) -> Response:
    """One revision in the editor."""
    definition = _definition(form_id)
    faxes = []
    if visitor.somebody.sees_everything:
        with Session(read_only(request.app.state.store.engine)) as session:
            faxes = waiting_faxes(session)
    known = sorted({field.name for form in definitions().values() for field in form.fields})
    return page(
        request,
        "forms_editor.html",
        form=definition,
        draft=draft_of(definition).model_dump(mode="json", by_alias=True),
        known_names=known,
        faxes=faxes,
    )


def blank_page(form_id: str, number: int) -> Response:
    """A page of the blank as a picture."""
    definition = _definition(form_id)
    if not 1 <= number <= len(definition.pages):
        raise NotThere("the form has no such page")
    png = io.BytesIO()
    _drawn(definition, number).save(png, "PNG")
    return Response(png.getvalue(), media_type="image/png")


@in_pdfium_turn
def _drawn(definition: FormDefinition, number: int) -> Image.Image:
    blank = pdfium.PdfDocument(definition.blank)
    try:
        picture: Image.Image = blank[number - 1].render(scale=DOTS_A_POINT).to_pil().convert("L")
        return picture
    finally:
        blank.close()


def lay_fax(request: Request, form_id: str, visitor: Visiting, posted: Posted) -> Response:
    """Choose the fax to try drafts on: one that was uploaded, or one that waits."""
    _definition(form_id)
    store: Store = request.app.state.store
    uploaded, chosen = posted.get("file"), str(posted.get("document", ""))
    if isinstance(uploaded, UploadFile) and uploaded.size:
        fax = uploaded.file.read(store.settings.limits.bytes + 1)
    elif chosen.isdigit() and visitor.somebody.sees_everything:
        with Session(read_only(store.engine)) as session:
            fax = waiting_fax(store, session, int(chosen))
        who, after = visitor.somebody.name, {"what": f"tried on the draft of {form_id}"}
        seen(request, lambda s: audit.write_line(s, audit.VIEWED, who=who, document_id=int(chosen), after=after))
    elif chosen:
        raise NotAllowed("faxes that wait are for those who may see every form")
    else:
        raise NotThere("choose a file, or a fax that waits")
    pages = pages_of(fax, store.settings.limits)
    request.app.state.table.lay(visitor.session_id, fax)
    return JSONResponse({"pages": pages})


def fax_page(request: Request, form_id: str, number: int, visitor: Visiting) -> Response:
    """A page of the fax on the table, as it came in."""
    _definition(form_id)
    fax = request.app.state.table.fax(visitor.session_id)
    return Response(page_as_png(fax, number, request.app.state.store.settings.limits), media_type="image/png")


def try_draft(request: Request, form_id: str, visitor: Visiting, posted: Posted) -> Response:
    """What the draft reads on the fax on the table."""
    definition, fax = _definition(form_id), request.app.state.table.fax(visitor.session_id)
    try:
        geometry, meaning = parsed(str(posted.get("draft", "")))
        limits = request.app.state.store.settings.limits
        return JSONResponse(tried(geometry, meaning, definition.blank.read_bytes(), fax, limits))
    except DefinitionError as error:
        return _refused(error)


def save(request: Request, form_id: str, visitor: Visiting, posted: Posted) -> Response:
    """Save the draft as a revision of its own; the trail says who made it of which."""
    definition, store = _definition(form_id), request.app.state.store
    try:
        geometry, meaning = parsed(str(posted.get("draft", "")))
        if meaning.form_id in definitions():
            raise DefinitionError(meaning.form_id, "form_id", "there is such a revision; choose another id")
        today = dt.datetime.now(dt.UTC).date()
        blank = definition.blank.read_bytes()
        saved = save_definition(store.settings.taught_forms, geometry, meaning, blank, header(form_id, today))
    except DefinitionError as error:
        return _refused(error)
    with Session(store.engine) as session, session.begin():
        told: dict[str, Any] = {"form_id": saved.form_id, "made_of": form_id, "corrects": saved.replaces or ""}
        audit.write_line(session, "form revision saved", who=visitor.somebody.name, after=told)
    return JSONResponse({"form_id": saved.form_id})


def _definition(form_id: str) -> FormDefinition:
    definition = definitions().get(form_id)
    if definition is None:
        raise NotThere("there is no such form")
    return definition


def _refused(error: DefinitionError) -> Response:
    return JSONResponse({"key": error.key, "says": str(error)}, REFUSED)
