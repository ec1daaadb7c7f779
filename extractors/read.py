"""The way of one document through this floor: open -> clean -> recognise -> read fields -> assemble.

`read_document` is the library's front door: bytes in, every page accounted for, forms with their readings out. It needs
no network, no server and no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from extractors.assembly import Sheet, assemble
from extractors.blanks import BlankPage, find_features, load_blank_pages
from extractors.cleaning import clean
from extractors.confidence import REVISION
from extractors.definition import FormDefinition, looked_for
from extractors.definition_files import load_definition, load_definitions
from extractors.errors import DocumentError
from extractors.fields import read_fields
from extractors.fillable import form_by_names, placed_by_names, read_fillable
from extractors.form_code import names_another
from extractors.geometry import Grey
from extractors.known_forms import known_definitions
from extractors.limits import Limits
from extractors.opening.document import open_pages
from extractors.opening.opened import Medium, OpenedPage
from extractors.other_pages import describe_other
from extractors.reading import (
    DocumentReading,
    DocumentStatus,
    FormReading,
    PageKind,
    PageReading,
    Reading,
    ReadingState,
)
from extractors.recognition import quarter_turns, recognise
from extractors.registration import align, match_coarse


@dataclass(frozen=True, slots=True)
class Sight:
    """What the eye knows before it looks: the form revisions and their blank pages."""

    definitions: tuple[FormDefinition, ...]
    blanks: tuple[BlankPage, ...]


def read_document(data: bytes, limits: Limits | None = None, sight: Sight | None = None) -> DocumentReading:
    """Read a whole document.

    Args:
        data: the file's bytes, of any kind that can be opened.
        limits: what the document may cost; the defaults of `Limits` otherwise.
        sight: the forms to know; those known here otherwise (`extractors.known_forms`).

    Returns:
        every page in exactly one place, and the forms. A document that cannot be opened comes back `failed` with its
        error, one with a page that could not be read `partial`; nothing is raised for what a file contains.
    """
    sight = sight or known_sight()
    pages: list[PageReading] = []
    sheets: list[Sheet] = []
    try:
        for opened in open_pages(data, limits or Limits()):
            page, sheet = read_page(opened, sight)
            pages.append(page)
            if sheet:
                sheets.append(sheet)
    except DocumentError as error:
        if not pages:
            return DocumentReading((), (), DocumentStatus.FAILED, str(error))
        pages.append(PageReading(len(pages) + 1, PageKind.UNKNOWN, error=str(error)))
    if not pages:
        return DocumentReading((), (), DocumentStatus.FAILED, "open: the file has no pages")
    forms = assemble(sheets)
    placed = tuple(_placed(page, forms) for page in pages)
    errors = [page.error for page in placed if page.error]
    return DocumentReading(
        pages=placed,
        forms=forms,
        status=DocumentStatus.PARTIAL if errors else DocumentStatus.DONE,
        error="; ".join(errors) or None,
    )


@cache
def shipped_sight() -> Sight:
    """The forms that come with this package, loaded once a process."""
    definitions = looked_for(load_definitions())
    return Sight(definitions, load_blank_pages(definitions))


def known_sight() -> Sight:
    """The forms that are known here; those that came since the last call are loaded, the others stay as they are."""
    wanted = looked_for(known_definitions())
    before = _Known.sight or shipped_sight()
    if wanted == before.definitions:
        return before
    pages: dict[str, tuple[BlankPage, ...]] = {definition.form_id: () for definition in wanted}
    for blank in before.blanks:
        if blank.definition in wanted:
            pages[blank.definition.form_id] += (blank,)
    for definition in wanted:
        pages[definition.form_id] = pages[definition.form_id] or load_blank_pages((definition,))
    _Known.sight = Sight(wanted, tuple(blank for definition in wanted for blank in pages[definition.form_id]))
    return _Known.sight


class _Known:
    """What this process last looked with."""

    sight: Sight | None = None


def read_by(folder: Path, data: bytes, limits: Limits) -> DocumentReading:
    """Read a document by one definition alone, that of `folder`: for whoever is writing it.

    Raises:
        DefinitionError: the definition cannot be used.
    """
    definitions = (load_definition(folder),)
    return read_document(data, limits, Sight(definitions, load_blank_pages(definitions)))


def read_as(assigned: Mapping[int, tuple[str, int]], data: bytes, limits: Limits) -> DocumentReading:
    """Read pages of a document as what a person says they are, without asking whether that fits.

    Args:
        assigned: a page's number in the document to a form_id and the page of that form.
        data: the file's bytes.
        limits: what the document may cost.

    Returns:
        those pages, and a form of one page for each. Of a page that cannot be laid on that blank every field comes back
        unreadable, to be keyed.

    Raises:
        DocumentError: the document cannot be opened.
    """
    wanted = {form_id for form_id, _ in assigned.values()}
    definitions = tuple(definition for definition in known_definitions() if definition.form_id in wanted)
    blanks = {(blank.definition.form_id, blank.page): blank for blank in load_blank_pages(definitions)}
    read = [_read_as(opened, blanks[assigned[opened.number]]) for opened in open_pages(data, limits)
            if opened.number in assigned]  # fmt: skip
    pages, sheets = tuple(page for page, _ in read), [sheet for _, sheet in read]
    return DocumentReading(pages, tuple(assemble([sheet])[0] for sheet in sheets), DocumentStatus.DONE)


def _read_as(opened: OpenedPage, blank: BlankPage) -> tuple[PageReading, Sheet]:
    """A page laid on the blank that it is said to be."""
    definition = blank.definition
    page = PageReading(opened.number, PageKind.FORM, form_id=definition.form_id, form_page=blank.page)
    try:
        coarse = None if opened.grey is None else match_coarse(find_features(clean(opened.grey)), blank.features)
        if opened.grey is None or coarse is None:
            return page, Sheet(opened.number, definition, blank.page, _unreadable(blank, opened.number))
        aligned = align(clean(opened.grey), blank, coarse)
        page = replace(
            page,
            rotated=quarter_turns(coarse.to_page),
            match=aligned.match,
            residual=aligned.residual,
            to_blank=aligned.to_blank,
        )
        if opened.words:
            return page, Sheet(
                opened.number, definition, blank.page, read_fillable(opened, definition, blank.page, aligned.to_blank)
            )
        return page, Sheet(opened.number, definition, blank.page, read_fields(aligned, opened.number))
    except Exception:  # noqa: BLE001 - as in `read_page`: what cannot be read is keyed
        return page, Sheet(opened.number, definition, blank.page, _unreadable(blank, opened.number))


def _unreadable(blank: BlankPage, number: int) -> dict[str, Reading]:
    """Readings of a page of which nothing can be read."""
    return {
        field.name: Reading(
            field.name, None, "", 0.0, True, ReadingState.UNREADABLE, number, field.box, "none", why="not_laid"
        )
        for field in blank.definition.fields_on(blank.page)
    }


def read_page(opened: OpenedPage, sight: Sight) -> tuple[PageReading, Sheet | None]:
    """Read one page: a sheet of a known form with its readings, or a page of another kind.

    Whatever goes wrong on it stays with it: the page is listed as unknown, with the step and the kind of error.
    """
    if opened.grey is None:
        return PageReading(opened.number, PageKind.UNKNOWN, error=opened.error or "open: no picture"), None
    try:
        page, sheet = _read_filled_in(opened, sight) or _read_picture(opened, opened.grey, sight)
    except Exception as error:  # noqa: BLE001 - a page that breaks a step must cost that page alone, whatever it breaks
        # only the kind of error: its words could hold what was read
        message = f"page {opened.number}: read: {type(error).__name__}"
        return PageReading(opened.number, PageKind.UNKNOWN, error=message), None
    return replace(page, error=opened.error), sheet


def _read_filled_in(opened: OpenedPage, sight: Sight) -> tuple[PageReading, Sheet] | None:
    """A page of a fillable form that was completed on a computer, by its form fields; None for all other pages."""
    named = form_by_names(opened, sight.definitions) if opened.medium is Medium.DIGITAL else None
    if named is None:
        return None
    form_id, form_page = named
    definition = next(definition for definition in sight.definitions if definition.form_id == form_id)
    if names_another(opened.words, definition):
        return None  # another revision under the same names: its picture is looked at
    to_blank = placed_by_names(opened, definition, form_page)
    if to_blank is None:
        return None
    readings = read_fillable(opened, definition, form_page, to_blank)
    page = PageReading(
        opened.number,
        PageKind.FORM,
        form_id=form_id,
        form_page=form_page,
        match=1.0,
        residual=0.0,
        to_blank=to_blank,
    )
    return page, Sheet(opened.number, definition, form_page, readings)


def _read_picture(opened: OpenedPage, picture: Grey, sight: Sight) -> tuple[PageReading, Sheet | None]:
    """A page by its picture: recognised and read, or described as cover, blank or unknown."""
    grey = clean(picture)
    recognition = recognise(grey, sight.blanks)
    if recognition.page is None:
        return describe_other(opened, grey, recognition, sight.definitions), None
    aligned = recognition.page
    definition, form_page = aligned.blank.definition, aligned.blank.page
    if opened.words:  # flattened: the typing is still text
        readings = read_fillable(opened, definition, form_page, aligned.to_blank)
    else:
        readings = read_fields(aligned, opened.number)
    if not recognition.sure:
        readings = {name: _of_unsure_revision(reading) for name, reading in readings.items()}
    page = PageReading(
        opened.number,
        PageKind.FORM,
        rotated=recognition.rotated,
        form_id=definition.form_id,
        form_page=form_page,
        match=recognition.match,
        residual=aligned.residual,
        to_blank=aligned.to_blank,
    )
    return page, Sheet(opened.number, definition, form_page, readings)


def _of_unsure_revision(reading: Reading) -> Reading:
    """A reading of a page whose revision is not sure: another one may mean something else by the same place."""
    return replace(reading, doubtful=True, confidence=min(reading.confidence, 0.5), why=REVISION)


def _placed(page: PageReading, forms: tuple[FormReading, ...]) -> PageReading:
    for index, form in enumerate(forms):
        if page.page in form.pages:
            return replace(page, form=index)
    return page
