"""The small reader of model files agrees with the onnx package."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from srgan.weights.catalogue import SHIPPED
from srgan.weights.model_file import graph_checksum, read_card, read_weights
from srgan.weights.onnx_messages import FileDamaged


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.onnx")), ids=lambda path: path.stem)
def test_reads_what_the_onnx_package_reads(path: Path) -> None:
    contents, model = path.read_bytes(), onnx.load_model(path)
    (entry,) = model.metadata_props
    assert (entry.key, entry.value) == ("card", read_card(contents))
    assert graph_checksum(contents)[1] == model.graph.ByteSize()
    weights = read_weights(contents)
    expected = {tensor.name: tensor for tensor in model.graph.initializer if "/" not in tensor.name}
    assert weights.keys() == expected.keys()
    for name, tensor in expected.items():
        assert weights[name].dtype == np.float32
        assert np.array_equal(weights[name], numpy_helper.to_array(tensor).astype(np.float32))


@pytest.mark.parametrize("dims", [(7,), (2**40, 2**40), (-1, -1)])
def test_weights_of_another_shape_are_refused(tiny_model: Path, dims: tuple[int, ...]) -> None:
    model = onnx.load_model(tiny_model)
    tensor = next(tensor for tensor in model.graph.initializer if "/" not in tensor.name)
    tensor.dims[:] = dims
    with pytest.raises(FileDamaged):
        read_weights(model.SerializeToString())


@given(st.binary(max_size=60))
def test_other_files_are_refused_in_one_way(contents: bytes) -> None:
    for read in (read_card, graph_checksum, read_weights):
        with suppress(FileDamaged):
            read(contents)
