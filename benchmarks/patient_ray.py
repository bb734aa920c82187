"""`srgan`, with minutes in place of half a minute for Ray to start: for tests and measurements on busy computers.

python -m benchmarks.patient_ray upscale photos -o large --on ray
"""

import inspect
import os
import socket
import time
from pathlib import Path
from typing import Any

from srgan.batch.cluster import environment

PATIENCE = 900.0  # seconds


def be_patient() -> None:
    """Let Ray wait for its own processes as long as it takes; it has no setting for that.

    It waits for two things: ports that its agents choose, which are therefore chosen here, and its node.
    """
    os.environ |= environment(is_local=True)
    for name in ("RAY_gcs_server_port_wait_time_s", "RAY_agent_register_timeout_ms"):
        os.environ[name] = str(round(PATIENCE * (1000 if name.endswith("_ms") else 1)))
    from ray._private import parameter, services

    initialise = parameter.RayParams.__init__

    def with_ports(self: Any, *arguments: Any, **options: Any) -> None:
        initialise(self, *arguments, **options)
        for name in ("metrics_agent_port", "dashboard_agent_listen_port", "runtime_env_agent_port"):
            setattr(self, name, _free_port())
        self.metrics_export_port = self.metrics_export_port or _free_port()

    parameter.RayParams.__init__ = with_ports
    start_raylet: Any = services.start_raylet

    def with_port_file(*arguments: Any, **options: Any) -> Any:
        place = inspect.signature(start_raylet).bind(*arguments, **options).arguments
        name = f"dashboard_agent_listen_port_{place['node_id']}"
        Path(place["session_dir"], name).write_text(str(place["dashboard_agent_listen_port"]))
        return start_raylet(*arguments, **options)

    services.start_raylet = with_port_file
    find: Any = services.get_node

    def get_node(*arguments: Any, **options: Any) -> Any:
        begun = time.monotonic()
        while True:
            try:
                return find(*arguments, **options)
            except RuntimeError:
                if time.monotonic() - begun > PATIENCE:
                    raise
                time.sleep(0.5)

    services.get_node = get_node


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    from srgan.cli import main

    be_patient()
    main()
