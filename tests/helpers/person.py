"""A rater in the tests of what raters may do, who speaks to the sessions themselves."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from srgan_study.server.rater_state import State
from srgan_study.server.request_schemas import Consent, Event, EventKind, Held, Take, Undo, Vote
from srgan_study.server.session import Sessions


class Clock:
    """Tells the moment that it was set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass: `forward(minutes=5)`."""
        self.now += timedelta(**span)


class Person:
    """A rater at one device; every method gives where they then stand."""

    _keys = count()

    def __init__(self, sessions: Sessions, code: str = "R01") -> None:
        self._sessions, self._code = sessions, code
        self.lease, self.state = sessions.take(code, Take("tab"))

    def ready(self) -> State:
        """Agree, and look at the calibration."""
        self._sessions.consent(self._code, Consent(self.lease, "1", {}))
        return self.calibrated()

    def calibrated(self) -> State:
        self.state = self._sessions.calibrated(self._code, Held(self.lease))
        return self.state

    def look(self) -> State:
        self.state = self._sessions.state(self._code)
        return self.state

    def ballot(self, score: int = 3, **other: Any) -> Vote:
        """A vote on what is next, in everything else as given."""
        said: dict[str, Any] = {
            "lease": self.lease,
            "assignment": self.state.next[0].assignment if self.state.next else 1,
            "score": score,
            "key": f"key {next(self._keys)}",
            "shown_at": "2026-03-01T12:00:00.000+00:00",
            "response_ms": 900,
            "device_pixel_ratio": 2.0,
            "viewport": (1280, 800),
            "zoom_ok": True,
        }
        return Vote(**said | other)

    def vote(self, *scores: int, **other: Any) -> State:
        """Vote on one picture after another."""
        for score in scores:
            self.send(self.ballot(score, **other))
        return self.state

    def send(self, ballot: Vote) -> State:
        self.state = self._sessions.vote(self._code, ballot)
        return self.state

    def undo(self, assignment: int | None = None) -> State:
        """Take the vote on an assignment back; without one, the last."""
        named = self.state.undoable if assignment is None else assignment
        assert named is not None
        self.state = self._sessions.undo(self._code, Undo(self.lease, named))
        return self.state

    def tell(self, kind: EventKind, detail: str = "") -> State:
        self.state = self._sessions.event(self._code, Event(self.lease, kind, detail))
        return self.state
