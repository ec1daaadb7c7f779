"""`faxforms calibrate`: what confidence is worth on forms whose true values are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.store import reading_session
from flows.terminal import out, print_table
from pipeline.calibration.curves import as_yaml, fit_curves
from pipeline.calibration.known import load_known
from pipeline.calibration.outcomes import form_outcomes
from pipeline.calibration.reliability import Interval
from pipeline.calibration.report import Measured, measure_forms, write_report
from pipeline.errors import KnownValuesError
from pipeline.exports.atomic import written_whole
from pipeline.quality.known import checked_outcomes
from pipeline.settings import Settings


def calibrate(
    truth: Annotated[
        Path | None, typer.Argument(help="JSON lines: the true values of documents taken in (docs/accuracy.md)")
    ] = None,
    checked: Annotated[
        bool, typer.Option("--checked", help="the true values are what people keyed in blind checks")
    ] = False,
    fit: Annotated[Path | None, typer.Option(help="write the curves that these readings give, as YAML")] = None,
    report: Annotated[Path | None, typer.Option(help="folder for the tables (CSV) and plots (SVG)")] = None,
) -> None:
    """Measure confidence against known values: is it what it says, and what would other thresholds do?

    The documents must have been taken in. With --checked they are those that people checked blindly: as these had
    passed, it tells what confidence was worth where it let a value through. Nothing that is stored changes. Curves
    written with --fit are put to use by taking the place of extractors/calibration.yaml; fit them on other documents
    than those that are reported on.

    Example: faxforms calibrate samples/faxes/truth.jsonl --report report
    """
    measured = _measured(truth, checked)
    print_reliability(measured)
    print_what_if(measured)
    if fit is not None:
        curves = as_yaml(fit_curves(measured.outcomes))
        with written_whole(fit) as file:
            file.write(curves)
    for written in write_report(measured, report) if report is not None else ():
        out.print(f"written: {written}", markup=False, highlight=False)


def _measured(truth: Path | None, checked: bool) -> Measured:
    """Measure by the file or, without one, by what people checked."""
    if (truth is None) is not checked:
        raise typer.BadParameter("expected a file or --checked, and not both", param_hint="TRUTH")
    with reading_session() as session:
        forms = list(checked_outcomes(session) if truth is None else form_outcomes(session, load_known(truth)))
        measured = measure_forms(session, Settings(), forms)
    if truth is None and not measured.forms:
        raise KnownValuesError("no form has been checked blindly yet")
    if truth is not None and not measured.forms:
        raise KnownValuesError(f"{truth.name}: none of its documents has been taken in")
    return measured


def print_reliability(measured: Measured) -> None:
    """By group of fields and band of confidence: how many values, what was promised, and what was so."""
    wrong, sure = measured.sure_and_wrong
    rows = [
        (group, f"{band.low} to {band.high}", band.count, f"{band.promised:.2%}", *_shown(band.right))
        for group, found in measured.reliability.items()
        for band in found
    ]
    headings = ("group", "confidence", "values", "promised", "right", "95 % interval")
    print_table(f"Confidence and truth on {measured.forms} forms", headings, rows)
    errors = ", ".join(f"{group} {error:.2%}" for group, error in measured.errors.items())
    out.print(f"Expected calibration error: {errors}.", markup=False, highlight=False)
    out.print(f"Critical values sure and wrong: {wrong} of {sure}.\n", markup=False, highlight=False)


def print_what_if(measured: Measured) -> None:
    """For every threshold the forms that would pass, and the wrong critical values on them."""
    rows = [
        (one.threshold, *_shown(one.passed), one.values, one.wrong, f"{one.wrong_share.high:.2%}", one.should_not)
        for one in measured.what_if
    ]
    headings = (
        "threshold", "forms that pass", "95 % interval", "critical values", "wrong", "at most (95 %)", "should not pass"
    )  # fmt: skip
    title = f"What if: {measured.forms} forms judged again at one threshold for digits and dates"
    print_table(title, headings, rows)


def _shown(interval: Interval) -> tuple[str, str]:
    return f"{interval.share:.2%}", f"{interval.low:.2%} to {interval.high:.2%}"
