"""One form before the judge: its content, the day it came, the registry, and who is meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from validators.content import Content
from validators.findings import RuleResult
from validators.identification import (
    Certainty,
    PatientMatch,
    PrescriberMatch,
    identify_patient,
    identify_prescriber,
)
from validators.registry import Programme, Registry
from validators.rulebook.load import DoubtPolicy, Rulebook, Thresholds


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a rule may look at."""

    content: Content
    received: dt.date
    registry: Registry
    thresholds: Thresholds
    doubts: DoubtPolicy
    patient: PatientMatch
    prescriber: PrescriberMatch

    @property
    def programme(self) -> Programme:
        """The programme whose memberships count: by the date received, or the form's own where it came early (R2)."""
        return Programme.FIRST if self.rule_date < self.thresholds.modified_from else Programme.MODIFIED

    @property
    def rule_date(self) -> dt.date:
        """The day whose rules are applied: the day of receipt.

        Forms of the modified programme could come from 16 Aug 2021 on; those are judged by its first day's rules (R2).
        """
        early, modified = self.thresholds.early_enrollment_from, self.thresholds.modified_from
        if self.of_modified_programme and early <= self.received < modified:
            return modified
        return self.received

    @property
    def of_modified_programme(self) -> bool:
        """Whether the form is one of the modified programme's."""
        return self.content.definition.in_use_from >= self.thresholds.early_enrollment_from

    @property
    def enrolls_a_patient(self) -> bool:
        """Whether the form is a patient's enrollment. Raises `UnknownValue` when its purpose is unknown."""
        if self.content.family == "psf":
            return self.content.choice("submission_type") == "baseline"
        return self.content.family == "patient_enrollment"

    @property
    def has_patient(self) -> bool:
        """Whether the form is about a patient."""
        return self.content.has("patient_dob")

    @property
    def prescriber_certified(self) -> bool:
        """Whether the prescriber is identified and certified in the programme on the day of receipt."""
        found = self.prescriber
        return (
            found.certainty is Certainty.SURE
            and found.prescriber is not None
            and found.prescriber.certified.holds(self.programme, self.received)
        )

    @property
    def patient_enrolled(self) -> bool:
        """Whether the patient is identified and enrolled in the programme on the day of receipt."""
        found = self.patient
        return (
            found.certainty is Certainty.SURE
            and found.patient is not None
            and found.patient.enrolled.holds(self.programme, self.received)
        )

    def is_critical(self, name: str) -> bool:
        """Whether a doubt about the field holds the form whatever else is known (doubts.yaml, or its definition)."""
        return name in self.doubts.critical or (self.content.has(name) and self.content.definition.field(name).critical)

    def on_record(self, designation: str) -> bool:
        """Whether the patient's record in this programme carries the designation "ben" or "hospice" (R28)."""
        return self.patient_enrolled and bool(getattr(self.patient.patient, designation))

    def has_ben(self) -> bool:
        """Whether the lower thresholds hold: designated on the form or on record (R28). Raises `UnknownValue`."""
        return self.content.ticked("ben_flag") or self.on_record("ben")

    def newest_result(self) -> tuple[dt.date, int] | None:
        """The newest dated ANC (date, cells/µL), the lowest of one day; None without one. Raises `UnknownValue`."""
        dated = []
        for row in self.content.anc_results():
            drawn, anc = self.content.date(row.drawn), self.content.anc(row.value)
            if drawn is not None and anc is not None:
                dated.append((drawn, anc))
        return max(dated, key=lambda result: (result[0], -result[1]), default=None)

    def newest_draw(self) -> dt.date | None:
        """The newest date of a blood draw whose result is given, None without one. Raises `UnknownValue`."""
        rows = (row for row in self.content.anc_results() if not self.content.is_empty(row.value))
        drawn = [self.content.date(row.drawn) for row in rows]
        return max((day for day in drawn if day is not None), default=None)


RuleFunction = Callable[[Case], Iterator[RuleResult]]
"""A rule of the catalogue: yields what it has to say about a case.

It may read values that are unknown: the `UnknownValue` raised makes the rule undecided, and the form goes to a person.
"""

RuleFunctions = Mapping[str, RuleFunction]
"""The functions of one group of rules, by number."""


def case_of(content: Content, received: dt.date, registry: Registry, rulebook: Rulebook) -> Case:
    """The case of one form, with the people on it looked up."""
    return Case(
        content=content,
        received=received,
        registry=registry,
        thresholds=rulebook.thresholds,
        doubts=rulebook.doubts,
        patient=identify_patient(content, registry),
        prescriber=identify_prescriber(content, registry),
    )
