"""Train one of the recogniser's networks and export it: `python -m samples.training.train --help`."""

from __future__ import annotations

import argparse
import copy
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from extractors.engines.recogniser import Size
from samples.training.batches import cell_batch, line_batches
from samples.training.export import best_temperature, export, tempered
from samples.training.measure import measure, table
from samples.training.networks import CellNetwork, LineNetwork
from samples.training.pens import faces_named, load_writers
from samples.training.pool import Pool, load_harvest, validation_crops
from samples.training.unfolding import load_exported

log = logging.getLogger("training")

SAVE_EVERY = 100
"""Steps between checkpoints."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; `steps_a_minute` turns minutes into steps, so that they mean the same everywhere."""

    batch: int
    steps_a_minute: int
    sheets_a_step: float  # how fast new sheets come in
    window: int  # sheets in the pool
    harvest_for_half: int  # harvested crops from which they are half of every batch; of fewer, fewer are taken
    learning_rate: float


RECIPES = {
    "cell": Recipe(
        batch=256, steps_a_minute=220, sheets_a_step=0.10, window=120, harvest_for_half=60_000, learning_rate=4e-3
    ),
    "line": Recipe(
        batch=32, steps_a_minute=420, sheets_a_step=0.045, window=120, harvest_for_half=12_000, learning_rate=2.5e-3
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, then print the validation table."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    held_out = load_writers(options.fonts, options.mnist, held_out=True)
    log.info("held out: %s", ", ".join(faces_named(held_out)))
    validation = validation_crops(options.net, held_out, sheets=options.validation_sheets)
    average = train(options)
    if options.harvest_held_out:
        validation += load_harvest(options.harvest_held_out, options.net)
    log.info("\n%s", table(measure(average, validation)))
    temperature = best_temperature(average, validation)
    log.info("temperature %.2f", temperature)
    export(tempered(average, temperature), options.out / f"{options.net}{options.size}.onnx")


def train(options: argparse.Namespace) -> CellNetwork | LineNetwork:
    """The network with the running average of its weights, after all steps."""
    recipe = RECIPES[options.net]
    writers = load_writers(options.fonts, options.mnist, held_out=False)
    harvested = load_harvest(options.harvest, options.net) if options.harvest else []
    log.info(
        "%d typed and %d handwriting faces, %d harvested crops", len(writers.typed), len(writers.hand), len(harvested)
    )
    share = 0.5 * min(1.0, len(harvested) / recipe.harvest_for_half)
    share = share if options.harvest_share is None else options.harvest_share
    pool = Pool(options.net, writers, options.seed, recipe.window, harvested, share)
    torch.manual_seed(options.seed)
    network = (CellNetwork if options.net == "cell" else LineNetwork)(options.size)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    if options.start:
        _begin_with(network, options, pool, recipe)
    average = copy.deepcopy(network).eval()
    steps = max(1, round(options.minutes * recipe.steps_a_minute))
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=0.02)
    checkpoint = options.out / f"{options.net}{options.size}.pt"
    first = _resume(checkpoint, network, average, optimizer) if options.resume and checkpoint.exists() else 0
    began, recent = time.monotonic(), 0.0
    for step in range(first, steps):
        pool.advance(recipe.window + int(step * recipe.sheets_a_step))
        torch.manual_seed(options.seed * 1_000_003 + step)  # dropout
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * options.rate * _schedule(step, steps)
        loss = _loss(options.net, network, pool, recipe, step, options.seed)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        _average_in(average, network, step - first)
        recent = 0.98 * recent + 0.02 * float(loss.detach()) if recent else float(loss.detach())
        if step % SAVE_EVERY == SAVE_EVERY - 1:
            _save(checkpoint, network, average, optimizer, step + 1)
            log.info("step %d of %d, loss %.4f, %.0f s", step + 1, steps, recent, time.monotonic() - began)
    _save(checkpoint, network, average, optimizer, steps)
    return average


def _begin_with(network: CellNetwork | LineNetwork, options: argparse.Namespace, pool: Pool, recipe: Recipe) -> None:
    """Give the network the weights of a checkpoint's average, or of a shipped file."""
    if options.start.suffix != ".onnx":
        network.load_state_dict(torch.load(options.start, weights_only=True)["average"])
        return
    pool.advance(recipe.window)
    rng = np.random.default_rng([options.seed, 3])
    crops = pool.pick(512, 0)
    batches = [cell_batch(crops, rng)[0]] if options.net == "cell" else [run for run, _, _ in line_batches(crops, rng)]
    load_exported(network, options.start, batches)


def _loss(net: str, network: nn.Module, pool: Pool, recipe: Recipe, step: int, seed: int) -> Tensor:
    """The step's loss; a line step is made of several runs of lines of like width."""
    network.train()
    rng = np.random.default_rng([seed, 2, step])
    crops = pool.pick(recipe.batch, step)
    if net == "cell":
        images, classes = cell_batch(crops, rng)
        return _smoothed(network(images), classes)
    losses = []
    for images, targets, lengths in line_batches(crops, rng):
        log_probs = network(images).transpose(0, 1)
        sizes = torch.full((len(images),), len(log_probs))
        blank = log_probs.shape[2] - 1
        losses.append(nn.functional.ctc_loss(log_probs, targets, sizes, lengths, blank, "sum", zero_infinity=True))
    return torch.stack(losses).sum() / len(crops)


def _smoothed(log_probs: Tensor, classes: Tensor, smoothing: float = 0.01) -> Tensor:
    """Cross entropy with label smoothing."""
    own = nn.functional.nll_loss(log_probs, classes)
    return (1 - smoothing) * own - smoothing * log_probs.mean()


def _schedule(step: int, steps: int) -> float:
    """Learning rate as a share of the highest: a short warm-up, then half a cosine."""
    warm_up = min(200, steps // 10 + 1)
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up))) + 1e-3


@torch.no_grad()
def _average_in(average: nn.Module, network: nn.Module, step: int) -> None:
    """Exponential moving average of weights and batch statistics."""
    keep = min(0.998, (step + 1) / (step + 10))
    for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.mul_(keep).add_(value, alpha=1 - keep)


def _save(file: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    unfinished = file.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(file)


def _resume(file: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Load a checkpoint; the step to go on with."""
    state = torch.load(file, weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m samples.training.train", description=__doc__)
    parser.add_argument("--net", choices=sorted(RECIPES), required=True)
    parser.add_argument(
        "--large", dest="size", action="store_const", const=Size.LARGE, default=Size.SMALL, help="the large network"
    )
    parser.add_argument("--mnist", type=Path, required=True, help=".npz with MNIST's training images and labels")
    parser.add_argument("--fonts", type=Path, required=True, help="folder filled by python -m samples.fonts.fetch")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the .onnx file")
    parser.add_argument("--harvest", type=Path, help="folder filled by python -m samples.training.harvest")
    parser.add_argument("--harvest-held-out", type=Path, help="the same with --held-out, to validate on")
    parser.add_argument(
        "--harvest-share", type=float, help="of each batch; otherwise up to half, by how many crops were harvested"
    )
    parser.add_argument("--start", type=Path, help="checkpoint or .onnx file whose weights to begin with")
    parser.add_argument(
        "--rate", type=float, default=1.0, help="factor on the learning rate, below 1 when beginning with --start"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=30, help="about, on one core; turned into a fixed number of steps"
    )
    parser.add_argument("--validation-sheets", type=int, default=40)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
