"""How well a network reads crops whose truth is known, by kind of writer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from extractors.engines.recogniser import CELL_ALPHABET, LINE_ALPHABET, STRUCK, greedy
from samples.training.batches import plain_batch
from samples.training.crops import CELL_LABELS, CellCrop, LineCrop


@dataclass(frozen=True, slots=True)
class Share:
    """So many right of so many."""

    what: str
    right: int
    of: int


@torch.no_grad()
def measure(network: nn.Module, crops: Sequence[CellCrop | LineCrop]) -> list[Share]:
    """The share read right, for each kind of writer and kind of content."""
    network.eval()
    read = [_read(network, crop) for crop in crops]
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for crop, text in zip(crops, read, strict=True):
        what = f"{crop.writer}, {_content(crop.label)}"
        of[what] += 1
        right[what] += text == crop.label
    return [Share(what, right[what], of[what]) for what in sorted(of)]


def table(shares: Sequence[Share]) -> str:
    """The shares as lines of text."""
    return "\n".join(f"{s.what:20s} {s.right:6d} of {s.of:6d}  {100 * s.right / s.of:6.2f} %" for s in shares)


def _read(network: nn.Module, crop: CellCrop | LineCrop) -> str:
    """The best reading under the field's format, as far as that says whether letters can stand there."""
    log_probs = network(plain_batch([crop.image]))[0].numpy()
    alphabet = CELL_ALPHABET if isinstance(crop, CellCrop) else LINE_ALPHABET
    if not any(map(str.isalpha, crop.label)):
        log_probs[..., [index for index, character in enumerate(alphabet) if character.isalpha()]] = -np.inf
    return CELL_LABELS[int(log_probs.argmax())] if isinstance(crop, CellCrop) else greedy(log_probs)


def _content(label: str) -> str:
    if not label:
        return "nothing"
    if STRUCK in label:
        return "struck"
    if label.isdigit():
        return "digits"
    return "letters" if any(map(str.isalpha, label)) else "with marks"
