"""Requests of a rater's page, parsed and checked field by field."""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from srgan_study.server.request_checks import RequestError

EventKind = Literal["pause", "resume", "zoom", "hidden", "small-window", "break"]

_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_Text = Annotated[str, Meta(max_length=200)]
_Assignment = Annotated[int, Meta(ge=1, le=2**53)]
_Pixels = Annotated[int, Meta(ge=0, le=100_000)]
_DAY = 24 * 60 * 60 * 1000  # milliseconds


class Request(Struct, frozen=True):
    """Request whose texts are printable."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            texts = [*value, *value.values()] if isinstance(value, dict) else [value]
            if not all(text.isprintable() for text in texts if isinstance(text, str)):
                raise ValueError(f"{name} must be printable text")


class TakeRequest(Request, frozen=True):
    """A tab or device takes the study over."""

    client: _Word


class LeaseRequest(Request, frozen=True):
    """The holder of the lease does something."""

    lease: _Word


class ConsentRequest(LeaseRequest, frozen=True):
    """A rater agrees to take part."""

    consent: _Word  # version of the text that was read
    answers: Annotated[dict[Annotated[str, Meta(max_length=64)], _Text], Meta(max_length=20)] | None = None


class VoteRequest(LeaseRequest, frozen=True):
    """A score for an image."""

    assignment: _Assignment
    score: Annotated[int, Meta(ge=1, le=5)]
    key: _Word  # idempotency key: the same whenever the page sends this vote again
    shown_at: Annotated[datetime, Meta(tz=True)]
    response_ms: Annotated[int, Meta(ge=0, le=_DAY)]
    device_pixel_ratio: Annotated[float, Meta(gt=0, le=100)]
    viewport: tuple[_Pixels, _Pixels]
    zoom_ok: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            self.shown_at.astimezone(UTC)
        except OverflowError as error:  # in the year 1 or 9999
            raise ValueError("shown_at is out of range") from error


class UndoRequest(LeaseRequest, frozen=True):
    """A vote is taken back."""

    assignment: _Assignment


class EventRequest(LeaseRequest, frozen=True):
    """Something happened around the rating."""

    kind: EventKind
    detail: _Text = ""


_R = TypeVar("_R", bound=Request)


def parse_request(body: bytes, kind: type[_R]) -> _R:
    """Parse the body of a request.

    Raises:
        RequestError: with status 400 if it is no JSON object, 422 if a field is missing or wrong.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # recursion: thousands of brackets
        raise RequestError(400, "the body has to be JSON") from error
    if not isinstance(document, dict):
        raise RequestError(400, "the body has to be a JSON object")
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise RequestError(422, str(error)) from error
