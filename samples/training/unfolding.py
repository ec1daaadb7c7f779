"""A shipped network as one that can go on learning: from its ONNX file back to weights that PyTorch trains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from samples.training.networks import CellNetwork, LineNetwork

Network = CellNetwork | LineNetwork


def load_exported(network: Network, file: Path, batches: Sequence[Tensor]) -> None:
    """Give the network the weights of an exported file of the same shape.

    Exporting folds each batch normalisation into the convolution before it. The network's normalisations are therefore
    set to what they see in `batches`, and then to undo it: evaluated, the network says what the file says; trained, it
    begins from there as well.

    Args:
        network: of the file's kind and size; changed in place.
        file: written by `samples.training.export`.
        batches: inputs as in training, N x 1 x height x width each, a few hundred images in all.
    """
    graph = onnx.load(str(file)).graph
    folded = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    inputs = [list(node.input) for node in graph.node if node.op_type in ("Conv", "Gemm")]
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    following = iter(norms)
    with torch.no_grad():
        for layer, (_, weight, bias) in zip(_in_order(network, layers), inputs, strict=True):
            layer.weight.copy_(folded[weight])
            if layer.bias is None:
                _pass_on(next(following), folded[bias])
            else:
                layer.bias.copy_(folded[bias])
    _settle(network, norms, batches)


def _in_order(network: Network, layers: Sequence[nn.Module]) -> list[nn.Module]:
    """The layers as the data goes through them: the answer last."""
    return [layer for layer in layers if layer is not network.answer] + [network.answer]


def _pass_on(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    """A normalisation that adds the bias and changes nothing else."""
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0 - norm.eps)
    norm.weight.fill_(1.0)
    norm.bias.copy_(bias)


@torch.no_grad()
def _settle(network: Network, norms: Sequence[nn.BatchNorm2d], batches: Sequence[Tensor]) -> None:
    """Mean and variance of what each normalisation sees, weight and bias so that they change nothing."""
    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64) for norm in norms}

    def look(norm: nn.Module, seen: tuple[Tensor, ...]) -> None:
        values = seen[0].transpose(0, 1).flatten(1).double()
        sums[norm] += torch.stack([torch.full((len(values),), values.shape[1]), values.sum(1), (values**2).sum(1)])

    network.eval()
    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    for batch in batches:
        network(batch)
    for hook in hooks:
        hook.remove()
    for norm, (count, total, squares) in sums.items():
        mean = total / count
        variance = (squares / count - mean**2).clamp_min(1e-6)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
