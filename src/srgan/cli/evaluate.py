"""`srgan evaluate`: methods and sets of pictures in, scores, tables and a report out."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from srgan.cli.console import failures, printable, say, show, show_json
from srgan.errors import SrganError, UsageError

if TYPE_CHECKING:
    from srgan.cli.progress_bar import Counter
    from srgan.engines.engine import EngineName
    from srgan.evaluation.benchmark import Plan
    from srgan.evaluation.measures import Measure
    from srgan.evaluation.results import Results
    from srgan.metrics import Protocol

EPILOG = """\
[bold]Examples[/bold]

  srgan evaluate --sets Set5 Set14                    all methods that came with srgan
  srgan evaluate bicubic srresnet --sets Set5         these two
  srgan evaluate own/dogs.onnx --sets mine=photos     your own model on your own photos
  srgan evaluate other=made --sets Set5 --niqe N.npz  pictures made elsewhere, as made/Set5/baby.png
  srgan evaluate --sets Set5 --input clean jpeg:75    how much worse on JPEG files?

Methods: nearest, bicubic, lanczos, models by name or file, folders of pictures, and HR, which is the true pictures. \
NAME= before one gives it another name. Several words may follow an option, so methods come first, or after --methods.

Sets: folders of pictures, or names of those in SRGAN_DATA/testsets. Pictures are cut to a multiple of the scale and \
shrunk as MATLAB does it.

Inputs: clean, jpeg:QUALITY and webp:QUALITY (1 to 100), noise:DEVIATION (of 255), and the mixes of srgan data \
degrade: photo, messenger, hard, everyday. Each but clean makes a set of its own, such as Set5+jpeg75. Scores are \
against the true pictures, consistency is against the clean small ones. For other programs, the damaged pictures lie \
in low/Set5+jpeg75 of the folder; put what they make into made/Set5+jpeg75.

The folder gets results.json, tables in CSV, Markdown and LaTeX, every restored picture, and report.html. What is \
there already is not done again: after an interruption, run the same command once more.

Exit code: 0 all well, 1 something cannot be evaluated, 2 no such method or set, 130 interrupted.
"""

_WHAT, _PLACE, _MACHINE, _TALK = "What is judged, and how", "What is written, and where", "How it is computed", "Said"
_SEVERAL = ("--methods", "--method", "--sets", "--set", "--input", "--protocol", "--features", "--means", "--bad")


class SeveralWords(TyperCommand):
    """A command with options that several words may follow: `--sets Set5 Set14` is `--sets Set5 --sets Set14`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        spelt: list[str] = []
        option, filled = None, False
        for word in args:
            if word.startswith("-"):
                name, equals, _ = word.partition("=")
                option, filled = name if name in _SEVERAL else None, bool(equals)
            elif option is not None:
                spelt += [option] if filled else []
                filled = True
            spelt.append(word)
        return super().parse_args(ctx, spelt)


class Audience:
    """Who hears of the work: a person, with a bar on a terminal; of a program, the document at the end."""

    def __init__(self, counter: "Counter", *, as_json: bool) -> None:
        self.notes: list[str] = []
        self.count = counter.count
        self._say = None if as_json else counter.say

    def say(self, line: str) -> None:
        self.notes.append(line)
        if self._say is not None:
            self._say(line)


