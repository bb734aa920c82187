"""Ranges for int8, found for one model, measured, and written onto its card: docs/decisions/0033.

    SRGAN_DATA=... python -m runs.quantised_models srresnet             measures, and writes nothing
    SRGAN_DATA=... python -m runs.quantised_models srresnet --write     writes them if the loss is small enough

A model that was trained anew needs its ranges anew. The first and the last convolution stay in floats, and so do those
whose rounding alone does most harm, as many as it takes. What decides is the largest loss on the test sets, as they are
and as JPEGs. Of models that invent texture PSNR says little: read the difference of pictures, and the distance of
SqueezeNet's features.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import openvino
from openvino import opset13

import srgan.engines.openvino as engine
from runs.releasing import Pixels, console, data_folder, small_and_large
from srgan.data.compression import Compression, compress
from srgan.data.degradations import degrade, draw, seeded
from srgan.data.mixes import shares
from srgan.data.prepare import find_pictures, rgb8
from srgan.engines.engine import Floats
from srgan.engines.int8 import quantise
from srgan.engines.self_test import measure_probe
from srgan.evaluation.feature_distance import FeatureDistance
from srgan.files import write_bytes
from srgan.images.colour import from_float, to_float
from srgan.metrics import PROTOCOLS
from srgan.weights.card import Quantisation, QuantisedConvolution
from srgan.weights.catalogue import Model, find
from srgan.weights.model_file import with_card

ALLOWED = 0.05
"""Largest loss in dB of a faithful model, on each test set, against fp32."""
QUALITY = 75
"""Of the small images as JPEGs."""
SIDE = 64
"""Of a calibration crop, in pixels."""

Entries = tuple[QuantisedConvolution, ...]


def crops(photos: Sequence[Path], count: int, scale: int) -> list[Floats]:
    """Crops of photos made smaller, (1, 3, SIDE, SIDE) in [0, 1], every other one damaged as photos of everyday."""
    everyday, found = shares("everyday"), list[Floats]()
    for number in range(count):
        random = seeded("int8", str(number))
        high = rgb8(photos[number * len(photos) // count])
        down, across = (int(random.integers(0, side - scale * SIDE + 1)) for side in high.shape[:2])
        window = high[down : down + scale * SIDE, across : across + scale * SIDE]
        mix = draw(everyday if number % 2 else shares("clean"), random)
        found.append(to_float(degrade(window, mix, scale=scale, random=random)).transpose(2, 0, 1)[None])
    return found


def graph(model: Model) -> Any:
    """The network with weights in float32."""
    return engine._widen(engine._read(model))


def convolutions(network: Any) -> list[Any]:
    return [node for node in network.get_ordered_ops() if node.get_type_name() == "Convolution"]


def calibrated(model: Model, samples: Sequence[Floats]) -> Entries:
    """All convolutions but the first and the last, with the ranges of their inputs and the scales of their channels.

    A scale is the root of a channel's largest input over its largest weight, so that the two differ alike.
    """
    network = graph(model)
    nodes = convolutions(network)[1:-1]
    inputs = [opset13.result(node.input_value(0)) for node in nodes]
    watched = openvino.Model([*network.get_results(), *inputs], network.get_parameters(), "watched")
    compiled = engine.shared_core().compile_model(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    ends = [[(value[0].min(axis=(1, 2)), value[0].max(axis=(1, 2))) for value in _run(compiled, s)] for s in samples]
    entries = list[QuantisedConvolution]()
    for node, each in zip(nodes, zip(*ends, strict=True), strict=True):
        low, high = np.min([one for one, _ in each], axis=0), np.max([one for _, one in each], axis=0)
        weights = np.abs(node.input_value(1).get_node().data).max(axis=(0, 2, 3))
        scales = np.sqrt(np.maximum(np.maximum(-low, high), 1e-6) / np.maximum(weights, 1e-6))
        scales = np.round(np.maximum(scales / scales.max(), 0.001), 5)
        ends_of_range = _range(low / scales, high / scales)
        entries.append(QuantisedConvolution(node.get_friendly_name(), *ends_of_range, tuple(map(float, scales))))
    return tuple(entries)


def _run(compiled: Any, sample: Floats) -> list[Floats]:
    """The inputs of the watched convolutions."""
    values = compiled([sample])
    return [values[place] for place in range(1, len(compiled.outputs))]


def _range(low: Floats, high: Floats) -> tuple[float, float]:
    """The least and largest value of all channels, a little changed so that nought is one of the 256 steps."""
    least, largest = min(float(low.min()), 0.0), float(high.max())
    step = (largest - least) / 255
    below = round(-least / step)
    return -below * step, (255 - below) * step


class Network:
    """A model in fp32, with some of its convolutions in int8."""

    def __init__(self, model: Model, entries: Entries = ()) -> None:
        network = graph(model)
        quantise(network, entries)
        self._compiled = engine.shared_core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def __call__(self, low: Floats) -> Floats:
        restored: Floats = self._compiled([low])[0].copy()
        return restored

    def enlarge(self, low: Pixels) -> Pixels:
        """(h, w, 3) uint8 to (scale * h, scale * w, 3)."""
        restored = self(np.ascontiguousarray(to_float(low).transpose(2, 0, 1)[None]))
        return from_float(restored[0].transpose(1, 2, 0), 8).astype(np.uint8)


def harm(model: Model, entries: Entries, samples: Sequence[Floats]) -> list[float]:
    """Mean squared difference that each convolution in int8 makes alone, in levels of 255."""
    plain = Network(model)
    expected = [plain(sample) for sample in samples]
    found = []
    for entry in entries:
        rounded = Network(model, (entry,))
        errors = [np.square(255 * (rounded(low) - high)).mean() for low, high in zip(samples, expected, strict=True)]
        found.append(float(np.mean(errors)))
    return found


@dataclass(frozen=True)
class Quality:
    """What a network makes of a test set."""

    pictures: list[Pixels]
    psnr: float
    """By MATLAB's luma, in dB."""
    features: float
    """Distance of SqueezeNet's features from the originals'."""


