"""Format-constrained decoding of an engine's output: the most probable text that has the field's format.

Steps: fold the engine's characters into the format's symbols (look-alikes add up), find the best path through the
format's automaton (Viterbi over CTC steps), then weigh that text against its neighbours (one symbol changed, dropped or
added) by their full CTC probability (Graves et al. 2006, the forward algorithm), all neighbours in one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractors.engines import LogProbs
from extractors.formats import Format, Symbol

SURE_BLANK = 0.9999  # steps in a row that are blank with at least this probability count as one
OTHERS = 8  # texts handed out beside the most probable one
ALTERNATIVES = 3  # symbols tried in a place beside the best
LEAST_EMISSION = 1e-4  # a symbol below this probability is not tried
LEAST_PROBABILITY = 1e-30  # stands for 0 where a logarithm is taken
IMPOSSIBLE = -1e9  # log-probability of what the format forbids

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text under the format.

    `probability`: the engine's own belief in the text (all CTC paths, look-alikes added), 0 to 1, not calibrated.
    `others`: the next probable texts found, the likeliest first. `margin`: natural log of how many times more probable
    the text is than the first of them (>= 0).
    """

    text: str
    probability: float
    others: tuple[str, ...] = ()
    margin: float = 0.0

    @property
    def runner_up(self) -> str:
        """The next probable text found."""
        return self.others[0] if self.others else ""


NOTHING = Decoded("", 0.0)


def decode(log_probs: LogProbs, alphabet: str, expected: Format) -> Decoded:
    """The most probable text of the format.

    Args:
        log_probs: T x (len(alphabet) + 1) natural logarithms, the CTC blank last.
        alphabet: the engine's characters, one a column.
        expected: the field's format.

    Returns:
        `Decoded` with an empty text and probability 0 where there are fewer steps than the format needs symbols.
    """
    automaton = _compiled(expected, alphabet)
    emissions = _without_sure_blanks(np.exp(log_probs.astype(np.float64)) @ automaton.folding)
    automaton, emissions = _narrowed(automaton, emissions)
    path = _best_path(emissions, automaton)
    if not path:
        return NOTHING
    candidates = list(_neighbours(path, emissions, automaton))
    return _weighed(candidates, _ctc_probabilities(candidates, emissions, automaton.texts), automaton)


def probabilities(log_probs: LogProbs, alphabet: str, expected: Format, texts: Sequence[str]) -> Floats:
    """The engine's belief in each of some texts, all CTC paths and look-alikes added; 0 for what the format forbids.

    Args:
        log_probs: T x (len(alphabet) + 1) natural logarithms, the CTC blank last.
        alphabet: the engine's characters, one a column.
        expected: the field's format.
        texts: N texts.

    Returns:
        N probabilities.
    """
    automaton = _compiled(expected, alphabet)
    column = {symbol.text: i for i, symbol in reversed(list(enumerate(automaton.symbols)))}
    beliefs = np.zeros(len(texts))
    spelt = [i for i, text in enumerate(texts) if text and column.keys() >= set(text)]
    if spelt:
        emissions = _without_sure_blanks(np.exp(log_probs.astype(np.float64)) @ automaton.folding)
        sequences = [tuple(column[character] for character in texts[i]) for i in spelt]
        beliefs[spelt] = _ctc_probabilities(sequences, emissions, automaton.texts)
    return beliefs


# -------------------- the format over the alphabet


@dataclass(frozen=True, slots=True)
class _Automaton:
    """A format compiled for an alphabet: S symbols, Q places; place Q is the beginning, Q + 1 the end."""

    symbols: tuple[Symbol, ...]
    texts: NDArray[np.intp]  # S: equal for symbols of equal text, between which CTC needs a blank
    folding: Floats  # (C + 1) x (S + 1): how much of each column counts for each symbol; blank last in both
    allowed: Floats  # (Q + 2) x S: 0 where the symbol can stand, IMPOSSIBLE where not
    before: NDArray[np.intp]  # (Q + 2) x K: the places that can come before each, filled up with Q + 1
    last: NDArray[np.intp]
    follow: frozenset[tuple[int, int]]  # with the beginning and the end


@lru_cache(maxsize=128)
def _compiled(expected: Format, alphabet: str) -> _Automaton:
    pattern = expected.pattern
    symbols = tuple({id(symbol): symbol for place in pattern.places for symbol in place}.values())
    index = {id(symbol): i for i, symbol in enumerate(symbols)}
    start, end = len(pattern.places), len(pattern.places) + 1
    allowed = np.full((end + 1, len(symbols)), IMPOSSIBLE)
    for place, choices in enumerate(pattern.places):
        allowed[place, [index[id(symbol)] for symbol in choices]] = 0.0
    follow = pattern.follow | {(start, place) for place in pattern.first} | {(place, end) for place in pattern.last}
    sources: list[list[int]] = [[a for a, b in follow if b == place] for place in range(start)]
    before = np.full((end + 1, max(map(len, sources))), end)
    for place, earlier in enumerate(sources):
        before[place, : len(earlier)] = earlier
    folding = _folding(symbols, alphabet, expected.nothing)
    numbers = {symbol.text: i for i, symbol in enumerate(symbols)}
    texts = np.array([numbers[symbol.text] for symbol in symbols])
    return _Automaton(symbols, texts, folding, allowed, before, np.array(sorted(pattern.last)), frozenset(follow))


