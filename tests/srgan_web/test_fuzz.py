"""Requests that no client of ours would send: no server error, nothing left behind, no hang."""

import socket
from pathlib import Path

import pytest

from runs.mutated_requests import campaign, head
from srgan_web.enlarging import Enlarger
from srgan_web.limits import WebLimits
from srgan_web.web_server import WebPlace, serving_site

REQUESTS = 300


def test_odd_requests_do_no_harm(tmp_path: Path) -> None:
    outcome = campaign(tmp_path, REQUESTS)
    assert outcome.faults == []
    assert {202, 400, 404, 422} <= set(outcome.answers)


def test_slow_senders_are_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srgan_web.web_server._HEADER_SECONDS", 0.3)
    limits = WebLimits(idle_seconds=0.3)
    with serving_site(WebPlace(store=tmp_path), Enlarger(limits), limits, tell=lambda line: None) as site:
        port = int(site.address.rpartition(":")[2])
        for start, status in ((b"GET / HT", b""), (b"", b""), (head("GET", "/healthz") + b"GET", b"HTTP/1.1 200"),
                              (head("POST", "/v1/jobs", "Content-Type: multipart/form-data; boundary=b",
                                    "Content-Length: 1000") + b"--b", b"HTTP/1.1 408")):  # fmt: skip
            with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
                connection.sendall(start)
                received = b""
                while part := connection.recv(65536):
                    received += part
                assert received.startswith(status)
