"""Small networks of every architecture, and how many parameters a network has."""

from typing import Any

from torch import nn

SMALL_NETWORKS: dict[str, dict[str, Any]] = {
    "srgan-generator": {"blocks": 1, "features": 8},
    "compact-generator": {"blocks": 1, "features": 8, "refinement": 5},
    "swift": {"blocks": 1, "features": 8},
    "cheung-generator": {"blocks": 1, "features": 4},
    "ucsd-generator": {"blocks": 1, "features": 8},
    "ucsd-srcnn": {},
    "srcnn": {"middle": 1},
    "espcn": {},
    "drcn": {"recursions": 2, "features": 8},
    "edsr": {"blocks": 1, "features": 8},
    "rrdb": {"blocks": 1, "features": 8, "growth": 4},
    "wavelet": {"blocks": 1, "features": 8},
    "srvgg": {"convolutions": 2, "features": 8},
    "span": {"features": 8},
    "msrresnet": {"blocks": 1, "features": 8},
}
"""Arguments by architecture."""


def count(network: nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
