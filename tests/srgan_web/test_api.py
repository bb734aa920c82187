"""The REST interface: each address, the OpenAPI document, and who may ask."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.routing import Route

import srgan
from srgan.errors import UsageError
from srgan_web.access import AccessRules
from srgan_web.job_options import JobOptions
from srgan_web.job_queue import JobQueue
from srgan_web.views import VIEWS, write_view
from srgan_web.web_server import WebPlace
from tests.srgan_web.conftest import RESULT, Service, make_photo
from tests.srgan_web.test_job_queue import MakeService, wait_for


def routes_of(service: Service) -> set[tuple[str, str]]:
    """Return method and path of every route of the REST interface."""
    return {
        (method, route.path)
        for route in service.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD" and route.path.startswith(("/v1/", "/healthz", "/metrics", "/openapi"))
    }


def test_the_openapi_document_describes_exactly_the_routes(service: Service) -> None:
    document = service.client().get("/openapi.json").json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == routes_of(service)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
            assert names == [part[1:-1] for part in path.split("/") if part.startswith("{")]


def test_answers_are_those_of_the_document(service: Service) -> None:
    client = service.client()
    document = client.get("/openapi.json").json()
    service.enlarger.permits.release(9)
    id = service.post(client).json()["id"]
    wait_for(client, id, "done")
    for method, path in sorted(routes_of(service) - {("GET", "/v1/events")}):
        for filled in (path.replace("{id}", "none").replace("{view}", "result"), path.replace("{id}", id)):
            if method == "DELETE" and filled.endswith(id):
                continue
            response = client.request(method, filled)
            described = document["paths"][path][method.lower()]["responses"]
            assert str(response.status_code) in described, (method, filled, response.text)
            if response.status_code >= 400:
                assert set(response.json()) <= {"error", "parameter"}
    job, schema = client.get(f"/v1/jobs/{id}").json(), document["components"]["schemas"]["Job"]
    assert set(schema["required"]) <= set(schema["properties"]) <= set(job)


def test_upscale_answers_with_the_image_and_keeps_nothing(service: Service) -> None:
    client = service.client()
    service.enlarger.permits.release()
    answer = service.post(client, "My dog.jpg", "/v1/images/upscale", scale="2", format="png")
    assert (answer.status_code, answer.content) == (200, RESULT)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''My%20dog-x2.png"
    assert client.get("/v1/jobs").json() == {"jobs": []}
    assert list((service.store.folder / "uploads").iterdir()) == []


def test_upscale_answers_with_the_job_on_request(service: Service) -> None:
    client = service.client(Accept="application/json")
    service.enlarger.permits.release()
    job = service.post(client, path="/v1/images/upscale").json()
    assert (job["status"], job["progress"]) == ("done", 1.0)
    assert client.get(job["links"]["result"]).content == RESULT


def test_a_held_job_waits_for_its_options(service: Service) -> None:
    client = service.client()
    job = service.post(client, hold="true").json()
    assert (job["status"], job["source"]["width"], job["result"]["name"]) == ("held", 48, "photo-x4.jpg")
    address = job["links"]["self"]
    assert client.get(f"{address}/result").status_code == 409
    started = client.post(f"{address}/start", data={"width": "100", "crop": "0,0,40,20"}).json()
    assert started["status"] in ("queued", "running")
    assert started["result"]["name"] == "photo-crop-w100.jpg"
    assert (started["result"]["width"], started["result"]["height"]) == (100, 50)
    assert client.post(f"{address}/start").status_code == 409


def test_the_image_of_one_job_serves_another(service: Service) -> None:
    client = service.client()
    first = service.post(client, hold="true").json()
    second = client.post("/v1/jobs", data={"source": first["id"], "scale": "2", "hold": "1"}).json()
    assert second["picture"] == first["picture"]
    assert second["result"]["width"] == 96
    client.delete(first["links"]["self"])
    assert service.store.upload(second["id"]).read_bytes() == make_photo()


@pytest.mark.parametrize("other", ['settings={"theme": "dark"}', "a[0]=1", "a,b"])
def test_malformed_cookies_of_other_services_on_this_host_do_no_harm(other: str, make_service: MakeService) -> None:
    service = make_service(AccessRules(token="secret"))
    client = service.client(Cookie=f"{other}; srgan_token=secret; srgan_client=first")
    id = service.post(client, hold="true").json()["id"]
    assert service.store.of_client("browser first")[0].id == id


def test_clients_see_their_own_jobs(service: Service) -> None:
    first, second = (service.client(Cookie=f"srgan_client={name}") for name in ("first", "second"))
    id = service.post(first, hold="true").json()["id"]
    assert [job["id"] for job in first.get("/v1/jobs").json()["jobs"]] == [id]
    assert second.get("/v1/jobs").json()["jobs"] == []


@pytest.mark.parametrize(("proxied", "seen"), [(True, 0), (False, 1)])
def test_a_proxy_names_the_programs(proxied: bool, seen: int, make_service: MakeService) -> None:
    service = make_service(AccessRules(proxied=proxied))
    service.post(service.client(**{"X-Forwarded-For": "198.51.100.7, 203.0.113.1"}), hold="true")
    other = service.client(**{"X-Forwarded-For": "203.0.113.1, 203.0.113.2"})
    assert len(other.get("/v1/jobs").json()["jobs"]) == seen
    again = service.client(**{"X-Forwarded-For": "203.0.113.1"})  # what clients add themselves comes before
    assert len(again.get("/v1/jobs").json()["jobs"]) == 1


@pytest.mark.parametrize(
    ("place", "local"),
    [(WebPlace(), True), (WebPlace("localhost"), True), (WebPlace("0.0.0.0"), False),
     (WebPlace(address="https://photos.example"), False), (WebPlace(address="http://127.0.0.1:9000"), True)],
)  # fmt: skip
def test_a_token_is_made_up_where_others_can_reach_the_service(place: WebPlace, local: bool) -> None:
    assert place.is_local == local


@pytest.mark.parametrize("address", ["photos.example", "http://[bad", "ftp://photos.example", ""])
def test_an_address_is_a_url(address: str) -> None:
    with pytest.raises(UsageError):
        WebPlace(address=address)


def test_events_follow_a_job_to_its_end(service: Service) -> None:
    client = service.client()
    service.enlarger.permits.release()
    id = service.post(client).json()["id"]
    events = client.get(f"/v1/jobs/{id}/events").text.strip().split("\n\n")
    assert events[0] == f'event: ready\ndata: ["{id}"]\nretry: 2000'
    assert all(event.startswith("event: job\ndata: ") for event in events[1:])
    documents = [json.loads(event.partition("data: ")[2]) for event in events[1:]]
    assert documents[-1]["status"] == "done"


def test_the_archive_holds_all_results_under_different_names(service: Service) -> None:
    client = service.client()
    service.enlarger.permits.release(3)
    for name in ("a.jpg", "A.jpg", "b.jpg"):
        wait_for(client, service.post(client, name).json()["id"], "done")
    service.post(client, "held.jpg", hold="true")
    with zipfile.ZipFile(io.BytesIO(client.get("/v1/results.zip").content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a-x4.jpg", "A-x4 (2).jpg", "b-x4.jpg"]
        assert archive.read("b-x4.jpg") == RESULT


def test_views_are_jpegs_of_bounded_size(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    client, clear = service.client(), io.BytesIO()
    Image.new("RGBA", (90, 60), (0, 0, 0, 0)).save(clear, "PNG")
    fields = {"hold": "true", "scale": "2", "crop": "10,10,40,30"}
    job = client.post("/v1/jobs", files={"image": clear.getvalue()}, data=fields).json()
    monkeypatch.setattr("srgan_web.views.THUMBNAIL", 40 * 40)
    sizes = {"thumbnail": (45, 30), "source": (90, 60), "bicubic": (80, 60)}
    for view, size in sizes.items():
        answer = client.get(f"{job['links']['self']}/views/{view}")
        with Image.open(io.BytesIO(answer.content)) as image:
            assert (image.format, image.size) == ("JPEG", size)
            assert image.convert("RGB").getpixel((5, 5)) == (255, 255, 255)  # transparency is shown as white
    for view in ("result", "invented"):
        assert client.get(f"{job['links']['self']}/views/{view}").status_code == 409
    assert client.get(f"{job['links']['self']}/views/..%2f..").status_code == 404


def test_the_map_marks_detail_that_the_small_image_does_not_hold(tmp_path: Path) -> None:
    result = np.full((64, 64, 3), 100, np.uint8)
    result[:, 32:] += np.indices((64, 32)).sum(axis=0).astype(np.uint8)[:, :, None] % 2 * 80  # a chessboard
    srgan.write(tmp_path / "upload.png", result[::4, ::4])
    srgan.write(tmp_path / "result.png", result)
    paths = tmp_path / "upload.png", tmp_path / "result.png"
    write_view("invented", *paths, JobOptions(), (64, 64), tmp_path / "map.jpg")
    shown = srgan.read(tmp_path / "map.jpg").pixels.astype(int)
    yellow = shown[:, :, 0] - shown[:, :, 2]
    assert yellow[:, :16].max() < 10
    assert yellow[:, 40:].min() > 150
    srgan.write(tmp_path / "other.png", np.full((64, 64, 3), 100, np.uint8))
    write_view("invented", *paths, JobOptions(), (64, 64), tmp_path / "map.jpg", tmp_path / "other.png")
    shown = srgan.read(tmp_path / "map.jpg").pixels.astype(int)
    yellow = shown[:, :, 0] - shown[:, :, 2]
    assert yellow[:, :16].max() < 10
    assert yellow[:, 40:].min() > 150


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("view", VIEWS)
def test_images_of_floats_have_views(view: str, channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan_web.views.THUMBNAIL", 100)
    pixels = np.full((20, 20, channels), 0.6, np.float32)
    pixels[:, :, 3:] = 0.5
    paths = tmp_path / "upload.tif", tmp_path / "result.tif"
    srgan.write(paths[0], pixels)
    srgan.write(paths[1], pixels.repeat(4, axis=0).repeat(4, axis=1))
    write_view(view, *paths, JobOptions(), (80, 80), tmp_path / "view.jpg")
    expected = 0.6 if channels < 4 else 0.8  # half of it is the white ground
    expected *= 0.5 if view == "invented" else 1
    assert srgan.read(tmp_path / "view.jpg").pixels.mean() == pytest.approx(255 * expected, abs=2)


def test_a_map_compares_results_of_one_size(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    client = service.client()
    service.enlarger.permits.release(2)
    first = service.post(client).json()
    second = service.post(client, scale="2").json()
    for job in (first, second):
        wait_for(client, job["id"], "done")
    address = f"{first['links']['self']}/views/invented"
    assert client.get(address, params={"against": second["id"]}).status_code == 422
    assert client.get(address, params={"against": "none"}).status_code == 404


def test_invalid_uploads_are_refused_and_leave_nothing(service: Service) -> None:
    client = service.client()
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, 422),
        ({"data": {"scale": "2"}}, 422),
        ({"files": {"image": ("x.jpg", b"")}}, 422),
        ({"files": {"image": ("x.jpg", b"no image")}}, 422),
        ({"files": {"other": ("x.jpg", make_photo())}}, 422),
        ({"files": {"image": ("x.jpg", make_photo())}, "data": {"scale": "-1"}}, 422),
        ({"content": b"x", "headers": {"Content-Type": "application/json"}}, 415),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400),
        ({"data": {"source": "none"}}, 404),
    ]
    for request, status in cases:
        answer = client.post("/v1/jobs", **request)
        assert answer.status_code == status, (request, answer.text)
    assert client.post("/v1/jobs", files={"image": make_photo()}, data={"scale": "x"}).json()["parameter"] == "scale"
    assert [list((service.store.folder / part).iterdir()) for part in ("uploads", "results", "views")] == [[], [], []]


def test_uploads_above_the_limit_are_refused(make_service: MakeService) -> None:
    client = make_service(max_bytes=1000).client()
    assert client.post("/v1/jobs", files={"image": b"x" * 1001}).status_code == 413
    assert client.post("/v1/jobs", files={"image": b"x" * 200_000}).status_code == 413


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("127.0.0.1:80", True), ("localhost", True), ("[::1]:9", True), ("192.168.1.5", False), ("evil.example", False),
     ("", False), ("127.0.0.1.evil.example", False), ("my.host", True), ("[bad", False)],
)  # fmt: skip
def test_only_known_hosts_are_served(host: str, allowed: bool, make_service: MakeService) -> None:
    service = make_service(AccessRules(names={"my.host"}))
    assert service.client(Host=host).get("/v1/models").status_code == (200 if allowed else 403)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [({}, True), ({"Origin": "http://127.0.0.1"}, True), ({"Origin": "http://evil.example"}, False),
     ({"Origin": "null"}, False), ({"Origin": "http://127.0.0.1:81"}, False),
     ({"Sec-Fetch-Site": "cross-site"}, False), ({"Sec-Fetch-Site": "same-site"}, False),
     ({"Sec-Fetch-Site": "same-origin"}, True)],
)  # fmt: skip
def test_other_sites_cannot_post(headers: dict[str, str], allowed: bool, service: Service) -> None:
    client = service.client(Host="127.0.0.1", **headers)
    assert service.post(client, hold="true").status_code == (202 if allowed else 403)


def test_other_sites_cannot_read_but_may_link(service: Service) -> None:
    client = service.client(**{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
    assert client.get("/v1/jobs").status_code == 403
    assert client.get("/", headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_a_token_is_needed_where_one_is_set(make_service: MakeService) -> None:
    service = make_service(AccessRules(local=False, token="secret"))
    client = service.client()
    assert [client.get(path).status_code for path in ("/", "/v1/jobs", "/metrics")] == [401, 401, 401]
    assert [client.get(path).status_code for path in ("/healthz", "/static/page.css")] == [200, 200]
    assert client.get("/v1/jobs", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/v1/jobs", headers={"Authorization": "Bearer secret"}).status_code == 200
    assert client.get("/?token=wrong").status_code == 401
    assert client.get("/?token=secret").status_code == 200  # it sets a cookie and goes to the page
    assert client.get("/v1/jobs").status_code == 200


def test_every_response_carries_the_security_headers(service: Service) -> None:
    client = service.client()
    for path in ("/", "/static/page.js", "/v1/jobs", "/nothing"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_mistake_is_answered_and_reported(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobQueue, "state", lambda self, job: 1 / 0)
    assert service.post(service.client(), hold="true").status_code == 500
    assert "ZeroDivisionError" in service.told[0]
