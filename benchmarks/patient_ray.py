"""`srgan`, with minutes in place of half a minute for Ray to start: for tests and measurements on busy computers.

python -m benchmarks.patient_ray upscale photos -o large --on ray
"""

import os
import time
from typing import Any

PATIENCE = 900.0  # seconds


def be_patient() -> None:
    """Let Ray wait for its own processes as long as it takes; it has no setting for that."""
    for name in ("RAY_gcs_server_port_wait_time_s", "RAY_agent_register_timeout_ms"):
        os.environ[name] = str(round(PATIENCE * (1000 if name.endswith("_ms") else 1)))
    from ray._private import services

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


if __name__ == "__main__":
    from srgan.cli import main

    be_patient()
    main()
