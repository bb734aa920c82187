"""Evaluation: methods, metrics on test sets, and what follows from the scores."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.evaluation.methods import INTERPOLATIONS as INTERPOLATIONS
    from srgan.evaluation.methods import REFERENCE as REFERENCE
    from srgan.evaluation.outputs import RESULTS as RESULTS
    from srgan.evaluation.outputs import read_results as read_results
    from srgan.evaluation.significance import PairedTest as PairedTest
    from srgan.evaluation.significance import holm as holm
    from srgan.evaluation.significance import wilcoxon as wilcoxon
    from srgan.evaluation.test_sets import Pixels as Pixels
    from srgan.evaluation.test_sets import check_name as check_name
    from srgan.evaluation.test_sets import check_unlike as check_unlike
    from srgan.evaluation.test_sets import local_folder as local_folder
    from srgan.evaluation.test_sets import picture_files as picture_files
    from srgan.evaluation.test_sets import read_rgb as read_rgb

_NAMES = {
    "methods": "INTERPOLATIONS REFERENCE",
    "outputs": "RESULTS read_results",
    "significance": "PairedTest holm wilcoxon",
    "test_sets": "Pixels check_name check_unlike local_folder picture_files read_rgb",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan.evaluation.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
