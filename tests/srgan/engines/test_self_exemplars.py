"""SelfExSR through the doors of the models: any kind of image, or one line on what is missing."""

import sys

import numpy as np
import pytest

from srgan.engines.engine import open_engine
from srgan.errors import EngineError
from srgan.evaluation.methods import default_methods, find_method
from srgan.paper import TABLE2
from srgan.paper.table_methods import NO_NUMBA, choose_methods
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import find, installed


@pytest.fixture
def upscaler() -> Upscaler:
    return Upscaler("selfexsr")


@pytest.mark.parametrize("type", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,)])
def test_images_of_every_kind(upscaler: Upscaler, channels: tuple[int, ...], type: type[np.uint8]) -> None:
    low = np.random.default_rng(0).integers(0, np.iinfo(type).max, (9, 12, *channels)).astype(type)
    made = upscaler.upscale(low)
    assert made.shape == (36, 48, *channels)
    assert made.dtype == type
    assert np.array_equal(made, upscaler.upscale(low))


def test_sixteen_bits_are_not_eight(upscaler: Upscaler) -> None:
    low = np.random.default_rng(0).integers(20_000, 40_000, (16, 16, 3)).astype(np.uint16)
    made = upscaler.upscale(low)
    assert len(np.unique(made)) > 256
    assert np.abs(made / 257.0 - upscaler.upscale((low / 257 + 0.5).astype(np.uint8))).max() < 40


def test_constant_transparency_stays(upscaler: Upscaler) -> None:
    low = np.random.default_rng(0).integers(0, 255, (9, 12, 4)).astype(np.uint8)
    low[:, :, 3] = 77
    assert (upscaler.upscale(low)[:, :, 3] == 77).all()


def test_it_is_a_method_when_it_is_named() -> None:
    assert find_method("selfexsr").info.kind == "model"
    assert "selfexsr" not in default_methods()
    assert "selfexsr" not in installed()
    assert "SelfExSR" in [method.info.name for method in choose_methods(TABLE2.methods, {}).methods]


def test_without_numba_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith(("srgan.selfexsr.", "numba"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(EngineError, match=r"pip install 'srgan\[selfexsr\]'"):
        open_engine(find("selfexsr"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert choose_methods(TABLE2.methods, {}).missing["SelfExSR"] == NO_NUMBA
