"""The Dockerfile: checked by hadolint, and its steps run as a script, since tests have no Docker daemon.

Packages come from this environment instead of a registry, and `/src`, `/opt/srgan` and `/data` are folders of the test.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"


def steps() -> Iterator[tuple[str, str]]:
    """Yield instruction and arguments of each step."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        yield line.partition(" ")[0], re.sub(r" +", " ", line.partition(" ")[2])


def test_hadolint_finds_nothing() -> None:
    found = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found is not None
    subprocess.run([found, str(DOCKERFILE)], check=True)


def test_the_service_runs_as_nobody_and_is_watched() -> None:
    found = dict(steps())
    assert found["USER"].split(":")[0] not in ("root", "0")
    assert "/healthz" in found["HEALTHCHECK"]
    assert {"--store", "/data"} <= set(json.loads(found["ENTRYPOINT"]))


@pytest.mark.slow
def test_the_steps_give_a_service_that_answers_its_health_check(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        places = {f"/{place}": f"{name}/{place}" for place in ("src", "opt", "data")}
        with socket.socket() as probe:  # a port that is free
            probe.bind(("127.0.0.1", 0))
            places["8000"] = str(probe.getsockname()[1])

        def local(text: str) -> str:
            for place, own in places.items():
                text = re.sub(rf"(?<![\w/]){re.escape(place)}(?![\w-])", own, text)
            return text

        packages = next(path for path in sys.path if path.endswith("site-packages"))
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        variables = os.environ | {"PYTHONPATH": packages, "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0",
                                  "PATH": path, "SRGAN_WEB_TOKEN": "secret"}  # fmt: skip
        folder, commands = name, dict[str, list[str]]()
        for kind, text in steps():
            if kind == "WORKDIR":
                folder = local(text)
                Path(folder).mkdir()
            elif kind == "COPY" and "--from" not in text:
                *sources, target = text.split()
                for source in sources:
                    place = Path(folder, target, source if target == "./" else "")
                    copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
                    copy(ROOT / source, place)
            elif kind == "RUN":
                if os.getuid() != 0:
                    text = re.sub(r"-[og] \d+", "", text)
                subprocess.run(local(text), shell=True, cwd=folder, env=variables, check=True)
            elif kind == "ENV":
                for setting in re.findall(r"(\w+)=(\S+)", local(text)):
                    variables[setting[0]] = setting[1].replace("$PATH", variables["PATH"])
            elif kind in ("HEALTHCHECK", "ENTRYPOINT"):
                commands[kind] = json.loads(local(text[text.index("[") :]))
        assert (Path(name, "opt/srgan/bin/srgan")).is_file()
        with subprocess.Popen(commands["ENTRYPOINT"], cwd=name, env=variables, stdout=subprocess.PIPE) as service:
            try:
                deadline = time.monotonic() + 120
                while subprocess.run(commands["HEALTHCHECK"], env=variables, stderr=subprocess.DEVNULL).returncode:
                    assert time.monotonic() < deadline
                    assert service.poll() is None
                    time.sleep(0.5)
                assert (Path(name, "data/jobs.sqlite")).is_file()
            finally:
                service.terminate()
                assert service.wait(60) == 0
