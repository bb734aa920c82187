"""The queue: order, limits, cancelling, time, failures and expiry."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from srgan.errors import PictureError
from srgan_web.job_queue import fair_order
from srgan_web.job_record import QueuedJob
from tests.srgan_web.conftest import RESULT, Service

MakeService = Callable[..., Service]


def wait_for(client: Any, id: str, *states: str) -> dict[str, Any]:
    """Return a job once it is in one of these states."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(f"/v1/jobs/{id}").json()
        if job.get("status") in states:
            return job
        time.sleep(0.01)
    raise AssertionError(f"the job is {job}")


def test_clients_take_turns() -> None:
    jobs = [QueuedJob(id, id[0], float(place), 1, "m") for place, id in enumerate(["a1", "a2", "a3", "b1", "c1"])]
    assert [job.id for job in fair_order(jobs, {})] == ["a1", "b1", "c1", "a2", "a3"]
    assert [job.id for job in fair_order(jobs, {"a": 9.0, "b": 5.0})] == ["c1", "b1", "a1", "a2", "a3"]


def test_a_second_client_does_not_wait_for_all_jobs_of_the_first(service: Service) -> None:
    first, second = service.client(), service.client(Cookie="srgan_client=second")
    for number in range(4):
        service.post(first, f"first{number}.jpg")
    service.enlarger.wait_until_began(1)
    last = service.post(second, "second.jpg").json()
    assert last["position"] == 1
    service.enlarger.permits.release(5)
    assert service.enlarger.wait_until_began(5)[:2] == ["first0.jpg", "second.jpg"]


def test_progress_position_and_time_left(service: Service) -> None:
    client = service.client()
    ids = [service.post(client, f"{number}.jpg").json()["id"] for number in range(3)]
    service.enlarger.wait_until_began(1)
    running = wait_for(client, ids[0], "running")
    assert running["progress"] == 0.5
    assert running["seconds_left"] >= 0
    last = client.get(f"/v1/jobs/{ids[2]}").json()
    assert (last["status"], last["position"], last["seconds_left"]) == ("queued", 2, None)  # no job has ended yet
    service.enlarger.permits.release()
    wait_for(client, ids[0], "done")
    assert client.get(f"/v1/jobs/{ids[2]}").json()["seconds_left"] is not None


def test_a_full_queue_answers_429_until_there_is_room(make_service: MakeService) -> None:
    service = make_service(max_waiting=3, max_waiting_per_client=2)
    client, other = service.client(), service.client(Cookie="srgan_client=other")
    service.post(client)
    service.enlarger.wait_until_began(1)
    assert [service.post(client).status_code for _ in range(3)] == [202, 202, 429]
    assert [service.post(other).status_code for _ in range(2)] == [202, 429]
    refused = service.post(other, path="/v1/images/upscale")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    held = service.post(client, hold="true")
    assert held.status_code == 202  # it does not wait in the queue
    assert client.post(f"/v1/jobs/{held.json()['id']}/start").status_code == 429
    assert "srgan_jobs_refused_total 4" in client.get("/metrics").text
    service.enlarger.permits.release(4)
    service.enlarger.wait_until_began(4)
    assert service.post(client).status_code == 202


def test_a_full_store_answers_503(make_service: MakeService) -> None:
    client = make_service(max_disk=100_000).client()
    answer = client.post("/v1/jobs", files={"image": b"x" * 200_000})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


def test_cancelling_ends_the_running_job_and_deletes_its_files(service: Service) -> None:
    client = service.client()
    running, waiting = (service.post(client).json()["id"] for _ in range(2))
    service.enlarger.wait_until_began(1)
    assert client.delete(f"/v1/jobs/{running}").status_code == 204
    service.enlarger.wait_until_began(2)
    assert client.delete(f"/v1/jobs/{waiting}").status_code == 204
    assert client.delete(f"/v1/jobs/{waiting}").status_code == 404
    service.pool.stop()
    assert [list((service.store.folder / part).iterdir()) for part in ("uploads", "results", "views")] == [[], [], []]
    assert 'outcome="cancelled"} 2' in client.get("/metrics").text


def test_a_job_that_takes_too_long_fails(make_service: MakeService) -> None:
    service = make_service(max_seconds=0.2)
    client = service.client()
    job = wait_for(client, service.post(client).json()["id"], "failed")
    assert "longer than 0.2 s" in job["error"]


@pytest.mark.parametrize("error", [PictureError("it is damaged"), RuntimeError("a mistake")])
def test_a_failure_ends_one_job_only(error: Exception, service: Service) -> None:
    client = service.client()
    service.enlarger.error = error
    service.enlarger.permits.release()
    job = wait_for(client, service.post(client).json()["id"], "failed")
    assert str(error) in job["error"]
    service.enlarger.error = None
    service.enlarger.permits.release()
    wait_for(client, service.post(client).json()["id"], "done")
    assert client.get("/healthz").json() == {"status": "ok"}


def test_stopping_keeps_the_running_job(service: Service) -> None:
    id = service.post(service.client()).json()["id"]
    service.enlarger.wait_until_began(1)
    service.pool.stop()
    job = service.store.find(id)
    assert job is not None
    assert (job.status, job.attempts) == ("queued", 0)
    assert service.client().get("/healthz").status_code == 503


def test_old_jobs_are_deleted(make_service: MakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service(keep_seconds=3600)
    client = service.client()
    service.enlarger.permits.release()
    old = service.post(client).json()["id"]
    wait_for(client, old, "done")
    assert service.store.result(old).read_bytes() == RESULT
    service.store.update(old, created=1.0, finished=2.0)
    monkeypatch.setattr("srgan_web.job_queue._CLEAN_UP", 0.0)
    service.queue.watch()
    assert client.get(f"/v1/jobs/{old}").status_code == 404
    assert not service.store.result(old).exists()
