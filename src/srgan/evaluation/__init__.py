"""Evaluation: methods, metrics on test sets, and what follows from the scores."""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan.evaluation.methods import INTERPOLATIONS as INTERPOLATIONS
    from srgan.evaluation.methods import REFERENCE as REFERENCE
    from srgan.evaluation.outputs import RESULTS as RESULTS
    from srgan.evaluation.outputs import read_results as read_results
    from srgan.evaluation.significance import Interval as Interval
    from srgan.evaluation.significance import PairedTest as PairedTest
    from srgan.evaluation.significance import holm as holm
    from srgan.evaluation.significance import wilcoxon as wilcoxon
    from srgan.evaluation.test_sets import Pixels as Pixels
    from srgan.evaluation.test_sets import check_name as check_name
    from srgan.evaluation.test_sets import check_unlike as check_unlike
    from srgan.evaluation.test_sets import local_folder as local_folder
    from srgan.evaluation.test_sets import picture_files as picture_files
    from srgan.evaluation.test_sets import read_rgb as read_rgb
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "methods": "INTERPOLATIONS REFERENCE",
            "outputs": "RESULTS read_results",
            "significance": "Interval PairedTest holm wilcoxon",
            "test_sets": "Pixels check_name check_unlike local_folder picture_files read_rgb",
        },
    )
