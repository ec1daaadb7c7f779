"""Two readers of the same ink, weighed together: every text that either could mean, by the chance that both give it.

The readers see different crops through different networks, so their chances are multiplied (a product of experts:
Hinton, 2002) and shared out among the texts. Nothing but ink is weighed here: no calendar, no check digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from extractors.decoding import Decoded, decode, probabilities
from extractors.engines import LogProbs
from extractors.formats import Format

Floats = NDArray[np.float64]

LEAST_CHANCE = 1e-4  # that a reader gives any text: none is excluded by one reader alone
CELL_ALTERNATIVES = 3  # characters tried in a cell beside the likeliest
LEAST_IN_CELL = 1e-4  # a character below this chance is not tried


class Reader(Protocol):
    """Somebody's belief in texts."""

    @property
    def best(self) -> str:
        """The likeliest text; empty where nothing is seen."""
        ...

    def candidates(self) -> Sequence[str]:
        """Texts that the reader could mean, the likeliest first."""
        ...

    def chances(self, texts: Sequence[str]) -> Floats:
        """The reader's belief in each of N texts, 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class LineReader:
    """An engine's output for a line under the field's format."""

    log_probs: LogProbs
    alphabet: str
    expected: Format
    decoded: Decoded
    _told: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def best(self) -> str:
        """The likeliest text of the format."""
        return self.decoded.text

    def candidates(self) -> Sequence[str]:
        """The likeliest text and its neighbours."""
        return [self.decoded.text, *self.decoded.others] if self.decoded.text else []

    def chances(self, texts: Sequence[str]) -> Floats:
        """By all CTC paths."""
        return _told_once(self._told, texts, self._weigh)

    def _weigh(self, texts: Sequence[str]) -> Floats:
        return probabilities(self.log_probs, self.alphabet, self.expected, texts)


def line_reader(log_probs: LogProbs, alphabet: str, expected: Format) -> LineReader:
    """The reader of one engine's output (T x (len(alphabet) + 1) log-probabilities, blank last)."""
    return LineReader(log_probs, alphabet, expected, decode(log_probs, alphabet, expected))


@dataclass(frozen=True, slots=True)
class CellReader:
    """A comb's cells in order: the chance of each character that may stand there, of "" that it is empty."""

    cells: Sequence[Mapping[str, float]]
    _told: dict[str, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def best(self) -> str:
        """The likeliest content of every cell."""
        return "".join(self._likeliest())

    def candidates(self) -> Sequence[str]:
        """The likeliest text, and those that differ from it in one cell."""
        likeliest = self._likeliest()
        texts = [likeliest]
        for index, cell in enumerate(self.cells):
            others = sorted(cell, key=lambda character: -cell[character])[: CELL_ALTERNATIVES + 1]
            texts += [
                [*likeliest[:index], other, *likeliest[index + 1 :]]
                for other in others
                if other != likeliest[index] and cell[other] > LEAST_IN_CELL
            ]
        return list(dict.fromkeys("".join(text) for text in texts))

    def chances(self, texts: Sequence[str]) -> Floats:
        """The chance that the cells hold just these characters, whichever of them are the empty ones."""
        return _told_once(self._told, texts, self._weigh)

    def _likeliest(self) -> list[str]:
        return [max(cell, key=lambda character: cell[character]) for cell in self.cells]

    def _weigh(self, texts: Sequence[str]) -> Floats:
        return np.array([self._chance(text) for text in texts])

    def _chance(self, text: str) -> float:
        told = [1.0] + [0.0] * len(text)  # the chance that the cells so far hold the text's first 0, 1, … characters
        for cell in self.cells:
            for count in range(len(text), 0, -1):
                told[count] = told[count] * cell[""] + told[count - 1] * cell.get(text[count - 1], 0.0)
            told[0] *= cell[""]
        return told[-1]


@dataclass(frozen=True, slots=True)
class Committee:
    """Readers of one kind who speak with one voice: the geometric mean of their chances."""

    members: tuple[Reader, ...]

    @property
    def best(self) -> str:
        """The likeliest text by all members."""
        candidates = self.candidates()
        return candidates[int(self.chances(candidates).argmax())] if candidates else ""

    def candidates(self) -> Sequence[str]:
        """What any member could mean."""
        return list(dict.fromkeys(text for member in self.members for text in member.candidates()))

    def chances(self, texts: Sequence[str]) -> Floats:
        """The members' mean."""
        chances = [np.log(np.maximum(member.chances(texts), LEAST_CHANCE)) for member in self.members]
        return np.asarray(np.exp(np.mean(chances, axis=0)))


@dataclass(frozen=True, slots=True)
class Weighed:
    """A text and its chance (0 to 1) beside all others that were weighed."""

    text: str
    chance: float


def weigh(readers: Sequence[Reader]) -> list[Weighed]:
    """Every text that a reader could mean, the likeliest by all of them first; empty where none means anything.

    Texts that differ only in what stands between the characters that count count as one.
    """
    candidates = [text for reader in readers for text in reader.candidates()]
    texts = list(dict.fromkeys(filter(None, candidates + _mixed(readers))))
    if not texts:
        return []
    chances = np.prod([np.maximum(reader.chances(texts), LEAST_CHANCE) for reader in readers], axis=0)
    together: dict[str, float] = {}
    spelling: dict[str, tuple[float, str]] = {}
    for text, chance in zip(texts, chances.tolist(), strict=True):
        key = bare(text)
        together[key] = together.get(key, 0.0) + chance
        spelling[key] = max(spelling.get(key, (0.0, "")), (chance, text))
    total = sum(together.values())
    ranked = sorted(together, key=lambda key: -together[key])
    return [Weighed(spelling[key][1], together[key] / total) for key in ranked]


def _told_once(told: dict[str, float], texts: Sequence[str], ask: Callable[[Sequence[str]], Floats]) -> Floats:
    """The chances of texts, each asked for once: a committee asks its members again and again."""
    new = [text for text in dict.fromkeys(texts) if text not in told]
    if new:
        told.update(zip(new, ask(new).tolist(), strict=True))
    return np.array([told[text] for text in texts])


def bare(text: str) -> str:
    """The characters that count: letters, digits, decimal points."""
    return "".join(character for character in text if character.isalnum() or character == ".")


def _mixed(readers: Sequence[Reader]) -> list[str]:
    """Where the readers' best texts are equally long: one's text with the other's opinion in a single place."""
    bests = [reader.best for reader in readers]
    return [
        one[:place] + other[place] + one[place + 1 :]
        for one in bests
        for other in bests
        if len(one) == len(other)
        for place in range(len(one))
        if one[place] != other[place]
    ]
