"""Client of a simulated rater: sends the requests of a browser and checks every response against the study.

Only time is simulated: nobody waits, and response times are those of the rater model.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from srgan.errors import SrganError
from srgan_study.server.presentation_order import Presentation, presentations
from srgan_study.simulation.rater_model import SimulatedRater, make_rng
from srgan_study.study import LABELS, StimulusImage, Study

Document = dict[str, Any]

_SCREEN = (1920, 1080)
_FIRST = 3  # images that every rater loads


@dataclass(frozen=True)
class Habits:
    """Chances of unusual actions at each image."""

    undo: float = 0.01  # a wrong vote is sent, and taken back
    reload: float = 0.005  # the page is reloaded, as on another device, which takes over the session
    pause: float = 0.002  # a pause is made before the sitting is as long as the design allows


@dataclass
class SimulatedClient:
    """One rater's requests, from the state that the server reports."""

    http: httpx.AsyncClient  # of this rater alone; it is closed at the end
    study: Study  # study that the server should show
    rater: SimulatedRater
    token: str  # token of the rater's link
    habits: Habits
    share: tuple[int, int] = (0, 1)
    """Index and number of parts of the images; only this part is loaded, besides the first three."""
    should_leave: Callable[[], bool] = lambda: False  # called before every vote; true ends the visit
    cast: int = field(default=0, init=False)  # votes of this visit, practice included

    def __post_init__(self) -> None:
        self._order: dict[str, list[Presentation]] = {"practice": [], "rating": []}
        for presentation in presentations(self.study, self.rater.code):
            self._order["practice" if presentation.phase == "practice" else "rating"].append(presentation)
        self._now, self._sitting = datetime.now(UTC), timedelta()
        self._seen, self._link, self._lease = 0, f"/r/{self.token}", ""
        rng = make_rng(0, "habits", self.study.hash, self.rater.code)
        draws = rng.random((3, self.study.ratings_after_practice))
        rates = (self.habits.undo, self.habits.reload, self.habits.pause)
        self._undo, self._reload, self._pause = (row < rate for row, rate in zip(draws, rates, strict=True))

    async def rate_everything(self) -> None:
        """Do everything that is left to do.

        Raises:
            SrganError: if the server does not answer, or gives a wrong response.
        """
        async with self.http:
            state = await self._enter()
            while state["stage"] != "done" and not self.should_leave():
                if state["stage"] == "consent":
                    answers = {"age": "simulated", "vision": "simulated"}
                    state = await self._post("consent", consent="simulated", answers=answers)
                elif state["stage"] == "calibration":
                    await self._view_calibration()
                    state = await self._post("calibrated")
                else:
                    state = await self._rate(state)
        if state["stage"] == "done":
            self._check(bool(state["completion_code"]), "no completion code at the end")

    async def _enter(self) -> Document:
        """Open the link and take the session over."""
        page = await self._request("GET", self._link)
        self._check(page.headers["content-type"].startswith("text/html"), "the page is not HTML")
        reported: Document = (await self._request("GET", f"{self._link}/state")).json()
        response = await self._send("take", client=secrets.token_hex(8))
        self._lease = str(response["lease"])
        state: Document = response["state"]
        same = (state["stage"], state["done"]) == (reported["stage"], reported["done"])
        self._check(same, "two states at once")
        self._check(state["simulated"] is True, "the study is not marked as simulated")
        return state

    async def _view_calibration(self) -> None:
        examples = (await self._request("GET", f"{self._link}/calibration")).json()["examples"]
        expected = self.study.calibration
        self._check(len(examples) == len(expected), f"{len(examples)} examples, not {len(expected)}")
        for example, one in zip(examples, expected, strict=True):
            self._check((example["score"], example["label"]) == (one.score, LABELS[one.score]), "an example's score")
            await self._view(example, one.shown)

    async def _rate(self, state: Document) -> Document:
        """Cast the next vote, with the unusual actions that go with it."""
        stage, place = state["stage"], state["done"]
        expected, habitual = self._order[stage], stage == "rating"
        self._check(state["total"] == len(expected), f"{state['total']} ratings in total, not {len(expected)}")
        for following, one in zip(state["next"], expected[place:], strict=False):
            self._check_size(following, self._find_image(one))
        presentation, current = expected[place], state["next"][0]
        await self._view(current, self._find_image(presentation))
        if habitual and self._reload[place]:
            again = await self._enter()
            self._check(again["next"] == state["next"], "another image after a reload")
        score = int(self.rater.scores[presentation.phase][presentation.stimulus])
        if habitual and self._undo[place]:
            slip = await self._vote(current, presentation, score % 5 + 1)
            self._check(slip["undoable"] == current["assignment"], "the last vote cannot be taken back")
            back = await self._post("undo", assignment=current["assignment"])
            self._check(back["next"][:1] == [current], "another image after an undo")
        after = await self._vote(current, presentation, score)
        self._check(self._count_votes(after) == self._count_votes(state) + 1, f"{after['done']} votes after a vote")
        self.cast += 1
        tired = self._sitting >= timedelta(minutes=self.study.design.sitting_minutes)
        if after["stage"] == "rating" and (tired or (habitual and self._pause[place])):
            return await self._rest(after)
        return after

    async def _vote(self, current: Document, presentation: Presentation, score: int) -> Document:
        milliseconds = int(self.rater.milliseconds[presentation.phase][presentation.stimulus])
        shown_at, spent = self._now, timedelta(milliseconds=milliseconds)
        self._now += spent
        self._sitting += spent
        return await self._post(
            "votes",
            assignment=current["assignment"],
            score=score,
            key=secrets.token_hex(16),
            shown_at=shown_at.isoformat(timespec="milliseconds"),
            response_ms=milliseconds,
            device_pixel_ratio=1.0,
            viewport=list(_SCREEN),
            zoom_ok=True,
        )

    async def _rest(self, before: Document) -> Document:
        """Pause, and start the next sitting."""
        await self._post("events", kind="pause", detail="simulated")
        self._now, self._sitting = self._now + timedelta(minutes=10), timedelta()
        state = await self._post("events", kind="resume", detail="simulated")
        first, second = before["sitting"]["number"], state["sitting"]["number"]
        self._check(second == first + 1, f"sitting {second} after sitting {first}")
        self._check(state["next"] == before["next"], "another image after a pause")
        return state

    async def _view(self, current: Document, image: StimulusImage) -> None:
        """Load an image and check it, unless another rater does."""
        self._check_size(current, image)
        self._seen += 1
        part, parts = self.share
        if int(image.sha256[:8], 16) % parts == part or self._seen <= _FIRST:
            response = await self._request("GET", str(current["address"]))
            self._check(sha256(response.content).hexdigest() == image.sha256, "another image than the study's")

    def _find_image(self, presentation: Presentation) -> StimulusImage:
        return self.study.find_stimulus(presentation.phase, presentation.stimulus).shown

    def _count_votes(self, state: Document) -> int:
        """Return the number of votes in a state after the calibration, practice included."""
        before = 0 if state["stage"] == "practice" else len(self._order["practice"])
        return before + int(state["done"])

    async def _post(self, what: str, **body: Any) -> Document:
        """Send something as the holder of the lease; return the state after it."""
        state: Document = (await self._send(what, lease=self._lease, **body))["state"]
        return state

    async def _send(self, what: str, **body: Any) -> Any:
        return (await self._request("POST", f"{self._link}/{what}", json=body)).json()

    async def _request(self, method: str, address: str, **options: Any) -> httpx.Response:
        try:
            response = await self.http.request(method, address, **options)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SrganError(f"the study's server does not answer ({reason}): run the same command again") from error
        self._check(response.status_code == 200, f"status {response.status_code} {response.text[:200]!r} of a {method}")
        return response

    def _check_size(self, current: Document, image: StimulusImage) -> None:
        self._check((current["width"], current["height"]) == (image.width, image.height), "another image's size")

    def _check(self, right: bool, problem: str) -> None:
        if not right:
            raise SrganError(
                f"wrong response of the server to rater {self.rater.code} ({problem}): this is a fault of srgan, so "
                "report it, and do not invite people with this version"
            )
