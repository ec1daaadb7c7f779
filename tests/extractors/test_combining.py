"""Two readers weighed together: who wins, and what the chances are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import combining
from extractors.combining import CellReader, Committee, Floats, bare, line_reader, weigh
from extractors.engines import LogProbs
from extractors.formats import ZIP_COMB, Format


@dataclass(frozen=True)
class Believer:
    """A reader with fixed beliefs."""

    beliefs: Mapping[str, float]

    @property
    def best(self) -> str:
        """The text believed most."""
        return max(self.beliefs, key=lambda text: self.beliefs[text], default="")

    def candidates(self) -> Sequence[str]:
        """All of them."""
        return sorted(self.beliefs, key=lambda text: -self.beliefs[text])

    def chances(self, texts: Sequence[str]) -> Floats:
        """As given."""
        return np.array([self.beliefs.get(text, 0.0) for text in texts])


BELIEFS = st.dictionaries(st.from_regex(r"[0-9]{3}", fullmatch=True), st.floats(0.01, 1.0), max_size=4)


@given(BELIEFS, BELIEFS)
def test_chances_are_shared_out_and_ordered(one: dict[str, float], other: dict[str, float]) -> None:
    ranked = weigh([Believer(one), Believer(other)])
    assert bool(ranked) == bool(one or other)
    if ranked:
        chances = [weighed.chance for weighed in ranked]
        assert sum(chances) == pytest.approx(1.0)
        assert chances == sorted(chances, reverse=True)


def test_what_both_think_likely_beats_what_one_is_sure_of() -> None:
    ranked = weigh([Believer({"1850": 0.7, "1350": 0.3}), Believer({"1350": 0.55, "1850": 0.45})])
    assert ranked[0].text == "1850"
    assert ranked[0].chance == pytest.approx(0.7 * 0.45 / (0.7 * 0.45 + 0.3 * 0.55))


def test_spellings_of_one_number_count_together() -> None:
    ranked = weigh([Believer({"(218) 555-8406": 0.5, "218-555-8406": 0.4}), Believer({"(218) 555-8406": 1.0})])
    assert [weighed.text for weighed in ranked] == ["(218) 555-8406"]


def test_each_may_be_right_in_another_place() -> None:
    cells = CellReader([{"1": 0.9, "7": 0.1, "": 0.0}, {"4": 0.6, "9": 0.4, "": 0.0}])
    ranked = weigh([cells, Believer({"79": 0.6, "19": 0.3, "14": 0.1})])
    assert ranked[0].text == "19"  # the first cell's 1 and the line's 9: the second choice of either


@given(st.lists(st.sampled_from("0123456789 "), min_size=1, max_size=6))
def test_cells_of_one_mind_leave_no_chance_to_another_text(written: list[str]) -> None:
    cells = CellReader([{character.strip(): 1.0, "": float(character == " ")} for character in written])
    text = "".join(written).replace(" ", "")
    assert cells.best == text
    assert list(cells.chances([text, text + "1"])) == [1.0, 0.0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("(218) 555-8406", "2185558406", True), ("2.1", "21", False), ("03/07/1951", "03071951", True)],
)
def test_readings_are_the_same_by_their_characters_and_decimal_points(one: str, other: str, same: bool) -> None:
    assert (bare(one) == bare(other)) is same


def test_a_committee_speaks_with_the_mean_of_its_members() -> None:
    one, other = Believer({"1850": 0.9, "1350": 0.1}), Believer({"1850": 0.4, "1350": 0.6})
    committee = Committee((one, other))
    assert committee.best == "1850"
    assert committee.candidates() == ["1850", "1350"]
    assert list(committee.chances(["1850", "1350"])) == pytest.approx([0.6, 0.06**0.5])


def test_a_line_is_weighed_once_for_every_text(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    weighing = combining.probabilities

    def counted(log_probs: LogProbs, alphabet: str, expected: Format, texts: Sequence[str]) -> Floats:
        asked.extend(texts)
        return weighing(log_probs, alphabet, expected, texts)

    monkeypatch.setattr(combining, "probabilities", counted)
    rng = np.random.default_rng(3)
    noise = [rng.dirichlet(np.full(11, 0.3), 12).astype(np.float32) for _ in range(2)]
    lines = [line_reader(np.log(np.maximum(steps, 1e-9)), "0123456789", ZIP_COMB) for steps in noise]
    committee = Committee(tuple(lines))
    ranked = weigh([committee, committee])
    assert committee.best == ranked[0].text
    assert len(asked) == 2 * len(set(asked)), "each of the two lines is asked once for a text"


def test_a_committee_that_sees_nothing_says_nothing() -> None:
    assert Committee((Believer({}), Believer({}))).best == ""