def quality(network: Network, pairs: Sequence[tuple[Pixels, Pixels]]) -> Quality:
    """Enlarge a test set and measure it."""
    distance = FeatureDistance(data_folder().parent / "weights" / "squeezenet1.1.safetensors")
    made = [(network.enlarge(low), high) for low, high in pairs]
    return Quality(
        [restored for restored, _ in made],
        fmean(PROTOCOLS["matlab"].measure(restored, high).psnr for restored, high in made),
        fmean(distance.measure(restored, high) for restored, high in made),
    )


Sets = Mapping[str, Sequence[tuple[Pixels, Pixels]]]
"""(low, high) of the pictures of test sets."""


def chosen(model: Model, entries: Entries, samples: Sequence[Floats], sets: Sets) -> Entries | None:
    """The most convolutions in int8 that cost no more than is allowed; None if half of them cost more, too.

    One at a time, the convolution whose rounding alone does most harm goes back to floats.
    """
    plain = {name: quality(Network(model), pairs) for name, pairs in sets.items()}
    tried, order = entries, list[int]()
    for step in range(1, len(entries) // 2):
        losses = [_loss(name, plain[name], quality(Network(model, tried), pairs)) for name, pairs in sets.items()]
        console.print(f"{len(tried)} convolutions in int8: loses {max(losses):.3f} dB")
        if max(losses) <= ALLOWED:
            return tried
        order = order or [int(number) for number in np.argsort(harm(model, entries, samples))]
        tried = tuple(entries[number] for number in sorted(order[:-step]))
    return None


def _loss(name: str, plain: Quality, rounded: Quality) -> float:
    """What int8 loses on a test set, in dB, and says."""
    pairs = zip(plain.pictures, rounded.pictures, strict=True)
    difference = fmean(float(np.abs(one.astype(int) - other).mean()) for one, other in pairs)
    console.print(
        f"{name}: fp32 {plain.psnr:.3f} dB, int8 {rounded.psnr:.3f} dB, features {plain.features:.4f} and "
        f"{rounded.features:.4f}, pictures differ by {difference:.3f} levels"
    )
    return plain.psnr - rounded.psnr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model's name or path")
    parser.add_argument("--crops", type=int, default=120, help="number of crops to calibrate on")
    parser.add_argument("--sets", nargs="+", default=["Set5", "Set14"], help="test sets that decide")
    parser.add_argument("--write", action="store_true", help="write the ranges onto the card")
    options = parser.parse_args()

    model = find(options.model)
    photos = find_pictures([data_folder() / "train" / "open_licence"])
    samples = crops(photos, options.crops, model.scale)
    sets = {name: small_and_large(data_folder() / "testsets" / name, model.scale) for name in options.sets}
    jpeg = Compression("jpeg", QUALITY)
    sets |= {f"{name} at JPEG {QUALITY}": [(compress(low, jpeg), high) for low, high in sets[name]] for name in sets}
    found = chosen(model, calibrated(model, samples), samples[:: max(1, options.crops // 3)][:3], sets)
    if found is None:
        sys.exit(f"int8 costs {model.name} more than {ALLOWED} dB: it stays without")
    if options.write:
        write(model, found)


def write(model: Model, found: Entries) -> None:
    """Write ranges, and the self-test by them, onto a model's card."""
    rounded = replace(model, card=replace(model.card, quantisation=Quantisation(found, model.card.probe)))
    runner = engine.OpenVinoEngine(rounded, precision="int8")

    def enlarge(low: Floats) -> Floats:
        for stage in range(len(runner.stages)):
            low = runner.run(stage, low).copy()
        return low

    probe = measure_probe(enlarge, model.scale, model.card.probe.size)
    card = replace(model.card, quantisation=Quantisation(found, probe))
    path = model.folder / f"{model.name}.onnx"
    write_bytes(path, with_card(path.read_bytes(), json.dumps(json.loads(card.to_json()), ensure_ascii=False)))
    console.print(f"{path}: {len(found)} convolutions, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
