"""A trained network as an ONNX file, its probabilities made honest first."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from extractors.engines.recogniser import CELL_SIZE, LINE_HEIGHT
from samples.training.batches import plain_batch
from samples.training.crops import CLASS_OF, LETTER_OF, CellCrop, LineCrop
from samples.training.networks import CellNetwork, LineNetwork

TEMPERATURES = np.round(np.arange(0.5, 2.51, 0.05), 2)


def export(network: CellNetwork | LineNetwork, file: Path) -> None:
    """Write the network, batch normalisation folded in, with free batch size (and width, for lines)."""
    network.eval()
    cell = isinstance(network, CellNetwork)
    example = torch.zeros(2, 1, CELL_SIZE, CELL_SIZE) if cell else torch.zeros(2, 1, LINE_HEIGHT, 64)
    axes = {"ink": {0: "count"}, "log_probs": {0: "count"}}
    if not cell:
        axes = {"ink": {0: "count", 3: "width"}, "log_probs": {0: "count", 1: "steps"}}
    torch.onnx.export(
        network,
        (example,),
        str(file),
        input_names=["ink"],
        output_names=["log_probs"],
        dynamic_axes=axes,
        dynamo=False,
        opset_version=17,
    )


def tempered(network: CellNetwork | LineNetwork, temperature: float) -> CellNetwork | LineNetwork:
    """The network with its logits divided by `temperature`."""
    cooled = copy.deepcopy(network)
    with torch.no_grad():
        for weight in cooled.answer.parameters():
            weight.div_(temperature)
    return cooled


@torch.no_grad()
def best_temperature(network: nn.Module, crops: Sequence[CellCrop | LineCrop]) -> float:
    """The temperature under which the crops' truths are most probable (Guo et al., 2017)."""
    network.eval()
    answers = [(network(plain_batch([crop.image])), crop) for crop in crops]
    losses = [sum(_loss(answer / float(t), crop) for answer, crop in answers) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _loss(scores: Tensor, crop: CellCrop | LineCrop) -> float:
    log_probs = scores.log_softmax(-1)
    if isinstance(crop, CellCrop):
        return -float(log_probs[0, CLASS_OF[crop.label]])
    letters = torch.tensor([[LETTER_OF[character] for character in crop.label]], dtype=torch.long)
    steps, blank = log_probs.shape[1], log_probs.shape[2] - 1
    sizes, lengths = torch.tensor([steps]), torch.tensor([len(crop.label)])
    return float(
        nn.functional.ctc_loss(log_probs.transpose(0, 1), letters, sizes, lengths, blank, "sum", zero_infinity=True)
    )
