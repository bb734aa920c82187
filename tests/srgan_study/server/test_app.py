"""The application: what each address returns and refuses, and what happens when nothing can be saved."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from srgan_study.server.app import NOT_SAVED, UNKNOWN, create_app
from srgan_study.server.request_checks import LARGEST
from srgan_study.votes.store import Store, read_ratings
from srgan_study.votes.vote_writer import VoteWriter
from tests.helpers.asking import VOTE, Asker
from tests.helpers.person import Clock

LINKS = r'(?:href|src)="([^"]+)"'


@pytest.fixture
def reports() -> list[str]:
    """Lines shown to the operator."""
    return []


@pytest.fixture
def asker(store: Store, reports: list[str]) -> Iterator[Asker]:
    with VoteWriter(store) as writer:
        yield Asker(create_app(store, writer, address="http://study:8080", report=reports.append, clock=Clock()))


@pytest.fixture
def own(store: Store) -> str:
    return f"/r/{store.raters()[0].token}"


@pytest.fixture
def lease(asker: Asker, own: str) -> str:
    """The lease of a rater who is about to practise."""
    lease = str(asker.post(f"{own}/take", {"client": "tab"}).json()["lease"])
    assert asker.post(f"{own}/consent", {"lease": lease, "consent": "v1"}).status == 200
    assert asker.post(f"{own}/calibrated", {"lease": lease}).status == 200
    return lease


@pytest.fixture
def vote(asker: Asker, own: str, lease: str) -> dict[str, Any]:
    """A vote on what is next."""
    state = asker.get(f"{own}/state").json()
    return VOTE | {"lease": lease, "assignment": state["next"][0]["assignment"]}


def test_a_state_holds_what_the_page_needs_and_pictures_come_bare(
    asker: Asker, own: str, lease: str, store: Store
) -> None:
    state = asker.get(f"{own}/state").json()
    upcoming = state.pop("next")
    assert state == {
        "stage": "practice",
        "done": 0,
        "total": 3,
        "sitting": {"number": 1, "votes": 0, "seconds": 0},
        "break_due": False,
        "undoable": None,
        "labels": {"1": "Bad", "2": "Poor", "3": "Fair", "4": "Good", "5": "Excellent"},
        "title": store.study.title,
        "simulated": False,
        "minimum_ms": 300,
        "gray_ms": 400,
        "completion_code": None,
    }
    assert [sorted(picture) for picture in upcoming] == [["address", "assignment", "height", "width"]] * 3
    answer = asker.get(upcoming[0]["address"])
    shown = store.addresses()[upcoming[0]["address"].removeprefix("/i/")]
    assert answer.content == (store.path.parent / shown.file).read_bytes()
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert not {"etag", "last-modified", "content-disposition", "server"} & set(answer.headers)


def test_the_pages_hold_no_script_and_load_nothing_from_elsewhere(asker: Asker, own: str, store: Store) -> None:
    for path in (own, f"{own}/", f"/o/{store.organiser_token}"):
        page = asker.get(path)
        text = page.content.decode()
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "://" not in text
        for part in text.split("<script")[1:]:
            assert part.partition(">")[2].startswith("</script>")
        assert "default-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("strips", [False, True])
def test_behind_a_proxy_that_serves_it_below_a_path(store: Store, reports: list[str], strips: bool) -> None:
    """A proxy may strip the path from requests, or leave it."""
    with VoteWriter(store) as writer:
        app = create_app(store, writer, address="https://lab.org/study", report=reports.append, clock=Clock())
        asker, token = Asker(app), store.raters()[0].token

        def reached(path: str) -> str:
            assert path.startswith("/study/")
            return path.removeprefix("/study") if strips else path

        page = asker.get(reached(f"/study/r/{token}"))
        types = [asker.get(reached(link)).headers["content-type"] for link in re.findall(LINKS, page.content.decode())]
        assert types == ["text/css; charset=utf-8", "text/javascript; charset=utf-8"]
        origin = {"origin": "https://lab.org"}
        taken = asker.post(reached(f"/study/r/{token}/take"), {"client": "tab"}, **origin).json()
        lease = {"lease": taken["lease"]}
        asker.post(reached(f"/study/r/{token}/consent"), {**lease, "consent": "v1"}, **origin)
        state = asker.post(reached(f"/study/r/{token}/calibrated"), lease, **origin).json()["state"]
        examples = asker.get(reached(f"/study/r/{token}/calibration")).json()["examples"]
        for image in (*state["next"], *examples):
            assert asker.get(reached(image["address"])).headers["content-type"] == "image/png"
        organiser = f"/study/o/{store.organiser_token}"
        assert 'href="/study/static/' in asker.get(reached(organiser)).content.decode()
        rater = asker.get(reached(f"{organiser}/progress")).json()["raters"][0]
        assert rater["link"] == f"https://lab.org/study/r/{token}"
        assert [asker.get(path).status for path in (f"/studyr/{token}", f"/study/study/r/{token}")] == [404, 404]


def test_every_answer_is_private(asker: Asker, own: str) -> None:
    for path in (own, f"{own}/state", "/static/rater.js", "/nowhere", "/", f"{own}/votes"):
        headers = asker.get(path).headers
        assert headers["cache-control"].startswith("private")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert "no-store" in asker.get(f"{own}/state").headers["cache-control"]


def test_responses_carry_the_state(asker: Asker, own: str, vote: dict[str, Any], folder: Path) -> None:
    wrong = asker.post(f"{own}/votes", vote | {"assignment": vote["assignment"] + 1})
    assert (wrong.status, "taken_over" in wrong.json()) == (409, False)
    assert wrong.json()["state"]["next"][0]["assignment"] == vote["assignment"]
    invalid = asker.post(f"{own}/votes", vote | {"score": 6})
    assert (invalid.status, invalid.json()["state"]["done"]) == (422, 0)
    assert "score" in invalid.json()["error"]
    assert asker.send("POST", f"{own}/votes", b"[]", content_type="application/json").status == 400
    assert read_ratings(folder).rows == ()
    answer = asker.post(f"{own}/votes", vote)
    row = read_ratings(folder).rows[0]  # on the disk when it is acknowledged
    assert (row.score, row.client, row.shown_at) == (4, "tab", "2026-03-01T12:00:00.000+00:00")
    assert asker.post(f"{own}/votes", vote).json() == answer.json()
    fields = {"lease": vote["lease"], "assignment": vote["assignment"]}
    assert asker.post(f"{own}/undo", fields).json()["state"]["done"] == 0
    pause = asker.post(f"{own}/events", {"lease": vote["lease"], "kind": "pause", "detail": "tea"})
    assert pause.json()["state"]["sitting"]["number"] == 2
    asker.post(f"{own}/take", {"client": "phone"})
    late = asker.post(f"{own}/votes", vote | {"key": "k2"})
    assert (late.status, late.json()["taken_over"], late.json()["state"]["done"]) == (409, True, 0)


def test_long_bodies_other_types_and_other_methods_are_refused(asker: Asker, own: str) -> None:
    body = b'{"lease": "' + b"x" * LARGEST
    for pieces in ([body], [body[place::7] for place in range(7)], (b"x" * 2**20 for _ in range(100))):
        assert asker.send("POST", f"{own}/votes", pieces, content_type="application/json").status == 413
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        assert asker.send("POST", f"{own}/votes", b"{}", content_type=kind).status == 415
    for method, path in (("GET", f"{own}/votes"), ("POST", f"{own}/state"), ("DELETE", own), ("OPTIONS", own)):
        answer = asker.send(method, path, content_type="application/json")
        assert (answer.status, "allow" in answer.headers) == (405, True)
    assert asker.send("HEAD", own).status == 200
    assert asker.get("/favicon.ico").status == 204  # browsers ask for it unasked


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "none"}, 403),
        ({"sec_fetch_site": "same-origin", "origin": "https://behind-a-proxy.org"}, 200),
        ({"origin": "http://study"}, 200),
        ({"origin": "http://study:8080"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_other_sites_cannot_vote(asker: Asker, own: str, headers: dict[str, str], status: int) -> None:
    assert asker.post(f"{own}/take", {"client": "x"}, **headers).status == status


def test_everything_unknown_gets_the_same_response(asker: Asker, store: Store, own: str) -> None:
    files = ("rater.html", "consent.txt", "..%2fapp.py", "../app.py", "%2e%2e/store.py", "RATER.JS", "%00", "x")
    paths = ["/r/x", "/r/x/state", "/i/x", "/o/x", "/o/x/progress", "/x", "/", "//"]
    paths += [f"/static/{name}" for name in files]
    token, organiser = store.raters()[0].token, store.organiser_token  # these open only their own
    paths += [f"/r/{organiser}", f"/o/{token}", f"/o/{token}/progress", f"/i/{token}", f"/r/{token[:-1]}"]
    for path in paths:
        answer = asker.get(path)
        assert (answer.status, answer.json()) == (404, {"error": UNKNOWN})
        page = asker.get(path, accept="text/html,*/*")
        assert (page.status, page.content.decode()) == (404, UNKNOWN)
    assert asker.post(f"/r/{organiser}/take", {"client": "x"}).status == 404


def test_a_study_that_cannot_be_written_says_so_and_takes_the_vote_later(
    asker: Asker, own: str, vote: dict[str, Any], folder: Path, reports: list[str]
) -> None:
    other = sqlite3.connect(folder / "votes.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        answer = asker.post(f"{own}/votes", vote)
        assert (answer.status, answer.json()) == (503, {"error": NOT_SAVED})
    other.execute("ROLLBACK")
    other.close()
    assert (len(reports), "in use by another program" in reports[0]) == (1, True)
    assert asker.post(f"{own}/votes", vote).status == 200
    assert len(reports) == 2  # that raters can go on
    assert len(read_ratings(folder).rows) == 1


def test_a_full_disk_is_never_acknowledged(
    asker: Asker, own: str, vote: dict[str, Any], store: Store, reports: list[str]
) -> None:
    with store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    statuses: list[int] = []
    while 503 not in statuses and len(statuses) < 200:
        event = {"lease": vote["lease"], "kind": "zoom", "detail": "x" * 200}
        statuses.append(asker.post(f"{own}/events", event).status)
    with store.reading() as connection:
        stored = connection.execute("SELECT count(*) FROM events WHERE kind = 'zoom'").fetchone()
        connection.execute("PRAGMA max_page_count = 100000")
    assert stored == (statuses.count(200),)
    assert "free some space" in reports[0]
    assert asker.post(f"{own}/votes", vote).status == 200


def test_the_link_of_a_rater_who_withdrew_is_unknown(
    asker: Asker, own: str, vote: dict[str, Any], folder: Path, reports: list[str]
) -> None:
    with Store.open(folder) as other:
        other.withdraw("R01")
    answers = [asker.get(f"{own}/state"), asker.post(f"{own}/take", {"client": "tab"})]
    answers += [asker.post(f"{own}/votes", vote), asker.post(f"{own}/votes", vote | {"score": 6})]
    assert [(answer.status, answer.json()) for answer in answers] == [(404, {"error": UNKNOWN})] * 4
    assert reports == []


def test_a_missing_image_is_reported_to_the_operator(
    asker: Asker, own: str, lease: str, folder: Path, reports: list[str]
) -> None:
    address = asker.get(f"{own}/state").json()["next"][0]["address"]
    shutil.rmtree(folder / "pictures")
    answer = asker.get(address)
    assert (answer.status, b"pictures" in answer.content) == (503, False)
    assert asker.post(f"{own}/events", {"lease": lease, "kind": "hidden"}).status == 200
    assert asker.get(address).status == 503
    assert len(reports) == 1  # once, however often it is requested
