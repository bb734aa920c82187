"""`srgan evaluate`: methods and test sets in, scores, tables and a report out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from srgan.cli.console import failures, interruptible, need_packages, show_json, show_lines
from srgan.cli.shared_options import (
    COMPUTATION,
    INPUT,
    OUTPUT,
    Engine,
    Json,
    ModelPrecision,
    argument,
    flag,
    option,
    separate,
)
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.evaluation.measures import Measure
    from srgan.evaluation.results import Results
    from srgan.evaluation.test_sets import ImageSet
    from srgan.metrics import Protocol

EPILOG = """\
[bold]Examples[/bold]

  srgan evaluate --sets Set5 Set14                    all methods that came with srgan
  srgan evaluate bicubic srresnet --sets Set5         these two
  srgan evaluate own/dogs.onnx --sets mine=photos     your own model on your own photos
  srgan evaluate other=made --sets Set5 --niqe N.npz  pictures made elsewhere, as made/Set5/baby.png
  srgan evaluate --sets Set5 --input clean jpeg:75    how much worse on JPEG files?
  srgan evaluate bicubic srresnet --sets Set5 --speed  how good, and in which time?

Methods: nearest, bicubic, lanczos, models by name or file, folders of pictures, and HR, which is the true pictures. \
NAME= before one gives it another name. Several words may follow an option, so methods come first, or after --methods.

Pictures made elsewhere are found by name: for baby.png, baby.bmp, baby_x4.png, baby-SRGAN.tif and \
baby_SRF_4_SRGAN.png. Of several, the one that ends in the method's name is taken.

