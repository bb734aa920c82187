"""Ranges for int8, found for one model by NNCF, measured, and written onto its card: docs/decisions/0033.

    SRGAN_DATA=... python -m runs.quantised_models srresnet             measures, and writes nothing
    SRGAN_DATA=... python -m runs.quantised_models srresnet --write     writes them if the loss is small enough

Needs `srgan[quantise]`. A model that was trained anew needs its ranges anew. The first and the last convolution stay in
floats, and so do those whose rounding alone does most harm, as many as it takes.
"""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

import srgan.engines.openvino as engine  # before NNCF, which would report itself otherwise
from runs.releasing import Pixels, console, data_folder, small_and_large
from srgan.data.degradations import degrade, draw, seeded
from srgan.data.mixes import shares
from srgan.data.prepare import find_pictures, rgb8
from srgan.engines.engine import Floats
from srgan.engines.int8 import quantise
from srgan.files import write_bytes
from srgan.images.colour import from_float, to_float
from srgan.metrics import PROTOCOLS
from srgan.weights.card import QuantisedConvolution
from srgan.weights.catalogue import Model, find
from srgan.weights.model_file import with_card

ALLOWED = 0.05
"""Largest loss in dB of a faithful model, on Set5 and on Set14, against fp32."""
SIDE = 64
"""Of a calibration crop, in pixels."""

Entries = tuple[QuantisedConvolution, ...]


def crops(photos: Sequence[Path], count: int) -> list[Floats]:
    """Crops of photos reduced by four, (1, 3, SIDE, SIDE) in [0, 1], every other one damaged as photos of everyday."""
    everyday, found = shares("everyday"), list[Floats]()
    for number in range(count):
        random = seeded("int8", str(number))
        high = rgb8(photos[number * len(photos) // count])
        down, across = (int(random.integers(0, side - 4 * SIDE + 1)) for side in high.shape[:2])
        window = high[down : down + 4 * SIDE, across : across + 4 * SIDE]
        mix = draw(everyday if number % 2 else shares("clean"), random)
        found.append(to_float(degrade(window, mix, scale=4, random=random)).transpose(2, 0, 1)[None])
    return found


def graph(model: Model) -> Any:
    """The network with weights in float32."""
    return engine._widen(engine._read(model))


def convolutions(network: Any) -> list[Any]:
    return [node for node in network.get_ordered_ops() if node.get_type_name() == "Convolution"]


def calibrated(model: Model, samples: Sequence[Floats]) -> Entries:
    """Ranges of the inputs of all convolutions but the first and the last, by NNCF."""
    import nncf
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    nncf.set_log_level(logging.ERROR)
    network = graph(model)
    names = [node.get_friendly_name() for node in convolutions(network)]
    quantised = nncf.quantize(
        network,
        nncf.Dataset(samples),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
        ignored_scope=nncf.IgnoredScope(names=[names[0], names[-1]], types=["Add", "PRelu", "Concat"], validate=False),
        # The least and largest of all crops: a value that is cut off does far more harm than wider steps.
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            disable_bias_correction=True, activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX
        ),
    )
    sources = [(node.get_friendly_name(), node.input_value(0).get_node()) for node in convolutions(quantised)]
    return tuple(
        QuantisedConvolution(name, *(float(source.input_value(port).get_node().data.item()) for port in (1, 2)))
        for name, source in sources
        if source.get_type_name() == "FakeQuantize"
    )


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
        """(h, w, 3) uint8 to (4 h, 4 w, 3)."""
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


def quality(network: Network, pairs: Sequence[tuple[Pixels, Pixels]]) -> Quality:
    """Enlarge a test set and measure it."""
    made = [network.enlarge(low) for low, _ in pairs]
    scores = [PROTOCOLS["matlab"].measure(one, high).psnr for one, (_, high) in zip(made, pairs, strict=True)]
    return Quality(made, fmean(scores))


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
        f"{name}: fp32 {plain.psnr:.3f} dB, int8 {rounded.psnr:.3f} dB, pictures differ by {difference:.3f} levels"
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
    samples = crops(photos, options.crops)
    entries = calibrated(model, samples)
    for entry in entries:
        console.print(f"{entry.name}: {entry.low:.3f} to {entry.high:.3f}")
    sets = {name: small_and_large(data_folder() / "testsets" / name) for name in options.sets}
    found = chosen(model, entries, samples[:: max(1, len(samples) // 4)], sets)
    if found is None:
        sys.exit(f"int8 costs {model.name} more than {ALLOWED} dB: it stays without")
    if options.write:
        card = replace(model.card, quantisation=found)
        path = model.folder / f"{model.name}.onnx"
        write_bytes(path, with_card(path.read_bytes(), card.to_json()))
        console.print(f"{path}: {len(found)} convolutions, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
