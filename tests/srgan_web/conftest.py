"""Fixtures of the service's tests: small photos, an enlarger whose pace the test sets, and clients."""

import io
import shutil
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import PictureError
from srgan.progress import Progress
from srgan.upscale import Cancelled
from srgan_web.access import AccessRules
from srgan_web.batches import Batches
from srgan_web.enlarging import Enlarger
from srgan_web.job_options import JobOptions
from srgan_web.job_queue import JobQueue
from srgan_web.job_store import JobStore
from srgan_web.limits import WebLimits
from srgan_web.web_app import create_web_app
from srgan_web.web_server import ServedSite, WebPlace, serving_site
from srgan_web.worker_pool import WorkerPool

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it recommends another HTTP client
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RESULT = b"the enlarged image"


def make_photo(width: int = 48, height: int = 36, *, format: str = "JPEG", seed: int = 0, **settings: Any) -> bytes:
    """Return an image file with smooth colours."""
    corners = np.random.default_rng(seed).integers(0, 255, (3, 3, 3), np.uint8)
    image = Image.fromarray(corners).resize((width, height), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, format, **settings)
    return buffer.getvalue()


class StubEnlarger(Enlarger):
    """Plans as the real one; each job needs a permit to go on, and its result is the same few bytes."""

    def __init__(self, limits: WebLimits) -> None:
        super().__init__(limits)
        self.permits = threading.Semaphore(0)
        self.began: list[str] = []
        self.begins = threading.Condition()
        self.error: Exception | None = None
        self.bad = "bad.jpg"
        """Name of the file of a batch that fails."""
        self.hold_files = threading.Lock()
        """Keeps files of batches from being enlarged while it is held."""

    def enlarge_file(
        self, source: Path, output: Path, format: str | None, options: JobOptions, progress: Progress
    ) -> tuple[str, ...]:
        with self.hold_files:
            if source.name == self.bad:
                raise PictureError(f"{source} is damaged")
            output.write_bytes(RESULT)
        return ()

    def enlarge(
        self, path: Path, name: str, output: Path, options: JobOptions, progress: Progress | None = None
    ) -> dict[str, Any]:
        assert progress is not None
        with self.begins:
            self.began.append(name)
            self.begins.notify_all()
        progress.start(name, 100)
        progress.advance(50)
        while not self.permits.acquire(timeout=0.01):
            if progress.should_stop():
                raise Cancelled("stopped")
        if self.error is not None:
            raise self.error
        output.write_bytes(RESULT)
        return {"seconds": 0.1, "engine": "stub", "model": "stub", "notes": [], "bytes": len(RESULT)}

    def wait_until_began(self, count: int) -> list[str]:
        """Return the names of the first jobs, once so many have begun."""
        with self.begins:
            assert self.begins.wait_for(lambda: len(self.began) >= count, timeout=20)
            return self.began[:count]


class Service:
    """An application on a store, without a network."""

    def __init__(
        self, folder: Path, limits: WebLimits, rules: AccessRules, *, root: Path | None = None, workers: int = 1
    ) -> None:
        self.limits, self.told = limits, list[str]()
        self.enlarger = StubEnlarger(limits)
        self.store = JobStore(folder)
        self.queue = JobQueue(self.store, self.enlarger, limits)
        batches = None if root is None else Batches(root, self.store, self.enlarger)
        self.pool = WorkerPool(self.queue, batches, workers=workers)
        self.app = create_web_app(self.pool, rules, tell=self.told.append)

    def client(self, **headers: str) -> TestClient:
        """Return a client on this machine; errors of the application are answers."""
        return TestClient(self.app, "http://127.0.0.1", raise_server_exceptions=False, headers=headers)

    def post(self, client: TestClient, name: str = "photo.jpg", path: str = "/v1/jobs", **fields: str) -> Any:
        """Send a photo."""
        return client.post(path, files={"image": (name, make_photo())}, data=fields)


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Make services, whose queues run until the end of the test."""
    made: list[Service] = []

    def make(
        rules: AccessRules | None = None, *, folder: Path | None = None, root: Path | None = None, workers: int = 1,
        **limits: float,
    ) -> Service:  # fmt: skip
        place = folder or tmp_path / f"store{len(made)}"
        service = Service(place, WebLimits(**limits), rules or AccessRules(), root=root, workers=workers)  # type: ignore[arg-type]
        service.pool.start()
        made.append(service)
        return service

    yield make
    for service in made:
        service.pool.stop()
        service.store.close()


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    """A service with the default limits."""
    return make_service()


@contextmanager
def serve_site(enlarger: Enlarger | None = None, **place: Any) -> Iterator[ServedSite]:
    """Serve on a free port."""
    limits = WebLimits()
    with serving_site(WebPlace(**place), enlarger or Enlarger(limits), limits, tell=lambda line: None) as site:
        yield site


@pytest.fixture(scope="module")
def site() -> Iterator[ServedSite]:
    """A served site with the models that are installed."""
    with serve_site() as site:
        yield site


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A browser; skips where there is none."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no browser: install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def statuses(responses: Any) -> Counter[int]:
    """Count responses by status."""
    return Counter(response.status_code for response in responses)
