"""Requests: every field is checked, and named where it is wrong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from srgan_study.server import request_schemas as schemas
from srgan_study.server.request_checks import RequestError
from srgan_study.server.request_schemas import ConsentRequest, EventRequest, TakeRequest, VoteRequest, parse_request
from tests.helpers import asking

Kind = type[schemas.Request]

HERE = "2026-03-01T14:00:00.000+02:00"
VOTE = asking.VOTE | {"lease": "lease", "assignment": 1, "shown_at": HERE, "device_pixel_ratio": 2}
CONSENT = {"lease": "l", "consent": "1"}
EVENT = {"lease": "l", "kind": "pause"}
MISSING = object()
WRONG: list[tuple[Kind, dict[str, Any], str, list[Any]]] = [
    *((VoteRequest, VOTE, name, [MISSING]) for name in VOTE),
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


def parse(kind: Kind, document: Any) -> Any:
    return parse_request(json.dumps(document).encode(), kind)


def test_requests_are_parsed() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert parse(VoteRequest, VOTE) == VoteRequest("lease", 1, 4, "k1", moment, 900, 2.0, (1280, 800), True)
    assert parse(EventRequest, EVENT).detail == ""
    assert parse(ConsentRequest, CONSENT).answers is None
    assert parse(ConsentRequest, {**CONSENT, "answers": {"age": ""}}).answers == {"age": ""}


@pytest.mark.parametrize(("kind", "document", "name", "values"), WRONG, ids=lambda value: repr(value)[:20])
def test_a_wrong_field_is_named(kind: Kind, document: dict[str, Any], name: str, values: list[Any]) -> None:
    for value in values:
        changed = {key: field for key, field in (document | {name: value}).items() if field is not MISSING}
        with pytest.raises(RequestError, match=name) as error:
            parse(kind, changed)
        assert error.value.status == 422


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
