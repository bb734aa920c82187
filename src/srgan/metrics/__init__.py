"""Metrics of restored images, each with the protocol it is measured by; none needs torch."""

from srgan.metrics.consistency import consistency
from srgan.metrics.ms_ssim import MULTISCALE, ms_ssim, multiscale_protocol
from srgan.metrics.niqe import Niqe
from srgan.metrics.protocol import MATLAB, PAPER, PROTOCOLS, Protocol, Score, matlab_protocol
from srgan.metrics.psnr import mse, rgb_psnr

__all__ = [
    "MATLAB",
    "MULTISCALE",
    "PAPER",
    "PROTOCOLS",
    "Niqe",
    "Protocol",
    "Score",
    "consistency",
    "matlab_protocol",
    "ms_ssim",
    "mse",
    "multiscale_protocol",
    "rgb_psnr",
]
