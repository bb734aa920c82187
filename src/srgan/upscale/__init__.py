"""Enlarging: options, jobs and the Upscaler. Names are imported when they are used."""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan.upscale.jobs import Job as Job
    from srgan.upscale.jobs import plan_jobs as plan_jobs
    from srgan.upscale.model_choice import ChosenModel as ChosenModel
    from srgan.upscale.options import UpscaleOptions as UpscaleOptions
    from srgan.upscale.result import FilePlan as FilePlan
    from srgan.upscale.result import FileResult as FileResult
    from srgan.upscale.upscaler import Cancelled as Cancelled
    from srgan.upscale.upscaler import Upscaler as Upscaler
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "jobs": "Job plan_jobs",
            "model_choice": "ChosenModel",
            "options": "UpscaleOptions",
            "result": "FilePlan FileResult",
            "upscaler": "Cancelled Upscaler",
        },
    )
