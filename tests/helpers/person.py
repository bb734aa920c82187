"""A rater for tests who calls the sessions directly."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from srgan_study.server.rater_state import RaterState
from srgan_study.server.request_schemas import (
    ConsentRequest,
    EventKind,
    EventRequest,
    LeaseRequest,
    TakeRequest,
    UndoRequest,
    VoteRequest,
)
from srgan_study.server.session import Sessions


class Clock:
    """Clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass: `forward(minutes=5)`."""
        self.now += timedelta(**span)


class Person:
    """A rater at one device; methods return the new state."""

    _keys = count()

    def __init__(self, sessions: Sessions, code: str = "R01") -> None:
        self._sessions, self._code = sessions, code
        self.lease, self.state = sessions.take(code, TakeRequest("tab"))

    def ready(self) -> RaterState:
        """Agree, and look at the calibration."""
        self._sessions.consent(self._code, ConsentRequest(self.lease, "1", {}))
        return self.calibrated()

    def calibrated(self) -> RaterState:
        self.state = self._sessions.calibrated(self._code, LeaseRequest(self.lease))
        return self.state

    def look(self) -> RaterState:
        self.state = self._sessions.state(self._code)
        return self.state

    def ballot(self, score: int = 3, **other: Any) -> VoteRequest:
        """Return a vote on the next image, with the given fields."""
        said: dict[str, Any] = {
            "lease": self.lease,
            "assignment": self.state.next[0].assignment if self.state.next else 1,
            "score": score,
            "key": f"key {next(self._keys)}",
            "shown_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
            "response_ms": 900,
            "device_pixel_ratio": 2.0,
            "viewport": (1280, 800),
            "zoom_ok": True,
        }
        return VoteRequest(**said | other)

    def vote(self, *scores: int, **other: Any) -> RaterState:
        """Vote on one image after another."""
        for score in scores:
            self.send(self.ballot(score, **other))
        return self.state

    def send(self, ballot: VoteRequest) -> RaterState:
        self.state = self._sessions.vote(self._code, ballot)
        return self.state

    def undo(self, assignment: int | None = None) -> RaterState:
        """Take the vote on an assignment back; without one, the last."""
        named = self.state.undoable if assignment is None else assignment
        assert named is not None
        self.state = self._sessions.undo(self._code, UndoRequest(self.lease, named))
        return self.state

    def tell(self, kind: EventKind, detail: str = "") -> RaterState:
        self.state = self._sessions.event(self._code, EventRequest(self.lease, kind, detail))
        return self.state
