"""Takes two adversarial updates and writes what they did: alone, or as one of the processes that torchrun starts.

python -m tests.helpers.joined PREPARED OUTPUT
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from srgan.data.prepared_set import PreparedPictures
from srgan.training.batches import batches, make_sampler
from srgan.training.distributed import launch
from srgan.training.state import make_state
from srgan.training.update import update
from tests.helpers.small import JOINED


def main() -> None:
    """Write gradients, weights and statistics of each update."""
    torch.set_num_threads(1)
    fabric = launch("cpu", precision="fp32")
    pictures, _ = PreparedPictures(Path(sys.argv[1])).split()
    state = make_state(JOINED, fabric=fabric, updates=2)
    crops = batches(
        make_sampler(JOINED, pictures), fabric.device, range(2), rank=fabric.global_rank, ranks=fabric.world_size
    )
    tensors = {}
    for number, batch in enumerate(crops):
        update(state, batch)
        for name, network in state.networks.items():
            for key, parameter in network.module.named_parameters():
                assert parameter.grad is not None
                tensors[f"{number}/{name}/gradient/{key}"] = parameter.grad.clone().contiguous()
            for key, value in network.module.named_buffers():
                tensors[f"{number}/{name}/statistic/{key}"] = value.float().clone().contiguous()
    if fabric.is_global_zero:
        save_file(tensors, sys.argv[2])


if __name__ == "__main__":
    main()
