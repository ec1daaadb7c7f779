"""The words of a notice as a person edits them, as a file (YAML) or in a browser, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import yaml

from pipeline.errors import NoticeTextError
from pipeline.notice.notice import Draft, Notice, Point

HEAD = """\
# A notice to the sender, as it will stand on the page. Change any words; take out points, or the pictures of points;
# empty what shall not stand there. An empty `to` or `fax` leaves a line to be filled in by hand.
"""

NEEDED = ("sender", "title", "opening", "what_to_do", "questions")
"""What no notice can go without, besides a point."""

WIDTH = 110
"""Characters in a line of the file."""


def as_text(draft: Draft) -> str:
    """The draft as YAML; what the operator has to know stands above it as comments."""
    remarks = [f"# - {remark}" for remark in draft.remarks]
    if remarks:
        remarks = ["#", "# For you, not for the sender:", *remarks]
    words: dict[str, Any] = {name: getattr(draft.notice, name) for name in part_names()}
    words["points"] = [_point_as_words(point) for point in draft.notice.points]
    body = yaml.safe_dump(words, sort_keys=False, allow_unicode=True, width=WIDTH)
    return "\n".join([HEAD.rstrip(), *remarks, "", body])


def from_text(text: str) -> Notice:
    """The notice that an edited file says.

    Raises:
        NoticeTextError: it is no YAML, has keys that a notice does not have, or lacks what no notice can go without.
            The message names keys, never what they say.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise NoticeTextError(f"notice text: no YAML{f' in line {mark.line + 1}' if mark else ''}") from None
    words = _mapping(data, {*part_names(), "points"}, "the file")
    points = words.pop("points", None)
    if not isinstance(points, list):
        raise NoticeTextError("notice text: it has no points")
    said = {name: _words(words.get(name), name) for name in part_names()}
    return checked(Notice(points=tuple(_point(point, number) for number, point in enumerate(points, start=1)), **said))


def checked(notice: Notice) -> Notice:
    """A notice that somebody has written, its words on one line each.

    Raises:
        NoticeTextError: it lacks what no notice can go without, or a point says nothing.
    """
    said = {name: _words(getattr(notice, name), name) for name in part_names()}
    points = tuple(
        Point(*(_words(part, "point") for part in (point.place, point.says, point.picture))) for point in notice.points
    )
    if not points:
        raise NoticeTextError("notice text: it has no points")
    for number, point in enumerate(points, start=1):
        if not point.says:
            raise NoticeTextError(f"notice text: point {number} says nothing")
    for name in NEEDED:
        if not said[name]:
            raise NoticeTextError(f"notice text: {name} is empty")
    return Notice(points=points, **said)


def part_names() -> list[str]:
    """The parts of a notice but its points, from top to bottom."""
    return [field.name for field in fields(Notice) if field.name != "points"]


def _point_as_words(point: Point) -> dict[str, str]:
    words = {"place": point.place, "says": point.says, "picture": point.picture}
    return {name: value for name, value in words.items() if value}


def _point(data: object, number: int) -> Point:
    where = f"point {number}"
    words = _mapping(data, {"place", "says", "picture"}, where)
    said = {name: _words(value, f"{where}: {name}") for name, value in {"place": "", "says": "", **words}.items()}
    return Point(**said)


def _mapping(data: object, allowed: set[str], where: str) -> dict[str, object]:
    if not isinstance(data, dict):
        raise NoticeTextError(f"notice text: {where} has no keys")
    if unknown := {str(key) for key in data} - allowed:
        raise NoticeTextError(
            f"notice text: {where} has {len(unknown)} unknown keys; it may have {', '.join(sorted(allowed))}"
        )
    return dict(data)


def _words(value: object, where: str) -> str:
    """Words on one line; a number or a date that somebody wrote without quotes is taken as written."""
    if isinstance(value, dict | list):
        raise NoticeTextError(f"notice text: {where} has to be words")
    return "" if value is None else " ".join(str(value).split())
