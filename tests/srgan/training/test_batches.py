"""Batches on a device are those of the sampler, and processes share them out."""

import numpy as np
import pytest
import torch

from srgan.data.crops import CropSampler
from srgan.data.prepared_set import PreparedPictures
from srgan.training.batches import DeviceCrops, batches, to_tensor

CPU = torch.device("cpu")


def test_crops_gathered_on_a_device_are_those_cut_from_the_files(pictures: PreparedPictures) -> None:
    training, validation = pictures.split()
    for part in (training, validation):
        sampler = CropSampler(part, batch=2, crop=40, seed=3)
        held = DeviceCrops(sampler, part, CPU)
        for update in range(40):  # all eight ways to lay a crop, several times
            low, high = sampler.sample(update)
            gathered = held.crops(sampler.places(update))
            assert torch.equal(gathered[0], to_tensor(low, CPU))
            assert torch.equal(gathered[1], to_tensor(high, CPU))


@pytest.mark.parametrize("degradation", ["clean", "everyday"])
def test_batches_come_in_order_and_from_any_update_on(pictures: PreparedPictures, degradation: str) -> None:
    sampler = CropSampler(pictures, batch=3, crop=32, seed=0, degradation=degradation)
    whole = [low for low, _ in batches(sampler, CPU, range(7), rank=0, ranks=1)]
    resumed = [low for low, _ in batches(sampler, CPU, range(4, 7), rank=0, ranks=1)]
    assert len(whole) == 7
    assert all(torch.equal(one, other) for one, other in zip(whole[4:], resumed, strict=True))
    assert np.array_equal(to_tensor(sampler.sample(2)[0], CPU), whole[2])


@pytest.mark.parametrize("degradation", ["clean", "everyday"])
def test_processes_share_a_batch_out(pictures: PreparedPictures, degradation: str) -> None:
    sampler = CropSampler(pictures, batch=4, crop=32, seed=0, degradation=degradation)
    joined = [low for low, _ in batches(sampler, CPU, range(3), rank=0, ranks=1)]
    parts = [[low for low, _ in batches(sampler, CPU, range(3), rank=rank, ranks=2)] for rank in (0, 1)]
    for update in range(3):
        assert torch.equal(joined[update][0::2], parts[0][update])
        assert torch.equal(joined[update][1::2], parts[1][update])
