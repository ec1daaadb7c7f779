"""The classes of documents and how long each is kept: data that the operator of a programme fills in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import RetentionUnusable

SHIPPED = Path(__file__).with_name("classes.yaml")

NO_FORM = "no_form"
"""The class of documents in which no form is."""

SHORTEST_YEARS = 0.1
"""36 days: blind checks are drawn from four weeks, and whoever keys one needs its pictures."""

YEAR = dt.timedelta(days=365.25)


class DocumentClass(BaseModel):
    """A class: the decisions and forms that fall into it (None: all), and for how long it is kept (None: for ever)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"[a-z][a-z0-9_]{0,31}")
    what: str
    years: float | None = Field(ge=SHORTEST_YEARS)
    routes: tuple[str, ...] | None = None
    forms: tuple[str, ...] | None = None

    @property
    def period(self) -> dt.timedelta | None:
        """How long it is kept; None: for ever."""
        return None if self.years is None else self.years * YEAR

    def fits(self, form_id: str, route: str) -> bool:
        """Whether a form with that decision falls into it."""
        if self.routes is not None and route not in self.routes:
            return False
        return self.forms is None or any(fnmatchcase(form_id, pattern) for pattern in self.forms)


class Retention(BaseModel):
    """All classes, in the order in which a form is tried on them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[DocumentClass, ...]

    @model_validator(mode="after")
    def _complete(self) -> Retention:
        names = [one.name for one in self.classes]
        if len(set(names)) != len(names):
            raise ValueError("two classes have the same name")
        if NO_FORM not in names:
            raise ValueError(f"the class {NO_FORM} is missing")
        if not any(one.routes is None and one.forms is None for one in self._of_forms()):
            raise ValueError("a last class is missing that fits every form")
        return self

    def class_of(self, forms: Iterable[tuple[str, str]]) -> DocumentClass:
        """The class that a document is kept by, the longest of its forms'; `forms` are their ids and decisions."""
        found = [next(one for one in self._of_forms() if one.fits(*form)) for form in forms]
        if not found:
            return next(one for one in self.classes if one.name == NO_FORM)
        return max(found, key=lambda one: one.period or dt.timedelta.max)

    @property
    def shortest(self) -> dt.timedelta | None:
        """The shortest period; None: everything is kept for ever."""
        return min((one.period for one in self.classes if one.period is not None), default=None)

    def _of_forms(self) -> list[DocumentClass]:
        return [one for one in self.classes if one.name != NO_FORM]


def read_retention(file: Path | None) -> Retention:
    """The classes in that file; without one those that are shipped, which keep everything.

    Raises:
        RetentionUnusable: the file cannot be read or is not as it must be; nothing is removed.
    """
    try:
        return Retention.model_validate(yaml.safe_load((file or SHIPPED).read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RetentionUnusable(f"retention: {place}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RetentionUnusable(f"retention: the file of classes cannot be read ({type(error).__name__})") from None
