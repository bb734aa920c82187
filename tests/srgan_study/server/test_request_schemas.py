"""Requests: every field is checked, and named where it is wrong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from srgan_study.server.request_checks import RequestError
from srgan_study.server.request_schemas import (
    ConsentRequest,
    EventRequest,
    Request,
    TakeRequest,
    VoteRequest,
    parse_request,
)

VOTE: dict[str, Any] = {
    "lease": "lease",
    "assignment": 1,
    "score": 4,
    "key": "k1",
    "shown_at": "2026-03-01T14:00:00.000+02:00",
    "response_ms": 900,
    "device_pixel_ratio": 2,
    "viewport": [1280, 800],
    "zoom_ok": True,
}
CONSENT = {"lease": "l", "consent": "1"}
EVENT = {"lease": "l", "kind": "pause"}
WRONG: list[tuple[type[Request], dict[str, Any], str, list[Any]]] = [
    (VoteRequest, VOTE, "assignment", [None, "1", 1.0, 1.5, True, -1, 0, 10**30]),
    (VoteRequest, VOTE, "score", [0, 6, "3", 3.0, True, None]),
    (VoteRequest, VOTE, "key", ["", "x" * 65, 7, "a\0b"]),
    (VoteRequest, VOTE, "lease", [None, ["x"], ""]),
    (VoteRequest, VOTE, "shown_at", ["yesterday", "2026-03-01T12:00:00", "0001-01-01T00:00:00+23:59", 5, None]),
    (VoteRequest, VOTE, "response_ms", [-1, 1.5, 10**12]),
    (VoteRequest, VOTE, "device_pixel_ratio", [0, "2", True, 101, 10**30]),
    (VoteRequest, VOTE, "viewport", [[1], [1, 2, 3], "12", [1, -2], {"0": 1, "1": 2}]),
    (VoteRequest, VOTE, "zoom_ok", [1, "true", None]),
    (ConsentRequest, CONSENT, "answers", ["x", [1], {"age": 7}, {"age": None}, {"age": "x" * 201}]),
    (ConsentRequest, CONSENT, "answers", [{"a" * 65: "x"}, {str(n): "" for n in range(21)}, {"age": "a\nb"}]),
    (EventRequest, EVENT, "kind", ["calibrated", "", None, [], {"pause": 1}, 3]),
    (EventRequest, EVENT, "detail", ["x" * 201, None, "\n"]),
    (TakeRequest, {"client": "x"}, "client", [None, "", "x" * 65, "\n", 3]),
]


def parse(kind: type[Request], document: Any) -> Any:
    return parse_request(json.dumps(document).encode(), kind)


def test_a_vote_is_parsed() -> None:
    assert parse(VoteRequest, VOTE) == VoteRequest(
        "lease", 1, 4, "k1", datetime(2026, 3, 1, 12, tzinfo=UTC), 900, 2.0, (1280, 800), True
    )


def test_optional_fields() -> None:
    assert parse(EventRequest, EVENT).detail == ""
    assert parse(ConsentRequest, CONSENT).answers is None
    assert parse(ConsentRequest, {**CONSENT, "answers": {"age": ""}}).answers == {"age": ""}


@pytest.mark.parametrize(
    ("kind", "document", "name", "value"),
    [(kind, document, name, value) for kind, document, name, values in WRONG for value in values],
    ids=lambda value: repr(value)[:20],
)
def test_a_wrong_field_is_named(kind: type[Request], document: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(RequestError) as error:
        parse(kind, document | {name: value})
    assert error.value.status == 422
    assert name in str(error.value)


@pytest.mark.parametrize("name", VOTE)
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(RequestError) as error:
        parse(VoteRequest, {key: value for key, value in VOTE.items() if key != name})
    assert (error.value.status, name in str(error.value)) == (422, True)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 16000, b'{"a":' * 3000, b"1" * 10000),
        *(b'{"lease": "\\ud800"}', b'{"lease": "\xff"}', b'{"score": 1e999}', b"{} {}"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object(body: bytes) -> None:
    with pytest.raises(RequestError) as error:
        parse_request(body, VoteRequest)
    assert error.value.status == 400
