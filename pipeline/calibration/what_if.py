"""What other thresholds would do: how many more forms pass, and how many wrong values with them.

Each stored form is judged once more, its low confidences measured at the threshold in question; every other doubt
stays. The comparison with earlier forms (R48) is left as it was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from extractors.confidence import LOW
from extractors.definition import FieldKind
from extractors.reading import Reading
from pipeline.calibration.outcomes import FormOutcome
from pipeline.calibration.reliability import Interval, share
from pipeline.deciding import definitions
from pipeline.registry.lookup import RegistryOn
from pipeline.settings import Settings
from validators.content import from_readings
from validators.judge import judge
from validators.routing import RoutingSettings, route

THRESHOLDS = (0.80, 0.90, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 0.9995)
MEASURED = (FieldKind.DIGITS, FieldKind.DATE)
"""The kinds of field whose threshold is varied."""


@dataclass(frozen=True, slots=True)
class Passing:
    """At one threshold: forms that pass of all, and critical values that are wrong among those on passing forms."""

    threshold: float
    forms: int
    passed: Interval
    values: int
    wrong: int
    wrong_share: Interval
    should_not: int  # forms that pass although they should have been held


def what_if(
    session: Session, settings: Settings, forms: Iterable[FormOutcome], thresholds: Sequence[float] = THRESHOLDS
) -> list[Passing]:
    """For every threshold what would pass."""
    known = list(forms)
    passing = []
    for threshold in thresholds:
        passes = [_passes(session, settings, form, threshold) for form in known]
        passing.append(_passing(threshold, known, passes))
    return passing


def _passing(threshold: float, forms: Sequence[FormOutcome], passes: Sequence[bool]) -> Passing:
    passing = [form for form, passed in zip(forms, passes, strict=True) if passed]
    values = [outcome for form in passing for outcome in form.outcomes if outcome.critical]
    wrong = sum(not outcome.right for outcome in values)
    return Passing(
        threshold=threshold,
        forms=len(forms),
        passed=share(len(passing), len(forms)),
        values=len(values),
        wrong=wrong,
        wrong_share=share(wrong, len(values)),
        should_not=sum(form.known.route == "review" for form in passing),
    )


def _passes(session: Session, settings: Settings, outcome: FormOutcome, threshold: float) -> bool:
    """Whether the form would be accepted at that threshold."""
    if "duplicate" in outcome.form.route.reasons or outcome.form.route.route == "duplicate":
        return False
    reading = outcome.reading
    kinds = {field.name: field.kind for field in definitions()[reading.form_id].fields}
    reading = replace(reading, readings=_measured_at(reading.readings, kinds, threshold))
    content = from_readings(reading, definitions()[reading.form_id])
    received = outcome.form.day
    findings = judge(content, received, RegistryOn(session, received)).findings
    allowed = RoutingSettings(accept_prescriber_only_in_order=settings.accept_prescriber_only_in_order)
    return route(findings, allowed).route == "accept"


def _measured_at(
    readings: Mapping[str, Reading], kinds: Mapping[str, FieldKind], threshold: float
) -> dict[str, Reading]:
    measured = dict(readings)
    for name, reading in readings.items():
        if kinds[name] in MEASURED and reading.why in ("", LOW):
            low = reading.confidence < threshold
            measured[name] = replace(reading, doubtful=low, why=LOW if low else "")
    return measured


def critical_sure_and_wrong(forms: Iterable[FormOutcome]) -> tuple[int, int]:
    """Of the critical values that no person would look at, how many are wrong."""
    sure = [outcome for form in forms for outcome in form.outcomes if outcome.critical and not outcome.doubtful]
    return sum(not outcome.right for outcome in sure), len(sure)
