"""A campaign of kills: `srgan web` is killed at random moments while clients send jobs, and started again.

    python -m runs.web_kills 200 [--seed 1]

Each time the service starts, jobs are sent, and after a random time kill -9 ends it. In the end it may finish: every
job that it has accepted must be there, with the result that an undisturbed job has.
"""

import argparse
import io
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.web_load import service

CLIENTS, MOST_SECONDS, MOST_WAITING = 2, 3.0, 20
"""Clients that send at the same time, seconds from the start to a kill, and jobs that may wait."""


@dataclass
class KillOutcome:
    """What came of a campaign."""

    accepted: list[str] = field(default_factory=list)
    """Ids of all jobs that were accepted."""
    ends: Counter[str] = field(default_factory=Counter)
    """Number of jobs by what became of them: right, wrong, lost, failed."""


def campaign(folder: Path, kills: int, seed: int = 1, *, most_seconds: float = MOST_SECONDS) -> KillOutcome:
    """Kill the service again and again.

    Args:
        folder: of the store.
        kills: how often.
        seed: decides the moments.
        most_seconds: from the start to a kill.
    """
    dice, outcome = random.Random(seed), KillOutcome()
    options = ("--store", str(folder), "--max-waiting", str(MOST_WAITING))
    for _ in range(kills):
        with service(*options) as (process, address), ThreadPoolExecutor(CLIENTS) as clients:
            ended = threading.Event()
            for number in range(CLIENTS):
                clients.submit(send, address, f"client{number}", outcome.accepted, ended)
            time.sleep(dice.uniform(0, most_seconds))
            process.kill()
            ended.set()
            process.wait()
    with service(*options) as (_, address), httpx.Client(base_url=address, timeout=600) as client:
        answer = client.post("/v1/images/upscale", files={"image": ("photo.png", photo())})
        while answer.status_code == 429:
            time.sleep(1)
            answer = client.post("/v1/images/upscale", files={"image": ("photo.png", photo())})
        for id in outcome.accepted:
            outcome.ends[end_of(client, id, answer.raise_for_status().content)] += 1
    return outcome


def photo() -> bytes:
    """Return a small PNG."""
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((32, 24)).save(buffer, "PNG")
    return buffer.getvalue()


def send(address: str, name: str, accepted: list[str], ended: threading.Event) -> None:
    """Send jobs one after another until the service is gone; only what it has answered counts as accepted."""
    with httpx.Client(base_url=address, headers={"Cookie": f"srgan_client={name}"}, timeout=600) as client:
        while not ended.is_set():
            try:
                answer = client.post("/v1/jobs", files={"image": ("photo.png", photo())})
            except httpx.TransportError:
                return
            if answer.status_code == 202:
                accepted.append(answer.json()["id"])
            ended.wait(0.05 if answer.status_code == 202 else 0.2)


def end_of(client: httpx.Client, id: str, expected: bytes) -> str:
    """Return what became of a job, once it has ended."""
    answer = client.get(f"/v1/jobs/{id}/events")  # as long as it runs
    if answer.status_code != 200:
        return "lost"
    if '"status": "failed"' in answer.text:
        return "failed"
    return "right" if client.get(f"/v1/jobs/{id}/result").content == expected else "wrong"


def main() -> None:
    """Run a campaign and show what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = campaign(Path(name), given.kills, given.seed)
    sys.stdout.write(f"{given.kills} kills, {len(outcome.accepted)} jobs accepted: {dict(outcome.ends)}\n")
    sys.exit(0 if set(outcome.ends) <= {"right"} else 1)


if __name__ == "__main__":
    main()
