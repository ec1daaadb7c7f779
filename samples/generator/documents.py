"""Whole documents: which forms come in one fax, with what else, by which machine, and the truth about all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator

from extractors.definition import FormDefinition
from samples.generator import channel, files, foreign
from samples.generator.changes import Scripted
from samples.generator.channel import Machine, Sent, send
from samples.generator.digital import fill_digital
from samples.generator.digits import DigitSet
from samples.generator.faces import Faces
from samples.generator.fill import FilledForm, fill_form
from samples.generator.hand import Hand, Pen, draw_hand
from samples.generator.marks import stamp, stray_line
from samples.generator.paper import Grey
from samples.generator.people import Patient, Programme, pick
from samples.generator.scenarios import Scenario, draw_scenario, script

T = TypeVar("T")

MEDIA = {"g4": 0.38, "g3": 0.17, "faxpdf": 0.25, "scanpdf": 0.10, "digital": 0.10}
ON_PAPER_ONLY = (
    "struck_out",
    "scratched_out",
    "page_missing",
)  # what does not happen to a form completed on a computer
DUPLICATE, FOREIGN_ONLY, BATCH, TURNED = 0.02, 0.05, 0.06, 0.05  # how often; a batch is a month's end
TURNED_HOW = (0.6, 0.2, 0.2)  # upside down, and on either side
EXTRAS = {"cover": 0.14, "blank": 0.05, "swapped": 0.03, "lab_printout": 0.03, "letter": 0.01}  # how often with forms
PENS = {Pen.REAL: 0.42, Pen.TYPED: 0.32, Pen.HAND: 0.26}


@dataclass(frozen=True, slots=True)
class Supplies:
    """What documents are made with."""

    definitions: dict[str, FormDefinition]
    programme: Programme
    faces: Faces
    digits: DigitSet
    pens: tuple[Pen, ...] = tuple(PENS)
    media: tuple[str, ...] = tuple(MEDIA)
    forms: tuple[str, ...] | None = None
    severity: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """One document to be: `seed` makes its ink and paper, `channel_seed` what the line does to it."""

    number: int
    medium: str
    machine: Machine
    hard: float
    received: dt.date
    forms: tuple[Scripted, ...]
    pens: tuple[Pen, ...]
    extras: tuple[str, ...]  # cover, blank, swapped, turned, and the kinds of foreign pages
    turned: int
    seed: int
    channel_seed: int


@dataclass(slots=True)
class Page:
    """A sheet on its way into the file, with what the truth says of it."""

    sheet: Grey
    truth: dict[str, Any] = field(default_factory=dict)


def draw_plan(number: int, earlier: Sequence[Plan], supplies: Supplies, free: list[Patient], rng: Generator) -> Plan:
    """Plan a document: one form, several, the copy of an earlier one, or pages that nobody knows."""
    mildest, hardest = supplies.severity
    hard = mildest + (hardest - mildest) * float(rng.beta(2.0, 2.6))
    medium = _weighted({name: MEDIA[name] for name in supplies.media}, rng)
    plan = Plan(
        number, medium, _machine(medium, rng), round(hard, 2), dt.date(2022, 6, 1), (), (), (), 0,
        int(rng.integers(2**31)), int(rng.integers(2**31)),
    )  # fmt: skip
    again = [
        one for one in earlier if len(one.forms) == 1 and one.forms[0].scenario == "ok" and one.medium != "digital"
    ]
    if again and medium != "digital" and rng.random() < DUPLICATE:
        return _again(plan, pick(rng, again))
    if medium != "digital" and supplies.forms is None and rng.random() < FOREIGN_ONLY:
        kinds = (*foreign.FOREIGN, "moved_revision")
        made = tuple(str(kind) for kind in rng.choice(kinds, int(rng.integers(1, 3))))
        return replace(plan, extras=(*(("cover",) if rng.random() < EXTRAS["cover"] else ()), *made))
    scenario = draw_scenario(rng, supplies.forms)
    while medium == "digital" and scenario.name in ON_PAPER_ONLY:
        scenario = draw_scenario(rng, supplies.forms)
    return _with_forms(plan, scenario, supplies, free, rng)


def make_document(plan: Plan, supplies: Supplies) -> tuple[str, bytes, dict[str, Any]]:
    """The file's name, its bytes, and its line of the truth."""
    ink, line = np.random.default_rng(plan.seed), np.random.default_rng(plan.channel_seed)
    truth: dict[str, Any] = {
        "file": "", "received": str(plan.received), "medium": plan.medium,
        "resolution": None if plan.medium == "digital" else [round(dpi) for dpi in plan.machine.dpi], "hard": plan.hard,
    }  # fmt: skip
    if plan.medium == "digital":
        data, pages, forms = _digital(plan, supplies, ink)
        truth |= {"file": f"faxes/{plan.number:04d}.pdf", "pages": pages, "forms": forms}
        return truth["file"], data, truth
    sheets, forms = _sheets(plan, supplies, ink)
    sent = [_transmit(plan, page, index, len(sheets), line) for index, page in enumerate(sheets)]
    data, suffix = _file(plan, sent, line)
    truth |= {"file": f"faxes/{plan.number:04d}.{suffix}", "pages": [page.truth for page in sheets], "forms": forms}
    return truth["file"], data, truth


