"""The report of an evaluation: one self-contained page to read, sort and compare images in."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from srgan.evaluation.results import Results, Row
from srgan.evaluation.score_plots import draw_scores
from srgan.evaluation.score_tables import inputs_note, label, other_means, printer, significance_table, summary
from srgan.files import write_bytes
from srgan.metrics.consistency import DESCRIPTION as CONSISTENCY
from srgan.metrics.niqe import DESCRIPTION as NIQE
from srgan.metrics.protocol import MATLAB, PAPER, Protocol
from srgan.reporting.inline_images import LIMIT, Album, InlineScene, Scene, inline_images
from srgan.reporting.page import render_page
from srgan.reporting.table import Column, Number, Table

REPORT = "report.html"

_KINDS = {
    "interpolation": "interpolation",
    "model": "model",
    "folder": "pictures made elsewhere",
    "reference": "the true pictures",
}
_DEFINITIONS = {
    "rgb/psnr": "PSNR of all three 8-bit channels together, no border cut.",
    "rgb/mse": "Mean squared error of all channels together on the scale of [0, 1], no border cut; lower is better.",
    "ms-ssim": "MS-SSIM (Wang 2003, five scales) of BT.601 luma, cut as by the matlab protocol; higher is better.",
    "niqe": f"{NIQE}. How unnatural a picture looks by itself, without its reference; lower is better.",
    "consistency": f"{CONSISTENCY}; higher is better.",
}
_FEATURES = "How differently a classifying network sees the picture and its reference, uncalibrated; lower is better."


def write_report(
    results: Results, folder: Path, *, protocols: Sequence[Protocol] = (PAPER, MATLAB), limit: int = LIMIT
) -> Path:
    """Write `report.html` into the evaluation's folder, replacing an older one.

    Args:
        results: of the evaluation.
        folder: the evaluation's, with the restored images, `reference` and `low`.
        protocols: of PSNR and SSIM; those without scores are left out.
        limit: bytes of all embedded images together.

    Returns:
        The file's path.

    Raises:
        DataError: if matplotlib or jinja2 is not installed, or a method has scores of some images of a set only.
        OutputError: if the file cannot be written.
        PictureError: if an image cannot be read, or is not as large as its reference.
    """
    protocols = [protocol for protocol in protocols if f"{protocol.name}/psnr" in results.measures]
    scenes = _find_scenes(results, folder)
    album = inline_images([scene for _, scene in scenes], limit=limit)
    images = [scenes[shown.place][0] for shown in album.scenes]
    sets = ", ".join(f"{name} ({len(names)})" for name, names in results.sets.items())
    columns = ["set", "picture", "method", *map(label, results.measures)]
    timed = any(row.seconds is not None for row in results.rows)
    page = render_page(
        "srgan.evaluation",
        "report.html",
        title=f"Super-resolution compared: {', '.join(results.sets)}",
        subtitle=f"{len(results.methods)} methods on the pictures of {sets}. Made by srgan {results.version}.",
        version=results.version,
        script=True,
        results=results,
        protocols=protocols,
        methods_table=_methods_table(results),
        terms=_define_terms(results, protocols),
        summaries=[*(summary(results, protocol) for protocol in protocols), *other_means(results)],
        tests=_test_differences(results, protocols),
        drawings=draw_scores(results),
        columns=[*columns, "seconds"] if timed else columns,
        lines=_list_scores(results, images, timed),
        extent=_describe_album(results, album),
        documents=[
            (f"{data}: {image}", _describe_scene(results, data, image, shown))
            for (data, image), shown in zip(images, album.scenes, strict=True)
        ],
    )
    write_bytes(folder / REPORT, page.encode("utf-8", "replace"))
    return folder / REPORT


def _find_scenes(results: Results, folder: Path) -> list[tuple[tuple[str, str], Scene]]:
    """Return set, image and files of every image whose true image is in the folder; no file outside it is read."""
    folder = folder.resolve()

    def find(relative: str) -> Path | None:
        path = (folder / relative).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None

    names = [method.name for method in results.methods if method.kind != "reference"]
    rows = {(row.data, row.picture, row.method): row for row in results.rows}
    scenes = []
    for data, images in results.sets.items():
        for image in images:
            own = {name: rows[data, image, name].path for name in names if (data, image, name) in rows}
            restored = {name: path for name, relative in own.items() if (path := find(relative))}
            if high := find(f"reference/{data}/{image}.png"):
                scene = Scene(f"{image} of {data}", high, find(f"low/{data}/{image}.png"), restored)
                scenes.append(((data, image), scene))
    return scenes


def _methods_table(results: Results) -> Table:
    rows = tuple(
        (method.name, _KINDS.get(method.kind, method.kind), method.note, method.identity) for method in results.methods
    )
    return Table("Methods", tuple(map(Column, ("method", "kind", "note", "identity"))), rows)


def _define_terms(results: Results, protocols: Sequence[Protocol]) -> list[tuple[str, str]]:
    """Return protocols, measures and damaged inputs with their definitions."""
    terms = [(f"{protocol.name} protocol", f"{protocol.description}.") for protocol in protocols]
    for measure in results.measures:
        words = _FEATURES if measure.startswith("features/") else _DEFINITIONS.get(measure)
        terms += [(label(measure), words)] if words else []
    return terms + [(data, inputs_note(damage)) for data, damage in results.damaged.items()]


def _test_differences(results: Results, protocols: Sequence[Protocol]) -> list[Table]:
    """Return the tests of every set by the PSNR of the first protocol."""
    if not protocols:
        return []
    measure = f"{protocols[0].name}/psnr"
    measured = {row.data for row in results.rows if measure in row.scores}
    return [significance_table(results, data, measure) for data in results.sets if data in measured]


def _list_scores(results: Results, images: Sequence[tuple[str, str]], timed: bool) -> list[dict[str, Any]]:
    """Return the lines of the list of all scores, with unrounded values to sort by."""
    sets = {name: place for place, name in enumerate(results.sets)}
    methods = {method.name: place for place, method in enumerate(results.methods)}
    shown = {name: place for place, name in enumerate(images)}
    lines = []
    for row in results.rows:
        numbers = [Number.of(row.scores.get(measure), spec=printer(measure)) for measure in results.measures]
        numbers += [Number.of(row.seconds)] if timed else []
        lines.append(
            {
                "row": row,
                "set": sets.get(row.data, ""),
                "method": methods.get(row.method, ""),
                "place": shown.get((row.data, row.picture), ""),
                "numbers": [(number, _to_javascript(number)) for number in numbers],
            }
        )
    return lines


def _to_javascript(number: Number) -> str:
    return "" if number.missing else repr(number.values[0]).replace("inf", "Infinity")


def _describe_album(results: Results, album: Album) -> str:
    """Return which images the page holds, in words."""
    what = f"centre crops of at most {album.side}x{album.side} pixels" if album.side else "whole pictures"
    text = f"Embedded without loss are {what}. At 1:1 each of their pixels is one of the screen's; LR is shown by "
    text += "repeating its pixels."
    if album.side:
        text += " Whole ones would have made this file too large; they lie beside it."
    total = sum(len(names) for names in results.sets.values())
    if missing := total - len(album.scenes):
        text += f" Not shown: {missing} of the {total} pictures, which did not fit or were not found."
    return text


def _describe_scene(results: Results, data: str, image: str, shown: InlineScene) -> dict[str, Any]:
    """Return an image as the script reads it; each is parsed only when it is looked at."""
    rows = {row.method: row for row in results.rows if (row.data, row.picture) == (data, image)}
    choices = [
        {
            "name": version.name,
            "width": version.width,
            "source": version.source,
            "scores": _caption(rows[version.name]) if version.restored else [],
        }
        for version in shown.versions
    ]
    size = {"width": shown.width, "height": shown.height, "step": shown.scale, "crop": shown.crop}
    return {"picture": image, **size, "choices": choices}


def _caption(row: Row) -> list[str]:
    """Return an image's scores by the first protocol and by perceptual measures."""

    def text(measure: str) -> str:
        value = row.scores[measure]
        if not math.isfinite(value):
            return "\N{EN DASH}" if math.isnan(value) else "\N{INFINITY}" if value > 0 else "\N{MINUS SIGN}\N{INFINITY}"
        return printer(measure)(value).replace("-", "\N{MINUS SIGN}")

    lines = []
    protocol = next((name.removesuffix("/psnr") for name in row.scores if name.endswith("/psnr")), None)
    if protocol is not None:
        numbers = [text(f"{protocol}/psnr") + " dB"]
        if f"{protocol}/ssim" in row.scores:
            numbers.append(text(f"{protocol}/ssim"))
        lines.append(f"{', '.join(numbers)} ({protocol})")
    seen = [name for name in row.scores if name == "niqe" or name.startswith("features/")]
    return lines + [f"{label(name)} {text(name)}" for name in seen]
