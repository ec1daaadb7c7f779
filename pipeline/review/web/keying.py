"""The routes of double keying: one field of a waiting form at a time, its ink large, and no value beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from extractors.definition import Field, FieldKind
from pipeline.deciding import definitions
from pipeline.errors import CheckRefused, CorrectionRefused, NotThere
from pipeline.quality.double_keying import Awaited, Entry
from pipeline.review import decide, keying
from pipeline.review.keying import Task
from pipeline.review.web.access import Posted, Visiting, Visitor
from pipeline.review.web.crops import crop_picture, png, surroundings
from pipeline.review.web.rendering import page
from pipeline.review.web.screens import BOXES, words_of
from pipeline.review.web.viewing import opened, picture_seen
from pipeline.review.writing import as_written, iso
from pipeline.store.engine import read_only
from pipeline.store.opening import Store


def add_routes(app: FastAPI) -> None:
    """The routes of this file."""
    app.add_api_route("/keying", show, methods=["GET"])
    app.add_api_route("/keying/{form_pk}/{field}", key, methods=["POST"])
    app.add_api_route("/keying/{form_pk}/{field}/crop.png", crop, methods=["GET"])
    app.add_api_route("/keying/{form_pk}/{field}/context.png", context, methods=["GET"])


def show(request: Request, visitor: Visiting, done: str = "", notice: str = "") -> Response:
    """The next field that this person is to key; that they saw its ink is noted."""
    return _shown(request, visitor, done=done, notice=notice)


def key(request: Request, form_pk: int, field: str, visitor: Visiting, posted: Posted) -> Response:
    """Take what was keyed, and go on to the next field."""
    store: Store = request.app.state.store
    text, illegible = str(posted.get("value", "")), "illegible" in posted
    try:
        with Session(store.engine) as session, session.begin():
            form_field = _task(session, store, visitor, form_pk, field).field
            if form_field.kind in BOXES:
                text = text or "no"
            if form_field.kind is FieldKind.DATE:
                text = iso(text)
            standing = keying.key(session, store.settings, visitor.somebody, form_pk, field, text, illegible=illegible)
    except CorrectionRefused as error:
        return _shown(request, visitor, status=409, refused=str(error))
    except (CheckRefused, NotThere):
        return RedirectResponse("/keying?done=keyed_by_others", 303)
    told = {Awaited.NOBODY: "agreed", Awaited.SUPERVISOR: "supervisor"}.get(standing.awaited, "keyed")
    return RedirectResponse(f"/keying?done={told}", 303)


def crop(request: Request, form_pk: int, field: str, visitor: Visiting) -> Response:
    """The field's ink."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        task = _task(session, store, visitor, form_pk, field)
        ink = png(crop_picture(session, store, task.form, task.field))
        _note_picture(request, visitor, task)
        return Response(ink, media_type="image/png")


def context(request: Request, form_pk: int, field: str, visitor: Visiting) -> Response:
    """The field on its page, with what stands around it."""
    store: Store = request.app.state.store
    with Session(read_only(store.engine)) as session:
        task = _task(session, store, visitor, form_pk, field)
        around = png(surroundings(session, store, task.form, task.field))
        _note_picture(request, visitor, task)
        return Response(around, media_type="image/png")


@dataclass(frozen=True, slots=True)
class KeyingScreen:
    """A field to be keyed; `others` are what two others keyed, for a third person: as written, and in words."""

    form: int
    item: int
    field: Field
    label: str
    title: str
    document: int
    is_box: bool
    others: Sequence[tuple[str, str]]


def others_said(field: Field, entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """What others keyed, without their names: as it is written ("" where they could not read it), and in words."""
    options = {option.name: option.label or words_of(option.name) for option in field.options}
    said = ((as_written(one.value), one.illegible) for one in entries)
    return [("", "illegible") if illegible else (text, options.get(text, text) or "empty") for text, illegible in said]


def _shown(
    request: Request, visitor: Visitor, *, status: int = 200, done: str = "", notice: str = "", refused: str = ""
) -> Response:
    store: Store = request.app.state.store
    with Session(store.engine) as session, session.begin():
        task = keying.next_task(session, store.settings, visitor.somebody)
        if task is not None:
            _note(session, visitor, task)
        screen = None if task is None else _screen(task)
    if screen is not None:
        opened(request, visitor, _name(screen.form, screen.field))
    told = {"done": done, "notice": notice, "refused": refused}
    return page(request, "keying.html", status=status, screen=screen, fields=store.settings.double_keyed, **told)


def _note(session: Session, visitor: Visitor, task: Task) -> None:
    decide.note_view(session, task.item, visitor.somebody.name, f"field {task.field.name}")


def _note_picture(request: Request, visitor: Visitor, task: Task) -> None:
    """A field's ink is seen: part of the view of its screen, else a view of its own."""
    screen = _name(task.form.id, task.field)
    picture_seen(request, visitor, screen, lambda session: _note(session, visitor, task))


def _name(form: int, field: Field) -> str:
    return f"keying {form} {field.name}"


def _screen(task: Task) -> KeyingScreen:
    return KeyingScreen(
        form=task.form.id,
        item=task.item.id,
        field=task.field,
        label=task.field.label or words_of(task.field.name),
        title=definitions()[task.form.form_id].title,
        document=task.form.document_id,
        is_box=task.field.kind in BOXES,
        others=others_said(task.field, task.shown) if task.awaited is Awaited.THIRD else (),
    )


def _task(session: Session, store: Store, visitor: Visitor, form_pk: int, field: str) -> Task:
    """The field, if this person may key it now; to everybody else it is as if it did not exist."""
    task = keying.task(session, store.settings, visitor.somebody, form_pk, field)
    if task is None:
        raise NotThere("there is no such field to key")
    return task
