"""A trained network as an ONNX file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from extractors.engines.recogniser import CELL_SIZE, LINE_HEIGHT
from samples.training.networks import CellNetwork


def export(network: nn.Module, file: Path) -> None:
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
