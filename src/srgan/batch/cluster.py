"""Ray, for one run: a cluster that is there already, or processes of this computer that end with the run."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from srgan.errors import EngineError, UsageError

_STORE = 80 * 2**20  # bytes of Ray's object store, the least it takes: no image passes through it
_TRIES = 3  # on a busy computer Ray's own processes may need longer than it waits for them


@contextmanager
def connected(place: str) -> Iterator[Any]:
    """Give the module `ray`, connected.

    Args:
        place: `ray` for a Ray of this run alone on this computer, or the cluster that `RAY_ADDRESS` names;
            `ray://HOST:PORT` for a cluster. A connection that the process has already is used, and kept.

    Raises:
        UsageError: if the place is something else.
        EngineError: if Ray does not start, or the cluster does not answer.
    """
    if place != "ray" and not place.startswith("ray://"):
        raise UsageError(f"on must be ray or ray://HOST:PORT, not {place}", parameter="on")
    address = os.environ.get("RAY_ADDRESS", "local") if place == "ray" else place
    os.environ |= environment(is_local=address == "local")
    import ray

    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "critical"}
    folder = None
    if address == "local":
        folder = _folder()
        quiet |= {"include_dashboard": False, "object_store_memory": _STORE, "_temp_dir": str(folder)}
    try:
        _start(ray, address, quiet)
        yield ray
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def environment(*, is_local: bool) -> dict[str, str]:
    """Return the settings that Ray takes from the environment when it is imported."""
    return {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # it prints the deaths of workers on standard output, where JSON may go
        **({"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"} if is_local else {}),  # nothing listens to the network
    }


def _start(ray: Any, address: str, settings: dict[str, Any]) -> None:
    for left in reversed(range(_TRIES if address == "local" else 1)):
        try:
            with warnings.catch_warnings(action="ignore"):  # of which the error says the same
                ray.init(address=address, **settings)
            return
        except Exception as error:  # Ray raises this very class where it could not start
            ray.shutdown()
            if not left:
                why = " ".join(str(error).split())[:160] or type(error).__name__
                raise EngineError(
                    f"Ray does not answer at {address} ({why}): check the address, or try again"
                ) from error


def _folder() -> Path:
    """Return an empty folder for Ray's logs and sockets, whose paths must be short; remove those of killed runs."""
    root = Path(tempfile.gettempdir())
    for old in root.glob("srgan-ray-*"):
        process = old.name.removeprefix("srgan-ray-").partition("-")[0]
        if process.isdigit() and Path("/proc/self").exists() and not Path("/proc", process).exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"srgan-ray-{os.getpid()}-", dir=root))
