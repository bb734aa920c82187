"""Random images that resemble photos in being rough at every scale."""

import numpy as np
from numpy.typing import NDArray


def fractal(seed: int, height: int = 160, width: int = 200) -> NDArray[np.uint8]:
    """Return an (H, W, 3) image of noise with amplitudes proportional to 1 / frequency."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    spectrum = np.fft.fft2(random.standard_normal((height, width))) / np.maximum(np.hypot(down, across), 1 / width)
    gray = np.fft.ifft2(spectrum).real
    gray = 127 + 50 * (gray - gray.mean()) / gray.std()
    return np.stack([gray, gray + 8, 0.9 * gray], 2).clip(0, 255).astype(np.uint8)
