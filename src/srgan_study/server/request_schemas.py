"""What a rater's page sends, checked field by field before anything is done with it."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

LARGEST = 16 * 1024
"""Bytes of a body."""

EventKind = Literal["pause", "resume", "zoom", "hidden", "small-window", "break"]

_WORD = 64  # characters of a name or key
_DETAIL = 200
_ANSWERS = 20
_DAY = 24 * 60 * 60 * 1000


class NotJson(ValueError):
    """A body is no JSON object."""


class Malformed(ValueError):
    """A field is missing, or is not what it has to be."""


@dataclass(frozen=True)
class Take:
    """A tab or device takes the study over."""

    client: str

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Take":
        return cls(_word(body, "client"))


@dataclass(frozen=True)
class Held:
    """Something is done by who holds the lease."""

    lease: str

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Held":
        return cls(_word(body, "lease"))


@dataclass(frozen=True)
class Consent(Held):
    """A rater agrees to take part."""

    consent: str
    """The version of the text that was read."""
    answers: dict[str, str]
    """To the questions that may be left out."""

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Consent":
        return cls(_word(body, "lease"), _word(body, "consent"), _answers(body.get("answers") or {}))


@dataclass(frozen=True)
class Vote(Held):
    """A score for a picture."""

    assignment: int
    score: int
    key: str
    """Made up by the page, and the same whenever it sends this vote again."""
    shown_at: str
    response_ms: int
    device_pixel_ratio: float
    viewport: tuple[int, int]
    zoom_ok: bool

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Vote":
        viewport = body.get("viewport")
        if not isinstance(viewport, list) or len(viewport) != 2:
            raise Malformed("viewport has to be [width, height]")
        return cls(
            lease=_word(body, "lease"),
            assignment=_whole(body.get("assignment"), "assignment", 1, 2**53),
            score=_whole(body.get("score"), "score", 1, 5),
            key=_word(body, "key"),
            shown_at=_moment(body.get("shown_at")),
            response_ms=_whole(body.get("response_ms"), "response_ms", 0, _DAY),
            device_pixel_ratio=_ratio(body.get("device_pixel_ratio")),
            viewport=(_whole(viewport[0], "viewport", 0, 100_000), _whole(viewport[1], "viewport", 0, 100_000)),
            zoom_ok=_truth(body.get("zoom_ok"), "zoom_ok"),
        )


@dataclass(frozen=True)
class Undo(Held):
    """A vote is taken back."""

    assignment: int

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Undo":
        return cls(_word(body, "lease"), _whole(body.get("assignment"), "assignment", 1, 2**53))


@dataclass(frozen=True)
class Event(Held):
    """Something happened around the rating."""

    kind: EventKind
    detail: str

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Event":
        kinds: tuple[EventKind, ...] = get_args(EventKind)
        kind = next((each for each in kinds if each == body.get("kind")), None)
        if kind is None:
            raise Malformed(f"kind has to be one of {', '.join(kinds)}")
        return cls(_word(body, "lease"), kind, _text(body.get("detail", ""), "detail", _DETAIL))


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is.

    Raises:
        NotJson: if it is none.
    """
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # recursion: thousands of brackets
        raise NotJson("the body has to be JSON") from error
    if not isinstance(found, dict):
        raise NotJson("the body has to be a JSON object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _word(body: dict[str, Any], name: str) -> str:
    value = _text(body.get(name), name, _WORD)
    if not value:
        raise Malformed(f"{name} has to be a text of up to {_WORD} characters")
    return value


def _text(value: Any, name: str, longest: int) -> str:
    # What is not printable includes halves of surrogate pairs, which no database takes.
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise Malformed(f"{name} has to be a text of up to {longest} characters")
    return value


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Malformed(f"{name} has to be a whole number from {least} to {most}")
    return value


def _truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"{name} has to be true or false")
    return value


def _ratio(value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 < value <= 100
        or not math.isfinite(value)
    ):
        raise Malformed("device_pixel_ratio has to be a number above 0 and up to 100")
    return float(value)


def _moment(value: Any) -> str:
    """A moment as it is stored: ISO 8601 in UTC."""
    try:
        moment = datetime.fromisoformat(_text(value, "shown_at", _WORD))
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError) as error:
        raise Malformed("shown_at has to be a moment with its time zone, as in 2026-01-31T12:00:00.000Z") from error


def _answers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _ANSWERS:
        raise Malformed(f"answers has to be an object of up to {_ANSWERS} answers")
    return {
        _text(name, "the name of an answer", _WORD): _text(answer, "an answer", _DETAIL)
        for name, answer in value.items()
    }
