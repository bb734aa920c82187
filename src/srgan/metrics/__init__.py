"""How close a restored picture is to its reference: PSNR and SSIM, each number with the protocol that made it."""

from srgan.metrics.protocol import MATLAB, PAPER, PROTOCOLS, Protocol, Score, matlab_protocol

__all__ = ["MATLAB", "PAPER", "PROTOCOLS", "Protocol", "Score", "matlab_protocol"]