Methods = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="METHODS",
        show_default=False,
        help="What is judged; without any, the interpolations and the models that came with srgan.",
    ),
]
MoreMethods = Annotated[
    list[str] | None,
    typer.Option("--methods", "--method", metavar="METHOD ...", rich_help_panel=_WHAT, help="The same, as an option."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--sets", "--set", metavar="SET ...", rich_help_panel=_WHAT, help="The true pictures. Needed."),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="KIND ...",
        show_default=False,
        rich_help_panel=_WHAT,
        help="What methods are given: clean, jpeg:75, webp:60, noise:10, photo, messenger, hard or everyday small "
        "pictures; without it, clean.",
    ),
]
Protocols = Annotated[
    list[str] | None,
    typer.Option(
        "--protocol", metavar="NAME ...", rich_help_panel=_WHAT, help="Of PSNR and SSIM; without it, paper and matlab."
    ),
]
NiqeFile = Annotated[
    Path | None,
    typer.Option("--niqe", metavar="FILE", rich_help_panel=_WHAT, help="Measure NIQE too, by the parameters in FILE."),
]
FeatureFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--features",
        metavar="FILE ...",
        rich_help_panel=_WHAT,
        help="Measure distances of features too, by a network with the weights in FILE; needs torch.",
    ),
]
Scale = Annotated[
    int, typer.Option(min=2, max=16, metavar="FACTOR", rich_help_panel=_WHAT, help="How many times is enlarged.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", rich_help_panel=_PLACE, help="For all that is written.")
]
Engine = Annotated[
    Literal["auto", "openvino", "torch"],
    typer.Option(rich_help_panel=_MACHINE, help="Of models; torch uses a graphics processor, if there is one."),
]
Precision = Annotated[
    Literal["fp32", "bf16"],
    typer.Option(rich_help_panel=_MACHINE, help="Of models; bf16 is faster on processors made for it."),
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Report as a JSON document.")]


def evaluate(
    methods: Methods = None,
    more_methods: MoreMethods = None,
    sets: Sets = None,
    inputs: Inputs = None,
    protocols: Protocols = None,
    niqe: NiqeFile = None,
    features: FeatureFiles = None,
    scale: Scale = 4,
    output: Output = Path("evaluation"),
    engine: Engine = "auto",
    precision: Precision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Judge methods by how near they come to true pictures, each number by a named protocol."""
    with failures(as_json=as_json):
        _need_packages(torch=bool(features))
        from srgan.cli.console import one_interruption
        from srgan.cli.progress_bar import Counter, on_terminal
        from srgan.evaluation.benchmark import evaluate
        from srgan.evaluation.outputs import RESULTS, write_outputs

        named = _Named(
            separate(methods) + separate(more_methods), separate(sets), separate(inputs), separate(protocols), scale
        )
        judged = named.judged()
        plan = named.plan(_measures(judged, niqe, features or [], scale), engine, precision)
        try:
            with one_interruption(), Counter(shown=on_terminal() and not as_json) as counter:
                audience = Audience(counter, as_json=as_json)
                results = evaluate(plan, output, audience)
                report = write_outputs(results, output, judged)
        except KeyboardInterrupt:
            say(f"Interrupted: what is done is in {output}; run the same command again to go on")
            raise typer.Exit(130) from None
        if as_json:
            places = {"folder": str(output), "results": str(output / RESULTS), "report": str(report)}
            show_json({**places, "inputs": results.inputs, "notes": audience.notes, "means": _means(results)})
        else:
            show(_summary(results, judged, output, report))


@dataclass(frozen=True)
class _Named:
    """What is to be evaluated, in the words of the command line."""

    methods: list[str]
    sets: list[str]
    inputs: list[str]
    protocols: list[str]
    scale: int

    def judged(self) -> "list[Protocol]":
        """The protocols, in the order in which they are to be shown."""
        from srgan.evaluation.measures import find_protocol

        return [find_protocol(name, self.scale) for name in dict.fromkeys(self.protocols or ["paper", "matlab"])]

    def plan(self, measures: "tuple[Measure, ...]", engine: "EngineName", precision: Literal["fp32", "bf16"]) -> "Plan":
        """The methods and sets themselves."""
        from srgan.evaluation.benchmark import Plan
        from srgan.evaluation.inputs import CLEAN, Damage
        from srgan.evaluation.methods import default_methods, find_method
        from srgan.evaluation.test_sets import find_set

        if not self.sets:
            raise UsageError("there are no true pictures to judge by: name Set5 or a folder of pictures with --sets")
        found = (
            find_method(word, scale=self.scale, engine=engine, precision=precision)
            for word in self.methods or default_methods()
        )
        damages = dict.fromkeys(Damage.parse(text) for text in self.inputs or [CLEAN.text])
        sets = (find_set(word).damaged(damage) for word in self.sets for damage in damages)
        return Plan(tuple(found), tuple(sets), measures, self.scale)


def separate(given: Sequence[str] | None) -> list[str]:
    """Words separated by commas, unless a comma is part of a path."""
    return [
        part.strip()
        for word in given or ()
        for part in ([word] if os.path.exists(word.partition("=")[2] or word) else word.split(","))
        if part.strip()
    ]


def _need_packages(*, torch: bool) -> None:
    import importlib.util

    for package, extra in (("matplotlib", "evaluate"), *((("torch", "train"),) if torch else ())):
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"this needs {package}, which is not installed: pip install 'srgan[{extra}]'")


def _measures(
    protocols: "Sequence[Protocol]", niqe: Path | None, features: Sequence[Path], scale: int
) -> "tuple[Measure, ...]":
    from srgan.evaluation.measures import always_taken, feature_measure, niqe_measure, protocol_measure

    return (
        *(protocol_measure(protocol) for protocol in protocols),
        *always_taken(scale),
        *([] if niqe is None else [niqe_measure(niqe)]),
        *(feature_measure(path) for path in features),
    )


def _summary(results: "Results", protocols: "Sequence[Protocol]", folder: Path, report: Path) -> str:
    """The tables by each protocol, and where everything is."""
    from srgan.evaluation.outputs import RESULTS
    from srgan.evaluation.score_tables import summary

    tables = "\n".join(summary(results, protocol).markdown() for protocol in protocols)
    places = f"report  {report}\ntables  {folder / 'tables'}\nscores  {folder / RESULTS}"
    return "\n".join(printable(line) for line in f"{tables}\n{places}".split("\n"))


def _means(results: "Results") -> dict[str, Any]:
    """The mean of every measure, by set and method; infinity as JSON can hold it."""
    from math import isfinite

    found: dict[str, Any] = {}
    measures = dict.fromkeys(measure for row in results.rows for measure in row.scores)
    for data in results.sets:
        found[data] = {}
        for method in results.methods:
            values = {measure: results.values(method.name, data, measure) for measure in measures}
            means = {measure: sum(scores) / len(scores) for measure, scores in values.items() if scores}
            if means:
                found[data][method.name] = {name: mean if isfinite(mean) else str(mean) for name, mean in means.items()}
    return found
