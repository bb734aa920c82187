"""What a page may send: each field is checked, and named where it makes no sense."""

import json
from typing import Any

import pytest

from srgan_study.server.request_schemas import Consent, Event, Malformed, NotJson, Take, Vote, read_object

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
NONSENSE: list[tuple[str, Any]] = [
    ("assignment", None), ("assignment", "1"), ("assignment", 1.0), ("assignment", True), ("assignment", -1),
    ("assignment", 10**400), ("score", 0), ("score", 6), ("score", "3"), ("score", 3.0), ("score", True),
    ("score", None), ("key", ""), ("key", "x" * 65), ("key", 7), ("key", "\ud800"), ("key", "a\0b"), ("lease", None),
    ("lease", ["x"]),
    ("shown_at", "yesterday"), ("shown_at", "2026-03-01T12:00:00"), ("shown_at", "0001-01-01T00:00:00+23:59"),
    ("response_ms", -1), ("response_ms", 1.5), ("response_ms", 10**12), ("device_pixel_ratio", 0),
    ("device_pixel_ratio", "2"), ("device_pixel_ratio", True), ("device_pixel_ratio", 10**400), ("viewport", [1]),
    ("viewport", [1, 2, 3]), ("viewport", "12"), ("viewport", [1, -2]), ("viewport", {"0": 1, "1": 2}), ("zoom_ok", 1),
    ("zoom_ok", "true"), ("zoom_ok", None),
]  # fmt: skip


def test_a_vote_is_read_as_it_was_sent_and_its_moment_in_utc() -> None:
    assert Vote.read(read_object(json.dumps(VOTE).encode())) == Vote(
        "lease", 1, 4, "k1", "2026-03-01T12:00:00.000+00:00", 900, 2.0, (1280, 800), True
    )


@pytest.mark.parametrize(("name", "value"), NONSENSE, ids=lambda value: repr(value)[:20])
def test_a_vote_that_makes_no_sense_is_refused_by_field(name: str, value: Any) -> None:
    with pytest.raises(Malformed, match=name):
        Vote.read(VOTE | {name: value})


def test_a_moment_says_its_time_zone() -> None:
    with pytest.raises(Malformed, match="shown_at has to be a moment with its time zone, as in 2026"):
        Vote.read(VOTE | {"shown_at": "2026-03-01T12:00:00"})


@pytest.mark.parametrize("name", VOTE)
def test_a_vote_without_a_field_is_refused(name: str) -> None:
    with pytest.raises(Malformed, match=name):
        Vote.read({key: value for key, value in VOTE.items() if key != name})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 16000, b'{"a":' * 3000, b"1" * 10000],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson, match="JSON"):
        read_object(body)


@pytest.mark.parametrize(
    "answers",
    [[], "x", {"age": 7}, {"age": None}, {"age": "x" * 201}, {"a" * 65: "x"}, {str(n): "" for n in range(21)}],
)
def test_answers_are_few_and_short(answers: Any) -> None:
    if answers == []:  # as good as none
        assert Consent.read({"lease": "l", "consent": "1", "answers": answers}).answers == {}
        return
    with pytest.raises(Malformed, match="answer"):
        Consent.read({"lease": "l", "consent": "1", "answers": answers})


def test_events_are_of_known_kinds() -> None:
    assert Event.read({"lease": "l", "kind": "pause"}) == Event("l", "pause", "")
    kinds: list[Any] = ["calibrated", "", None, [], {"pause": 1}, 3]
    for kind in kinds:
        with pytest.raises(Malformed, match="kind has to be one of pause, resume"):
            Event.read({"lease": "l", "kind": kind})
    with pytest.raises(Malformed, match="detail"):
        Event.read({"lease": "l", "kind": "zoom", "detail": "x" * 201})


def test_a_client_has_a_name() -> None:
    for client in (None, "", "x" * 65, "\n", 3):
        with pytest.raises(Malformed, match="client"):
            Take.read({"client": client})