def _with_forms(plan: Plan, scenario: Scenario, supplies: Supplies, free: list[Patient], rng: Generator) -> Plan:
    first = script(scenario, supplies.programme, free, rng)
    forms = [first]
    if scenario.form_id == "psf_2021" and plan.medium != "digital" and rng.random() < BATCH:
        for _ in range(int(rng.integers(1, 5))):
            more = draw_scenario(rng, ("psf_2021",))
            forms.append(script(more, supplies.programme, free, rng, first.received))
    extras = [name for name, chance in EXTRAS.items() if rng.random() < chance and plan.medium != "digital"]
    turned = int(rng.choice([180, 90, 270], p=TURNED_HOW)) if rng.random() < TURNED and plan.medium != "digital" else 0
    weights = {pen: PENS[pen] for pen in PENS if pen in supplies.pens}
    pens = tuple(Pen.DIGITAL if plan.medium == "digital" else _weighted(weights, rng) for _ in forms)
    return replace(plan, received=first.received, forms=tuple(forms), pens=pens, extras=tuple(extras), turned=turned)


def _again(plan: Plan, earlier: Plan) -> Plan:
    """The same sheets sent once more the next day, by another machine."""
    form = replace(earlier.forms[0], scenario="duplicate", route="duplicate", reasons=["duplicate"])
    day = earlier.received + dt.timedelta(days=1)
    return replace(plan, received=day, forms=(form,), pens=earlier.pens, seed=earlier.seed, extras=(), turned=0)


def _sheets(plan: Plan, supplies: Supplies, rng: Generator) -> tuple[list[Page], list[dict[str, Any]]]:
    """The pages in the order in which they are sent, and the truth about the forms."""
    pages: list[Page] = []
    forms: list[dict[str, Any]] = []
    for index, (form, pen) in enumerate(zip(plan.forms, plan.pens, strict=True)):
        hand = draw_hand(pen, supplies.faces, supplies.digits, rng)
        filled = fill_form(supplies.definitions[form.form_id], form.values, hand, supplies.faces, rng, form.struck)
        _litter(filled.pages, form, hand, rng)
        numbered = [
            Page(sheet, {"kind": "form", "form": index, "form_page": number})
            for number, sheet in enumerate(filled.pages, start=1)
            if number != form.missing_page
        ]
        pages += numbered[::-1] if "swapped" in plan.extras else numbered
        forms.append(form_truth(form, pen, filled, hand))
    for kind in plan.extras:
        if kind in foreign.FOREIGN:
            pages.append(Page(foreign.FOREIGN[kind](supplies.faces, rng), {"kind": "unknown", "content": kind}))
        elif kind == "moved_revision":
            pages.append(Page(_unknown_revision(supplies, rng), {"kind": "unknown", "content": kind}))
    if "blank" in plan.extras:
        pages.append(Page(foreign.empty_page(supplies.faces, rng), {"kind": "blank"}))
    if "cover" in plan.extras:
        number = next((supplies.definitions[form.form_id].fax_number for form in plan.forms), "800-878-5927")
        pages.insert(0, Page(foreign.cover(supplies.faces, rng, number, len(pages) + 1), {"kind": "cover"}))
    return pages, forms


def form_truth(form: Scripted, pen: Pen, filled: FilledForm, hand: Hand | None) -> dict[str, Any]:
    """The truth about one form, as `truth.jsonl` has it."""
    truth: dict[str, Any] = {
        "form_id": form.form_id, "scenario": form.scenario, "received": str(form.received), "values": form.values,
        "route": form.route, "reasons": form.reasons, "pen": str(pen), "signatures": filled.signatures,
    }  # fmt: skip
    if form.struck:
        truth["struck"] = sorted(form.struck)
    if filled.written:
        truth["written"] = filled.written
    if filled.marks:
        truth["marks"] = filled.marks
    if hand is not None:
        truth["face"] = hand.face.stem
    return truth


