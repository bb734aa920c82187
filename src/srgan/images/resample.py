"""The name of `resize` in rooms that have not moved yet."""

from srgan.images.resize import Border as Border
from srgan.images.resize import Kernel as Kernel
from srgan.images.resize import contributions as contributions
from srgan.images.resize import imresize as imresize