def _folding(symbols: tuple[Symbol, ...], alphabet: str, nothing: str) -> Floats:
    column = {character: i for i, character in enumerate(alphabet)}
    folding = np.zeros((len(alphabet) + 1, len(symbols) + 1))
    for i, symbol in enumerate(symbols):
        for look, weight in symbol.looks.items():
            if look in column:
                folding[column[look], i] = weight
    folding[len(alphabet), len(symbols)] = 1.0
    for character in nothing:
        if character in column:
            folding[column[character], len(symbols)] = 1.0
    return folding


def _narrowed(automaton: _Automaton, emissions: Floats) -> tuple[_Automaton, Floats]:
    """Only the symbols that the engine saw a trace of, and the best of each place: none is to be empty."""
    peaks = emissions[:, :-1].max(0)
    keep = peaks > LEAST_EMISSION
    keep[np.argmax(automaton.allowed[:-2] + peaks, axis=1)] = True
    kept = np.flatnonzero(keep)
    symbols = tuple(automaton.symbols[i] for i in kept)
    narrow = replace(automaton, symbols=symbols, texts=automaton.texts[kept], allowed=automaton.allowed[:, kept])
    return narrow, emissions[:, np.append(keep, True)]


def _without_sure_blanks(emissions: Floats) -> Floats:
    """The steps, a run of sure blanks kept as one."""
    sure = emissions[:, -1] >= SURE_BLANK
    return emissions[~(sure & np.roll(sure, 1) & (np.arange(len(sure)) > 0))]


# -------------------- the best path


@dataclass(frozen=True, slots=True)
class _Shown:
    """A symbol on the best path: the format's place, the symbol's column, the step at which it appears."""

    place: int
    symbol: int
    step: int


def _best_path(emissions: Floats, automaton: _Automaton) -> list[_Shown]:
    """The most probable path (Viterbi); empty where none fits."""
    scores = np.log(np.maximum(emissions, LEAST_PROBABILITY))
    places = len(automaton.allowed)
    rows = np.arange(places)
    ended = np.full_like(automaton.allowed, IMPOSSIBLE)  # best path whose last step showed symbol s in place q
    blank = np.full(places, IMPOSSIBLE)  # best path in place q whose last step was blank
    blank[places - 2] = 0.0
    history = [(ended, blank)]
    for step in scores:
        top = ended.argmax(1)
        best = ended[rows, top]
        # the best path out of place q that symbol s may follow: the same text again needs a blank between
        same = automaton.texts == automaton.texts[top][:, None]
        other = np.where(same, IMPOSSIBLE, ended).max(1)
        leaving = np.maximum(blank[:, None], np.where(same, other[:, None], best[:, None]))
        entering = leaving[automaton.before].max(1)
        blank = np.maximum(blank, best) + step[-1]
        ended = np.maximum(ended, entering) + automaton.allowed + step[:-1]
        history.append((ended, blank))
    return _traced(history, automaton)


def _traced(history: list[tuple[Floats, Floats]], automaton: _Automaton) -> list[_Shown]:
    """The path backwards, each decision taken again from the scores kept."""
    ended, blank = history[-1]
    place = int(max(automaton.last, key=lambda q: max(ended[q].max(), blank[q])))
    if max(ended[place].max(), blank[place]) < IMPOSSIBLE / 2:
        return []
    symbol = _latest(ended, blank, place)
    path = []
    for step in range(len(history) - 2, -1, -1):
        ended, blank = history[step]
        if symbol < 0:
            symbol = _latest(ended, blank, place)
            continue
        origin = _origin(ended, blank, place, symbol, automaton)
        if origin != (place, symbol):
            path.append(_Shown(place, symbol, step))
        place, symbol = origin
    return path[::-1]


def _latest(ended: Floats, blank: Floats, place: int) -> int:
    """What the best path in a place showed last: a symbol, or -1 for blank."""
    return -1 if blank[place] >= ended[place].max() else int(ended[place].argmax())


def _origin(ended: Floats, blank: Floats, place: int, symbol: int, automaton: _Automaton) -> tuple[int, int]:
    """Where the best path to (place, symbol) was one step earlier: (place, symbol), symbol -1 for blank."""
    best, origin = ended[place, symbol], (place, symbol)
    same = automaton.texts == automaton.texts[symbol]
    for earlier in map(int, automaton.before[place]):
        others = np.where(same, IMPOSSIBLE, ended[earlier])
        if others.max() > best:
            best, origin = others.max(), (earlier, int(others.argmax()))
        if blank[earlier] > best:
            best, origin = blank[earlier], (earlier, -1)
    return origin