def _litter(sheets: Sequence[Grey], form: Scripted, hand: Hand, rng: Generator) -> None:
    """Stray lines and stamps where there is nothing to read: the top or the foot of the page."""
    for sheet in sheets:
        if not hand.typed and rng.random() < 0.04:
            stray_line(sheet, hand, rng)
        if rng.random() < 0.05:
            words = pick(
                rng, (f"RECEIVED|{form.received:%b %d %Y}", "COPY", "FAXED", "SCANNED|Medical Records", "URGENT")
            )
            stamp(sheet, words, float(rng.uniform(290, 420)), float(rng.choice([2.0, 745.0])), hand, rng)


def _unknown_revision(supplies: Supplies, rng: Generator) -> Grey:
    definition = pick(rng, list(supplies.definitions.values()))
    scenario = draw_scenario(rng, (definition.form_id,))
    form = script(scenario, supplies.programme, [], rng)
    hand = draw_hand(pick(rng, supplies.pens), supplies.faces, supplies.digits, rng)
    filled = fill_form(definition, form.values, hand, supplies.faces, rng)
    return foreign.moved_revision(pick(rng, filled.pages), rng)


def _transmit(plan: Plan, page: Page, index: int, count: int, rng: Generator) -> Sent:
    """Send a page; the truth gets where the blank's points landed, when it is a form's page."""
    header = _header(plan, index, count) if plan.machine.on_a_line and plan.channel_seed % 4 else None
    sent = send(page.sheet, rng, plan.hard, plan.machine, header=header, turned=plan.turned)
    page.truth["rotated"] = plan.turned
    if page.truth["kind"] == "form":
        page.truth["to_page"] = [[round(value, 6) for value in row] for row in sent.placement.matrix]
        if sent.placement.feed:
            page.truth["feed"] = [[round(value, 3) for value in knot] for knot in sent.placement.feed]
    page.truth["damages"] = {damage.name: damage.amount for damage in sent.damages}
    return sent


def _header(plan: Plan, index: int, count: int) -> str:
    sender = f"{200 + plan.channel_seed % 790} 555 {plan.channel_seed % 10000:04d}"
    clock = f"{plan.channel_seed % 24:02d}:{plan.channel_seed % 60:02d}"
    number = plan.forms[0].form_id if plan.forms else ""
    to = "8444048876" if number.endswith("2015") else "8008785927"
    return (
        f"{plan.received:%m/%d/%Y} {clock}  {sender}  TO {to}  P.{index + 1:02d}/{count:02d}",
        f"{plan.received:%b-%d-%Y} {clock}   From: {sender}    To: {to}     Page: {index + 1}/{count}",
        f"FAX {sender}   {plan.received:%d %b %Y} {clock}   p{index + 1}",
    )[plan.channel_seed % 3]


def _file(plan: Plan, sent: Sequence[Sent], rng: Generator) -> tuple[bytes, str]:
    if plan.medium == "faxpdf":
        return files.fax_pdf(sent), "pdf"
    if plan.medium == "scanpdf":
        return files.scan_pdf(sent, round(88 - 45 * plan.hard * float(rng.random()))), "pdf"
    options = int(rng.choice([0, files.TWO_DIMENSIONAL, files.BYTE_ALIGNED])) if plan.medium == "g3" else 0
    lsb_first, white_is_zero = bool(rng.random() < 0.2), bool(rng.random() < 0.4)
    return files.tiff(sent, 3 if plan.medium == "g3" else 4, options, lsb_first, white_is_zero), "tif"


def _digital(
    plan: Plan, supplies: Supplies, rng: Generator
) -> tuple[bytes, list[dict[str, Any]], list[dict[str, Any]]]:
    form = plan.forms[0]
    definition = supplies.definitions[form.form_id]
    hand = draw_hand(Pen.HAND, supplies.faces, supplies.digits, rng)
    data, signatures = fill_digital(definition, form.values, hand, supplies.faces, rng)
    pages = [{"kind": "form", "form": 0, "form_page": page.number, "rotated": 0} for page in definition.pages]
    return data, pages, [form_truth(form, Pen.DIGITAL, FilledForm([], signatures=signatures), None)]


def _machine(medium: str, rng: Generator) -> Machine:
    if medium == "scanpdf":
        return _weighted({channel.SCAN_150: 0.5, channel.SCAN_200: 0.5}, rng)
    machines = {channel.FAX_FINE: 0.62, channel.FAX_STANDARD: 0.26, channel.FAX_SQUARE: 0.08, channel.FAX_300: 0.04}
    return _weighted(machines, rng)


def _weighted(weights: dict[T, float], rng: Generator) -> T:
    names = list(weights)
    total = sum(weights.values())
    return names[int(rng.choice(len(names), p=[weights[name] / total for name in names]))]
