"""What was written by an earlier version: models' results, a run to go on with, a study to report.

`python -m tests.golden.freeze` wrote these files; they are never written anew for a change of code.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.golden.freeze import AFTER, MODELS, enlarged, report, train

GOLDEN = Path(__file__).parent / "files"
TENTH = 25.7
"""A tenth of a level of 8 bits, in levels of 16: what storage in half precision may cost."""


@pytest.mark.parametrize("model", MODELS)
def test_models_give_what_they_gave(model: str) -> None:
    with np.load(GOLDEN / "outputs.npz") as outputs:
        np.testing.assert_allclose(enlarged(model).astype(float), outputs[model], atol=TENTH)


def test_a_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(GOLDEN / "run", run)
    train(run, "--resume")
    resumed, expected = (load_file(file) for file in (run / "checkpoints" / AFTER, GOLDEN / "trained.safetensors"))
    assert resumed.keys() == expected.keys()
    for name, tensor in resumed.items():
        if name.startswith(("generator/", "average/")):  # moments of Adam differ more between processors
            np.testing.assert_allclose(tensor, expected[name], atol=2e-5, err_msg=name)


def test_a_study_is_reported_as_it_was(tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(GOLDEN / "study", study)
    report(study, tmp_path / "report")
    tables = sorted(path.relative_to(GOLDEN / "report") for path in (GOLDEN / "report").rglob("*.csv"))
    assert len(tables) > 10
    for table in tables:
        assert (tmp_path / "report" / table).read_text() == (GOLDEN / "report" / table).read_text(), table
