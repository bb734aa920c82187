"""Engines that run a network. None of them opens a network connection."""

import sys

# `import openvino` reports itself to Google Analytics, unless its telemetry package cannot be imported. This file is
# run before any engine is imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
