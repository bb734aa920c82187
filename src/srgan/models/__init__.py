"""The networks, each under the name that a model's card gives."""

from srgan.models.srgan import Generator

ARCHITECTURES = {"srgan-generator": Generator}
