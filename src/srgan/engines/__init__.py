"""What runs a network. Nothing here speaks to the network of the other kind."""

import sys

# `import openvino` reports itself to Google Analytics, unless this package of its cannot be imported. It stands here
# because this file is run before any engine is imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
