"""Options of a job: read from the fields of a form, kept as JSON, and described for `/openapi.json`."""

import json
import math
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from srgan.errors import UsageError
from srgan.images import FORMATS

_MOST_SCALE, _MOST_SIDE = 64.0, 100_000_000
_LONGEST_NAME = 100
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


@dataclass(frozen=True)
class JobOptions:
    """Options for enlarging an image. The defaults are those of `srgan upscale`."""

    model: str = "auto"
    """`auto` or the name of a shipped model, never a path."""
    scale: float | None = None
    width: int | None = None
    fidelity: float | None = None
    """From 0, most photo-real, to 1, most faithful."""
    format: str | None = None
    """A key of `FORMATS`; that of the image without it."""
    quality: int = 95
    keep_metadata: bool = True
    crop: tuple[int, int, int, int] | None = None
    """Left, top, width and height of the part to enlarge, in pixels of the upright image."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "JobOptions":
        fields = json.loads(text)
        crop = fields.pop("crop")
        return cls(**fields, crop=None if crop is None else tuple(crop))


SCHEMA: dict[str, dict[str, Any]] = {
    "model": {"type": "string", "default": "auto", "description": "auto, or a name that /v1/models lists."},
    "scale": {"type": "number", "exclusiveMinimum": 0, "maximum": _MOST_SCALE, "description": "Without it, 4."},
    "width": {"type": "integer", "minimum": 1, "description": "Width of the result in pixels, in place of scale."},
    "fidelity": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "From 0, most photo-real, to 1, most faithful.",
    },
    "format": {"type": "string", "enum": list(FORMATS), "description": "Without it, the format of the image."},
    "quality": {"type": "integer", "minimum": 1, "maximum": 100, "default": 95, "description": "For JPEG, WebP, AVIF."},
    "keep_metadata": {"type": "boolean", "default": True, "description": "Carry over date, place, camera and so on."},
    "crop": {"type": "string", "pattern": r"^\d+,\d+,\d+,\d+$", "description": "left,top,width,height in pixels."},
}
"""JSON schema of each field."""


def parse_options(fields: Mapping[str, str], models: Collection[str]) -> JobOptions:
    """Read options from the fields of a form; an empty field counts as absent.

    Args:
        fields: by name; names that are no option are refused.
        models: names of the models that may be chosen.

    Raises:
        UsageError: if a field is unknown or its value is invalid.
    """
    values: dict[str, Any] = {}
    for name, text in fields.items():
        if name not in _PARSERS:
            raise UsageError(f"{_shown(name)} is not an option: use {', '.join(_PARSERS)}", parameter="options")
        if not text.strip():
            continue
        parse, wanted = _PARSERS[name]
        try:
            values[name] = parse(text.strip())
        except (KeyError, ValueError, StopIteration):
            raise UsageError(f"{name} must be {wanted}, not {_shown(text)}", parameter=name) from None
    options = JobOptions(**values)
    if options.scale is not None and options.width is not None:
        raise UsageError("scale and width both set the size: give one of them", parameter="scale")
    if options.model not in ("auto", *models):
        raise UsageError(f"model must be auto or one of {', '.join(models)}", parameter="model")
    if options.fidelity is not None and options.model != "auto":
        raise UsageError("fidelity needs the model auto: leave out one of them", parameter="fidelity")
    return options


def _number(low: float, high: float, *, above: bool = False) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text)
        if not math.isfinite(value) or not low <= value <= high or (above and value == low):
            raise ValueError
        return value

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 12 or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return parse


def _parse_format(text: str) -> str:
    name = text.lower().removeprefix(".")
    return next(key for key, form in FORMATS.items() if name == key or f".{name}" in form.suffixes)


def _parse_boolean(text: str) -> bool:
    return {"true": True, "1": True, "on": True, "false": False, "0": False}[text.lower()]


def _parse_crop(text: str) -> tuple[int, int, int, int]:
    side = _whole(0, _MOST_SIDE)
    left, top, width, height = (side(part.strip()) for part in text.split(","))
    if not width or not height:
        raise ValueError
    return left, top, width, height


_PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "model": (str, "a name"),
    "scale": (_number(0, _MOST_SCALE, above=True), f"above 0 and at most {_MOST_SCALE:g}"),
    "width": (_whole(1, _MOST_SIDE), f"a whole number from 1 to {_MOST_SIDE}"),
    "fidelity": (_number(0, 1), "from 0 to 1"),
    "format": (_parse_format, f"one of {', '.join(FORMATS)}"),
    "quality": (_whole(1, 100), "a whole number from 1 to 100"),
    "keep_metadata": (_parse_boolean, "true or false"),
    "crop": (_parse_crop, "left,top,width,height in whole pixels, the last two above 0"),
}
"""Reads the text of each option, and says what it must be."""


def _shown(text: str) -> str:
    return repr(text[:60])


def safe_name(name: str | None) -> str:
    """Return a client's file name as one that every system can save: no folders, controls or reserved names."""
    text = unicodedata.normalize("NFC", (name or "").replace("\\", "/").rpartition("/")[2])
    kept = "".join(char for char in text if char.isprintable() and char not in '<>:"|?*')
    kept = kept.strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = kept, "", ""
    while len(stem.encode()) > _LONGEST_NAME:
        stem = stem[:-1]
    stem = stem.strip(" .") or "photo"
    if stem.partition(".")[0].lower() in _DEVICES:
        stem = f"_{stem}"
    return f"{stem}{dot}{suffix}"
