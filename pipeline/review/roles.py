"""Who may do what at the review station, as far as it hangs on the person alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is at the station."""

    OPERATOR = "operator"  # decides what waits
    SUPERVISOR = "supervisor"  # decides what was escalated, overrides findings, takes items over
    AUDITOR = "auditor"  # sees everything, changes nothing
    ADMINISTRATOR = "administrator"  # makes users; sees no form


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person at the station; `decides_prescriber_only`: may decide content that only a prescriber may sign."""

    name: str
    role: Role
    decides_prescriber_only: bool = False

    @property
    def decides(self) -> bool:
        """Whether they decide forms at all."""
        return self.role in (Role.OPERATOR, Role.SUPERVISOR)

    @property
    def supervises(self) -> bool:
        """Whether they may override, and take over what others hold."""
        return self.role is Role.SUPERVISOR

    @property
    def sees_everything(self) -> bool:
        """Whether they see items that they do not hold."""
        return self.role in (Role.SUPERVISOR, Role.AUDITOR)
