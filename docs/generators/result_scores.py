"""Scores for docs/results.md: shipped models, interpolations and the images published with the paper.

Images and scores are cached in the folder of an evaluation, by checksums of weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from runs.models import COMPARISONS, released
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.measures import (
    Measure,
    consistency_measure,
    feature_measure,
    find_protocol,
    niqe_measure,
    protocol_measure,
)
from srgan.evaluation.methods import REFERENCE, Method, find_method
from srgan.evaluation.results import Results
from srgan.evaluation.test_sets import Pair, Pixels, find_set
from srgan.paper.published import INTERPOLATED, MODELS, TABLE1, TABLE2, TWINS, Published
from srgan.paper.table_methods import NO_PICTURES, NO_WEIGHTS
from srgan.progress import Progress
from srgan.weights.catalogue import SELFEXSR, methods_without_weights

SETS, SCALE = TABLE2.sets, 4
PAPERS_PICTURES = ("SRResNet-MSE", "SRGAN-VGG54")
"""Methods of which the paper's authors published images, for Set5 and Set14."""
COLOUR_SHIFT = "colour-shift"


def published_name(method: str) -> str:
    """Return the name of the paper's images of a method among our methods."""
    return f"published {method}"


def measure_all(data: Path, folder: Path, progress: Progress) -> Results:
    """Measure every method by every metric whose file exists: comparisons on the sets of table 1.

    Args:
        data: the benchmark data folder, which SRGAN_DATA names; `weights` lies beside it.
        folder: of the evaluation.
        progress: counts images.

    Raises:
        SrganError: if something cannot be measured.
    """
    methods, taken = _methods(data), measures(data.parent / "weights", progress)
    compared = {path.stem for path in COMPARISONS.glob("*.onnx")}
    apart = [[method for method in methods if (method.info.name in compared) is yes] for yes in (False, True)]
    found = [
        evaluate(Evaluation(tuple(some), tuple(find_set(name) for name in names), taken), folder, progress)
        for some, names in zip(apart, (SETS, TABLE1.sets), strict=True)
        if some
    ]
    rows = tuple(row for results in found for row in results.rows)
    return replace(found[0], methods=tuple(method.info for method in methods), rows=rows)


def _methods(data: Path) -> tuple[Method, ...]:
    folders = {method: data / "published" / method for method in PAPERS_PICTURES}
    published = [f"{published_name(method)}={folder}" for method, folder in folders.items() if folder.is_dir()]
    interpolations = [name for name in INTERPOLATED if name != REFERENCE]
    models = [f"{name}={model.folder / name}.onnx" for name, model in released().items() if model.scale == SCALE]
    words = (*interpolations, *methods_without_weights(), *models, *published, REFERENCE)
    return tuple(find_method(word) for word in words)


def measures(weights: Path, progress: Progress) -> tuple[Measure, ...]:
    """Return both protocols, consistency, colour shift, and the metrics whose files are in the folder of weights."""
    found = [*(protocol_measure(find_protocol(name)) for name in ("paper", "matlab")), consistency_measure(SCALE)]
    found.append(Measure("colour shift", (COLOUR_SHIFT,), "largest difference of a channel's mean", colour_shift))
    for name, make in (("squeezenet1.1.safetensors", feature_measure), ("niqe-pristine.npz", niqe_measure)):
        if (weights / name).is_file():
            found.append(make(weights / name))
        else:
            progress.say(f"{weights / name} does not exist: metrics that need it are not measured")
    return tuple(found)


def colour_shift(restored: Pixels, pair: Pair) -> dict[str, float]:
    """Return the largest difference of a channel's mean from that of the original, in levels of 255."""
    means = [pixels.mean(axis=(0, 1)) for pixels in (restored, pair.high)]
    return {COLOUR_SHIFT: float(np.abs(means[0] - means[1]).max())}


@dataclass(frozen=True)
class FilledTable:
    """Our results for the rows of a published table."""

    results: Results
    """With the rows' names as method names."""
    by: Mapping[str, str] = field(default_factory=dict)
    """Our method for each row."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Reason for each row without one."""


def fill_table(published: Published, results: Results) -> FilledTable:
    """Match our methods to the rows of a published table."""
    ours = {method.name: method for method in results.methods}
    by, missing = {}, {}
    for row in published.methods:
        names = [row, TWINS.get(row, row)]
        candidates = [row] if row in INTERPOLATED else [MODELS[name] for name in names if name in MODELS]
        found = [name for name in candidates if name in ours]
        if found:
            by[row] = found[0]
        else:
            missing[row] = NO_PICTURES if SELFEXSR in candidates else NO_WEIGHTS
    renamed = replace(
        results,
        methods=tuple(replace(ours[name], name=row) for row, name in by.items()),
        rows=tuple(replace(one, method=row) for row, name in by.items() for one in results.rows if one.method == name),
    )
    return FilledTable(renamed, by, missing)
