"""Enlarging: options, jobs and the Upscaler. Names are imported when they are used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.upscale.jobs import Job as Job
    from srgan.upscale.jobs import plan_jobs as plan_jobs
    from srgan.upscale.model_choice import ChosenModel as ChosenModel
    from srgan.upscale.options import UpscaleOptions as UpscaleOptions
    from srgan.upscale.result import FilePlan as FilePlan
    from srgan.upscale.result import FileResult as FileResult
    from srgan.upscale.upscaler import Cancelled as Cancelled
    from srgan.upscale.upscaler import Upscaler as Upscaler

_NAMES = {
    "batch": "plan_files upscale_files",
    "jobs": "Job plan_jobs",
    "model_choice": "ChosenModel",
    "options": "UpscaleOptions",
    "result": "FilePlan FileResult",
    "upscaler": "Cancelled Upscaler",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan.upscale.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
