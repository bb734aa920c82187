"""A simulated rater's visit: all that a person's browser would ask of the server, and a look at what it answers.

The rater knows what the study should show, and compares: which pictures come, how large they are, and what the server
says of progress. Only time is not real: nobody waits, and response times are the model's. This module does not know
how scores come about.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from srgan.errors import SrganError, UsageError
from srgan_study.server.presentation_order import Presentation, presentations
from srgan_study.server.rater_state import ratings_of
from srgan_study.simulation.rater_model import Rater, generator
from srgan_study.study import LABELS, StimulusImage, Study

State = dict[str, Any]

_SCREEN = (1920, 1080)
_FIRST = 3  # pictures that every rater looks at


@dataclass(frozen=True)
class Habits:
    """What raters do now and then; each is the chance of it at one picture."""

    undo: float = 0.01
    """The wrong key is pressed, and the vote taken back."""
    reload: float = 0.005
    """The page is loaded again, as on another device, which goes on in place of the one before."""
    pause: float = 0.002
    """Besides the pause after as many minutes as the design gives a sitting."""

    def __post_init__(self) -> None:
        if not all(0 <= chance <= 1 for chance in (self.undo, self.reload, self.pause)):
            raise UsageError("habits are chances: give numbers from 0 to 1")


@dataclass(frozen=True)
class Share:
    """Which pictures a rater looks at: one of so many parts, so that all are looked at, and evenly over time."""

    part: int = 0
    parts: int = 1

    def has(self, shown: StimulusImage) -> bool:
        """Whether the picture is in this part."""
        return int(shown.sha256[:8], 16) % self.parts == self.part


class Visit:
    """One rater at the study, from wherever the server says that they stand.

    Args:
        client: that speaks to the server for this rater alone; it is closed after the visit.
        study: that is rated.
        rater: who votes.
        token: of the rater's link.
        share: of the pictures that the rater looks at, besides the first few.
        habits: of the rater.
        leave: asked before every vote whether to stop here.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        study: Study,
        rater: Rater,
        token: str,
        *,
        share: Share,
        habits: Habits,
        leave: Callable[[], bool],
    ) -> None:
        self.done: int | None = None
        """Votes that stand, practice among them; None before the server was asked."""
        self._client, self._study, self._rater, self._link = client, study, rater, f"/r/{token}"
        self._share, self._leave = share, leave
        order = presentations(study, rater.code)
        self._order = {
            "practice": [shown for shown in order if shown.phase == "practice"],
            "rating": [shown for shown in order if shown.phase != "practice"],
        }
        self._now = datetime.now(UTC)
        self._sitting = timedelta()
        self._looked = 0
        chance = generator(0, "habits", study.hash, rater.code).random((3, ratings_of(study)))
        rates = (habits.undo, habits.reload, habits.pause)
        self._undo, self._reload, self._pause = (row < rate for row, rate in zip(chance, rates, strict=True))

    async def rate_everything(self) -> None:
        """All that is left to do.

        Raises:
            SrganError: if the server does not answer, or something else than it should.
        """
        async with self._client:
            state = await self._enter()
            while state["stage"] != "done" and not self._leave():
                state = await self._go_on(state)
        if state["stage"] == "done":
            self._check(bool(state["completion_code"]), "no completion code at the end")

    async def _go_on(self, state: State) -> State:
        if state["stage"] == "consent":
            answers = {"age": "simulated", "vision": "simulated"}
            return await self._post("consent", consent="simulated", answers=answers)
        if state["stage"] == "calibration":
            await self._look_at_calibration()
            return await self._post("calibrated")
        return await self._rate(state)

    async def _enter(self) -> State:
        """Open the link, as a browser would."""
        page = await self._get(self._link)
        self._check(page.headers["content-type"].startswith("text/html"), "a page that is no page")
        told: State = (await self._get(f"{self._link}/state")).json()
        self._lease = ""
        answer = await self._send("take", client=secrets.token_hex(8))
        self._lease = str(answer["lease"])
        state: State = answer["state"]
        self._check((state["stage"], state["done"]) == (told["stage"], told["done"]), "two states at once")
        self._check(state["simulated"] is True, "that it is a study of people")
        self.done = self._votes(state)
        return state

    async def _look_at_calibration(self) -> None:
        examples = (await self._get(f"{self._link}/calibration")).json()["examples"]
        expected = self._study.calibration
        self._check(len(examples) == len(expected), f"{len(examples)} examples and not {len(expected)}")
        for told, example in zip(examples, expected, strict=True):
            said = (told["score"], told["label"])
            self._check(said == (example.score, LABELS[example.score]), f"of an example that it is {said}")
            await self._look(told, example.shown)

    async def _rate(self, state: State) -> State:
        """Cast the next vote, and whatever comes with it."""
        stage, place = state["stage"], state["done"]
        expected = self._order[stage]
        self._check(state["total"] == len(expected), f"that {state['total']} are to be rated and not {len(expected)}")
        for told, one in zip(state["next"], expected[place:], strict=False):
            self._check(_size(told) == _size_of(self._shown(one)), "another picture's size")
        presentation, told = expected[place], state["next"][0]
        await self._look(told, self._shown(presentation))
        if stage == "rating" and self._reload[place]:
            again = await self._enter()
            self._check(again["next"] == state["next"], "another picture after the page was loaded again")
        score = int(self._rater.scores[presentation.phase][presentation.stimulus])
        if stage == "rating" and self._undo[place]:
            slip = await self._vote(told, presentation, score % 5 + 1)
            self._check(slip["undoable"] == told["assignment"], "that the last vote cannot be taken back")
            back = await self._post("undo", assignment=told["assignment"])
            self._check(back["next"][:1] == [told], "another picture after a vote was taken back")
        after = await self._vote(told, presentation, score)
        moved = self._votes(after) == self._votes(state) + 1
        self._check(moved, f"after a vote that {after['done']} are done in stage {after['stage']}")
        self.done = self._votes(after)
        tired = self._sitting >= timedelta(minutes=self._study.design.sitting_minutes)
        if after["stage"] == "rating" and (tired or (stage == "rating" and self._pause[place])):
            return await self._rest(after)
        return after

    async def _vote(self, told: State, presentation: Presentation, score: int) -> State:
        milliseconds = int(self._rater.milliseconds[presentation.phase][presentation.stimulus])
        shown_at, spent = self._now, timedelta(milliseconds=milliseconds)
        self._now += spent
        self._sitting += spent
        return await self._post(
            "votes",
            assignment=told["assignment"],
            score=score,
            key=secrets.token_hex(16),
            shown_at=shown_at.isoformat(timespec="milliseconds"),
            response_ms=milliseconds,
            device_pixel_ratio=1.0,
            viewport=list(_SCREEN),
            zoom_ok=True,
        )

    async def _rest(self, before: State) -> State:
        """A pause, and the next sitting."""
        await self._post("events", kind="pause", detail="simulated")
        self._now, self._sitting = self._now + timedelta(minutes=10), timedelta()
        state = await self._post("events", kind="resume", detail="simulated")
        numbers = before["sitting"]["number"], state["sitting"]["number"]
        self._check(numbers[1] == numbers[0] + 1, f"that sitting {numbers[1]} comes after {numbers[0]}")
        self._check(state["next"] == before["next"], "another picture after a pause")
        return state

    async def _look(self, told: State, shown: StimulusImage) -> None:
        """See that the picture at an address is the right one, unless another rater does."""
        self._check(_size(told) == _size_of(shown), "another picture's size")
        self._looked += 1
        if not self._share.has(shown) and self._looked > _FIRST:
            return
        answer = await self._get(str(told["address"]))
        self._check(sha256(answer.content).hexdigest() == shown.sha256, "another picture than the study's")

    def _shown(self, presentation: Presentation) -> StimulusImage:
        stimuli = self._study.practice if presentation.phase == "practice" else self._study.stimuli
        return stimuli[presentation.stimulus].shown

    def _votes(self, state: State) -> int:
        """Votes that stand."""
        practice = len(self._order["practice"])
        if state["stage"] == "practice":
            return int(state["done"])
        return practice + int(state["done"]) if state["stage"] in ("rating", "done") else self.done or 0

    async def _post(self, what: str, **body: Any) -> State:
        """Post something as who holds the lease.

        Returns:
            Where the rater stands after it.
        """
        state: State = (await self._send(what, lease=self._lease, **body))["state"]
        return state

    async def _send(self, what: str, **body: Any) -> Any:
        headers = {"content-type": "application/json"}
        content = json.dumps(body).encode()
        return (await self._answer("POST", f"{self._link}/{what}", content=content, headers=headers)).json()

    async def _get(self, address: str) -> httpx.Response:
        return await self._answer("GET", address)

    async def _answer(self, method: str, address: str, **request: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, address, **request)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SrganError(f"the study's server does not answer ({reason}): run the same command again") from error
        self._check(answer.status_code == 200, f"{answer.status_code} {answer.text[:200]!r} to a {method}")
        return answer

    def _check(self, right: bool, told: str) -> None:
        if not right:
            raise SrganError(
                f"the server told rater {self._rater.code} {told}: that is a fault of srgan, so do not invite people "
                "with this version, and report it"
            )


def _size(told: State) -> tuple[int, int]:
    return int(told["width"]), int(told["height"])


def _size_of(shown: StimulusImage) -> tuple[int, int]:
    return shown.width, shown.height