Sets: folders of pictures, here or in a bucket (s3://bucket/Set5), or names of those in SRGAN_DATA/testsets. Pictures \
are cut to a multiple of the scale and shrunk as MATLAB does it. In a folder with names such as baby_SRF_4_HR.png \
only those that end in HR are true pictures.

Inputs: clean, jpeg:QUALITY and webp:QUALITY (1 to 100), noise:DEVIATION (of 255), and the mixes of srgan data \
degrade: photo, messenger, web, resaved, noisy, hard, everyday. Each but clean makes a set of its own, such as \
Set5+jpeg75. Scores are against the true pictures, consistency is against the clean small ones. For other programs, \
the damaged pictures lie in low/Set5+jpeg75 of the folder; put what they make into made/Set5+jpeg75.

The folder gets results.json, tables in CSV, Markdown and LaTeX, every restored picture, and report.html. What is \
there already is not done again: after an interruption, run the same command once more.

Exit code: 0 all well, 1 something cannot be evaluated, 2 no such method or set, 130 interrupted.
"""

Words = list[str] | None


def evaluate(
    methods: Annotated[
        Words,
        argument("What is judged; without any, the interpolations and the models that came with srgan.", "METHODS"),
    ] = None,
    more_methods: Annotated[
        Words, option("The same, as an option.", "--methods", "--method", metavar="METHOD ...", panel=INPUT)
    ] = None,
    sets: Annotated[
        Words, option("The true pictures. Needed.", "--sets", "--set", metavar="SET ...", panel=INPUT)
    ] = None,
    inputs: Annotated[
        Words,
        option(
            "What methods are given: clean, jpeg:75, webp:60, noise:10, photo, messenger, web, resaved, noisy, hard or "
            "everyday small pictures; without it, clean.",
            "--input",
            metavar="KIND ...",
            panel=INPUT,
        ),
    ] = None,
    protocols: Annotated[
        Words,
        option("Of PSNR and SSIM; without it, paper and matlab.", "--protocol", metavar="NAME ...", panel=INPUT),
    ] = None,
    niqe: Annotated[
        Path | None, option("Measure NIQE too, by the parameters in FILE.", metavar="FILE", panel=INPUT)
    ] = None,
    features: Annotated[
        list[Path] | None,
        option(
            "Measure distances of features too, by a network with the weights in FILE; needs torch.",
            metavar="FILE ...",
            panel=INPUT,
        ),
    ] = None,
    scale: Annotated[int, option("How many times is enlarged.", metavar="FACTOR", panel=INPUT, min=2, max=16)] = 4,
    output: Annotated[
        Path, option("For all that is written.", "--output", "-o", metavar="FOLDER", panel=OUTPUT)
    ] = Path("evaluation"),
    engine: Engine = "auto",
    precision: ModelPrecision = "fp32",
    ensemble: Annotated[
        bool,
        flag(
            "Judge each model also by self-ensemble, as NAME+: the mean of its results for the eight orientations.",
            "--ensemble",
            panel=COMPUTATION,
        ),
    ] = False,
    speed: Annotated[
        bool,
        flag("Measure seconds a megapixel too, by methods taking turns.", "--speed", panel=COMPUTATION),
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge methods by how near they come to true pictures, each number by a named protocol."""
    with failures(as_json=as_json):
        need_packages("matplotlib", "jinja2", extra="evaluate")
        need_packages(*(["torch"] if features else []))
        from srgan.cli.progress_bar import ProgressBar
        from srgan.evaluation.benchmark import Evaluation, evaluate
        from srgan.evaluation.measures import find_protocol
        from srgan.evaluation.methods import add_ensembles, default_methods, find_method
        from srgan.evaluation.outputs import RESULTS, write_outputs
        from srgan.evaluation.speed import measure_speeds

        names = dict.fromkeys(separate(protocols) or ["paper", "matlab"])
        judged = [find_protocol(name, scale) for name in names]
        measures = _choose_measures(judged, niqe, features or [], scale)
        words = separate(methods) + separate(more_methods) or default_methods(scale)
        true_images = _find_sets(separate(sets), separate(inputs))
        found = [find_method(word, scale=scale, engine=engine, precision=precision) for word in words]
        found = add_ensembles(found) if ensemble else found
        wanted = Evaluation(tuple(found), true_images, measures, scale)
        done = f"what is done is in {output}; run the same command again to go on"
        with interruptible(done), ProgressBar(shown=not as_json, quiet=as_json) as progress:
            results = evaluate(wanted, output, progress)
            if speed:
                results = replace(results, speeds=measure_speeds(found, scale, progress))
            report = write_outputs(results, output, judged)
        if as_json:
            places = {"folder": str(output), "results": str(output / RESULTS), "report": str(report)}
            speeds = {"seconds_per_megapixel": results.speeds} if speed else {}
            document = {**places, "inputs": results.inputs, "notes": progress.lines, "means": _means(results)}
            show_json(document | speeds)
        else:
            from srgan.evaluation.score_tables import summary

            tables = [summary(results, protocol).markdown() for protocol in judged]
            files = f"report  {report}\ntables  {output / 'tables'}\nscores  {output / RESULTS}"
            show_lines([*tables, files])


def _find_sets(words: Sequence[str], inputs: Sequence[str]) -> "tuple[ImageSet, ...]":
    """Return every set with every kind of input."""
    from srgan.evaluation.damaged_inputs import CLEAN, Damage
    from srgan.evaluation.test_sets import find_set

    if not words:
        raise UsageError("sets are needed to judge by: name Set5 or a folder of true pictures", parameter="sets")
    damages = dict.fromkeys(Damage.parse(text) for text in inputs or [CLEAN.text])
    return tuple(find_set(word).damaged(damage) for word in words for damage in damages)


def _choose_measures(
    protocols: "Sequence[Protocol]", niqe: Path | None, features: Sequence[Path], scale: int
) -> "tuple[Measure, ...]":
    from srgan.evaluation.measures import always_taken, feature_measure, niqe_measure, protocol_measure

    return (
        *(protocol_measure(protocol) for protocol in protocols),
        *always_taken(scale),
        *([] if niqe is None else [niqe_measure(niqe)]),
        *(feature_measure(path) for path in features),
    )


def _means(results: "Results") -> dict[str, Any]:
    """Return the mean of every measure, by set and method, with infinity as a string."""
    from math import isfinite

    found: dict[str, Any] = {}
    for data in results.sets:
        found[data] = {}
        for method in results.methods:
            values = {measure: results.values(method.name, data, measure) for measure in results.measures}
            means = {measure: sum(scores) / len(scores) for measure, scores in values.items() if scores}
            if means:
                found[data][method.name] = {name: mean if isfinite(mean) else str(mean) for name, mean in means.items()}
    return found