# -------------------- its neighbours' weight


def _neighbours(path: list[_Shown], emissions: Floats, automaton: _Automaton) -> Iterable[tuple[int, ...]]:
    """The path's symbols, then the texts of the format that differ in one symbol (changed, dropped or added)."""
    symbols = tuple(shown.symbol for shown in path)
    start = len(automaton.allowed) - 2
    yield symbols
    for i, shown in enumerate(path):
        before, after = symbols[:i], symbols[i + 1 :]
        place_before = path[i - 1].place if i else start
        place_after, next_step = (path[i + 1].place, path[i + 1].step) if after else (start + 1, None)
        steps = emissions[shown.step : next_step]
        peaks = steps[:, :-1].max(0)
        own, peaks[shown.symbol] = peaks[shown.symbol], 0.0
        for other in _likely(peaks, automaton.allowed[shown.place]):
            yield (*before, other, *after)
        if own < 1 - LEAST_EMISSION and (place_before, place_after) in automaton.follow and len(path) > 1:
            yield before + after
        for place in map(int, automaton.before[place_after]):
            if (shown.place, place) in automaton.follow:
                added = _likely(peaks, automaton.allowed[place])[:1]
                if automaton.allowed[place, shown.symbol] == 0 and _seen_again(steps, shown.symbol):
                    added.append(shown.symbol)
                yield from ((*before, shown.symbol, other, *after) for other in added)


def _seen_again(steps: Floats, symbol: int) -> bool:
    """Whether a symbol comes back after the likeliest blank of its steps: perhaps two equal ones stand there."""
    later = steps[int(steps[:, -1].argmax()) + 1 :, symbol]
    return bool(later.max(initial=0.0) > LEAST_EMISSION)


def _likely(peaks: Floats, allowed: Floats) -> list[int]:
    """The symbols allowed in a place that the engine saw most of, best first."""
    peaks = np.where(allowed == 0, peaks, 0.0)
    best = np.argsort(peaks)[: -ALTERNATIVES - 1 : -1]
    return [int(symbol) for symbol in best if peaks[symbol] > LEAST_EMISSION]


def _ctc_probabilities(candidates: list[tuple[int, ...]], emissions: Floats, texts: NDArray[np.intp]) -> Floats:
    """The probability of each symbol sequence, summed over all CTC paths (forward algorithm), all sequences at once."""
    blank = emissions.shape[1] - 1
    lengths = np.array([len(candidate) for candidate in candidates])
    labels = np.full((len(candidates), 2 * lengths.max() + 1), blank)
    for row, candidate in zip(labels, candidates, strict=True):
        row[1 : 2 * len(candidate) : 2] = candidate
    skips = np.zeros(labels.shape)  # 1 where a symbol may follow the one before without a blank between
    shown_texts = np.append(texts, -1)[labels]
    skips[:, 3::2] = shown_texts[:, 3::2] != shown_texts[:, 1:-2:2]
    alpha = np.zeros((len(candidates), labels.shape[1] + 2))  # two columns more at the left, always 0
    alpha[:, 2] = 1.0
    log_scale = 0.0
    for step, seen in enumerate(emissions):
        if step:
            alpha[:, 2:] += alpha[:, 1:-1] + skips * alpha[:, :-2]
        else:
            alpha[:, 3] = 1.0
        alpha[:, 2:] *= seen[labels]  # step by step: all at once would be T x N x (2 L + 1), 600 MB of a noisy line
        scale = alpha.max()
        if scale <= 0:
            return np.zeros(len(candidates))
        alpha /= scale
        log_scale += np.log(scale)
    rows = np.arange(len(candidates))
    return np.asarray((alpha[rows, 2 * lengths + 2] + alpha[rows, 2 * lengths + 1]) * np.exp(log_scale))


def _weighed(candidates: list[tuple[int, ...]], probabilities: Floats, automaton: _Automaton) -> Decoded:
    """The most probable text and the next ones."""
    beliefs: dict[str, float] = {}
    for candidate, probability in zip(candidates, probabilities, strict=True):
        text = "".join(automaton.symbols[symbol].text for symbol in candidate)
        beliefs[text] = max(beliefs.get(text, 0.0), float(probability))
    ranked = sorted(beliefs.items(), key=lambda item: -item[1])
    (text, probability), next_best = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
    others = tuple(other for other, _ in ranked[1 : 1 + OTHERS])
    margin = float(np.log(max(probability, 1e-300)) - np.log(max(next_best, 1e-300)))
    return Decoded(text, min(probability, 1.0), others, max(margin, 0.0))
