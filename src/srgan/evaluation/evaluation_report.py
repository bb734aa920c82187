"""`report.html`: an evaluation in one file that needs nothing else, to be read, sorted and looked at.

Names of methods, sets and pictures are text from elsewhere: all of it is escaped, and the page's own policy forbids
scripts but its own, and requests of any kind.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from srgan.evaluation.report_tables import html_table, measures, other_means, printed, score_list
from srgan.evaluation.results import Results, Row
from srgan.evaluation.score_plots import Drawing, draw, label
from srgan.evaluation.score_tables import inputs_note, significance_table, summary
from srgan.files import Destination
from srgan.metrics.consistency import DESCRIPTION as CONSISTENCY
from srgan.metrics.niqe import DESCRIPTION as NIQE
from srgan.metrics.protocol import MATLAB, PAPER, Protocol
from srgan.reporting.inline_images import LIMIT, Album, Shown, embed

REPORT = "report.html"

_KINDS = {
    "interpolation": "interpolation",
    "model": "model",
    "folder": "pictures made elsewhere",
    "reference": "the true pictures",
}
_WORDS = {
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
    """Write `report.html` into the evaluation's folder, in place of an older one.

    Args:
        results: of the evaluation.
        folder: the evaluation's, with the restored pictures, `reference` and `low`.
        protocols: those that PSNR and SSIM were measured by; without their scores they are passed over.
        limit: bytes of all embedded pictures together.

    Returns:
        The file's path.

    Raises:
        DataError: if matplotlib is not installed, or a method has scores of some pictures of a set only.
        OutputError: if the file cannot be written.
        PictureError: if a picture cannot be read, or is not as large as its reference.
    """
    measured = [
        protocol for protocol in protocols if any(f"{protocol.name}/psnr" in row.scores for row in results.rows)
    ]
    page = _page(results, measured, draw(results), embed(results, folder, limit=limit))
    path = folder / REPORT
    destination = Destination(path, overwrite=True)
    try:
        with open(destination.open(), "wb", closefd=False) as file:
            file.write(page.encode("utf-8", "replace"))
        destination.appear()
    except OSError as error:
        destination.fail(error.strerror or str(error))
    finally:
        destination.close()
    return path


def _page(results: Results, protocols: Sequence[Protocol], drawings: Sequence[Drawing], album: Album) -> str:
    template, style, script = (_part(f"report_page.{ending}") for ending in ("html", "css", "js"))
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    sets = ", ".join(f"{name} ({len(pictures)})" for name, pictures in results.sets.items())
    return Template(template).substitute(
        policy=policy,
        style=style,
        script=script,
        version=escape(results.version),
        title=escape(f"Super-resolution compared: {', '.join(results.sets)}"),
        subtitle=escape(f"{len(results.methods)} methods on the pictures of {sets}. Made by srgan {results.version}."),
        about=_about(results, protocols),
        summary="\n".join(
            map(html_table, [*(summary(results, protocol) for protocol in protocols), *other_means(results)])
        ),
        differences=_differences(results, protocols),
        figures="\n".join(_figure(drawing) for drawing in drawings),
        sets=_options(results.sets),
        methods=_options(method.name for method in results.methods),
        scores=score_list(results, album),
        shown=escape(_extent(results, album)),
        pictures="\n".join(_data(results, shown) for shown in album.shown),
    )


def _part(name: str) -> str:
    return files("srgan.evaluation").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """The text between two tags as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _options(names: Iterable[str]) -> str:
    """Options whose values are places: names may be anything, even empty."""
    return "".join(f'<option value="{place}">{escape(name)}</option>' for place, name in enumerate(names))


def _about(results: Results, protocols: Sequence[Protocol]) -> str:
    """The methods, and the protocols in words."""
    lines = [
        f'<tr><th scope="row" class="text">{escape(method.name)}</th>'
        f'<td class="text">{escape(_KINDS.get(method.kind, method.kind))}</td>'
        f'<td class="text flowing">{escape(method.note)}</td>'
        f'<td class="text flowing quiet">{escape(method.identity)}</td></tr>'
        for method in results.methods
    ]
    heads = "".join(f'<th scope="col" class="text">{name}</th>' for name in ("method", "kind", "note", "identity"))
    terms = [(f"{protocol.name} protocol", f"{protocol.description}.") for protocol in protocols]
    for measure in measures(results):
        words = _FEATURES if measure.startswith("features/") else _WORDS.get(measure)
        terms += [(label(measure), words)] if words else []
    terms += [(data, inputs_note(damage)) for data, damage in results.damaged.items()]
    words = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in terms)
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
        f"<dl>{words}</dl><p>A set's score is the plain mean of its pictures' scores.</p>"
    )


def _differences(results: Results, protocols: Sequence[Protocol]) -> str:
    """The tests of every set by the PSNR of the first protocol."""
    if not protocols:
        return "<p>No PSNR was measured by a protocol, so nothing was tested.</p>"
    measure = f"{protocols[0].name}/psnr"
    measured = {row.data for row in results.rows if measure in row.scores}
    return "\n".join(
        html_table(significance_table(results, data, measure)) for data in results.sets if data in measured
    )


def _figure(drawing: Drawing) -> str:
    source = base64.b64encode(drawing.svg.encode()).decode()
    return (
        f'<figure><h3>{escape(drawing.title)}</h3><img alt="{escape(drawing.title)}" '
        f'src="data:image/svg+xml;base64,{source}"><figcaption>{escape(drawing.caption)}</figcaption></figure>'
    )


def _extent(results: Results, album: Album) -> str:
    """How much of the pictures the page holds."""
    what = f"centre crops of at most {album.side}x{album.side} pixels" if album.side else "whole pictures"
    text = f"Embedded without loss are {what}. At 1:1 each of their pixels is one of the screen's; LR is shown by "
    text += "repeating its pixels."
    if album.side:
        text += " Whole ones would have made this file too large; they lie beside it."
    if album.missing:
        total = sum(len(pictures) for pictures in results.sets.values())
        text += f" {album.missing} of the {total} pictures are not shown: they did not fit, or were not found."
    return text


def _data(results: Results, shown: Shown) -> str:
    """A picture as the script reads it, in a block of its own, so that only what is looked at is parsed."""
    rows = {row.method: row for row in results.rows if (row.data, row.picture) == (shown.data, shown.picture)}
    choices = [
        {
            "name": choice.name,
            "width": choice.width,
            "source": choice.source,
            "scores": _lines(rows[choice.method]) if choice.method in rows else [],
        }
        for choice in shown.choices
    ]
    document = {
        "picture": shown.picture, "width": shown.width, "height": shown.height, "step": shown.step,
        "crop": shown.crop, "choices": choices,
    }  # fmt: skip
    text = json.dumps(document).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    name = escape(f"{shown.data}: {shown.picture}")
    return f'<script type="application/json" class="picture" data-name="{name}">{text}</script>'


def _lines(row: Row) -> list[str]:
    """The scores of a picture to be read below it: by the first protocol, and those that judge by eye."""
    lines = []
    protocol = next((name.removesuffix("/psnr") for name in row.scores if name.endswith("/psnr")), None)
    if protocol is not None:
        numbers = [printed(row.scores[f"{protocol}/psnr"], "psnr") + " dB"]
        if f"{protocol}/ssim" in row.scores:
            numbers.append(printed(row.scores[f"{protocol}/ssim"], "ssim"))
        lines.append(f"{', '.join(numbers)} ({protocol})")
    seen = [name for name in row.scores if name == "niqe" or name.startswith("features/")]
    return lines + [f"{label(name)} {printed(row.scores[name], name)}" for name in seen]
