"""Layouts of published weights: the networks of srgan that compute the same, and what their tensors are called there.

Each layout is a function: it returns None for the tensors of another one. Layouts are those of these public
repositories:

- xinntao/ESRGAN, victorca25/BasicSR (`model.1.sub`, `RRDB_trunk`), XPixelGroup/BasicSR and xinntao/Real-ESRGAN
- sanghyun-son/EDSR-PyTorch: EDSR and MDSR
- hongyuanyu/SPAN, and neosr's without a mean colour
- Lornatang/SRGAN-PyTorch: SRResNet
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from srgan.errors import ModelError
from srgan.models.edsr import MEAN
from srgan.models.release.tensor_names import Misfit, State, count, rename, shape_of, tensor_of


class Layout(NamedTuple):
    """A published network in terms of srgan's."""

    architecture: str
    arguments: dict[str, Any]
    state: State


def _esrgan(state: State) -> Layout | None:
    """RRDBNet in its three layouts, which differ in names alone."""
    if "body.0.rdb1.conv1.weight" in state:
        blocks, grown, first = count(state, r"body\.(\d+)\.rdb1"), "body.0.rdb1.conv1.weight", "conv_first"
        dense = r"body\.(\d+)\.rdb{}\.conv{}"
        names = [("conv_body", "fusion"), ("conv_up1", "tail.1"), ("conv_up2", "tail.4"), ("conv_hr", "tail.6")]
        names, steps = [*names, ("conv_last", "tail.8")], 2
    elif "RRDB_trunk.0.RDB1.conv1.weight" in state:
        blocks, grown, first = count(state, r"RRDB_trunk\.(\d+)\."), "RRDB_trunk.0.RDB1.conv1.weight", "conv_first"
        dense = r"RRDB_trunk\.(\d+)\.RDB{}\.conv{}"
        steps = count(state, r"upconv(\d+)\.") - 1
        names = [("trunk_conv", "fusion"), *((f"upconv{step + 1}", f"tail.{3 * step + 1}") for step in range(steps))]
        names += [("HRconv", f"tail.{3 * steps}"), ("conv_last", f"tail.{3 * steps + 2}")]
    elif "model.1.sub.0.RDB1.conv1.0.weight" in state:
        blocks, grown = count(state, r"model\.1\.sub\.(\d+)\.RDB1"), "model.1.sub.0.RDB1.conv1.0.weight"
        dense, first = r"model\.1\.sub\.(\d+)\.RDB{}\.conv{}\.0", r"model.0"
        tail = sorted({int(match[1]) for name in state if (match := re.match(r"model\.(\d{1,3})\.", name))} - {0, 1})
        steps = len(tail) - 2
        names = [(rf"model\.1\.sub\.{blocks}", "fusion")]
        places = [*(3 * step + 1 for step in range(steps)), 3 * steps, 3 * steps + 2]
        names += [(rf"model\.{number}", f"tail.{place}") for number, place in zip(tail, places, strict=False)]
    else:
        return None
    features, channels = shape_of(state, f"{first}.weight")[:2]
    unshuffle = {3: 1, 12: 2, 48: 4}.get(channels, 0)
    if not unshuffle or steps < 0 or 2**steps < unshuffle or steps > 4:
        raise Misfit(f"its first convolution sees {channels} channels, and it enlarges {steps} times by two")
    names += [(re.escape(first), "head")]
    names += [
        (dense.format(block + 1, number + 1), rf"blocks.\1.body.{block}.convolutions.{number}")
        for block in range(3)
        for number in range(5)
    ]
    arguments = {
        "blocks": blocks,
        "features": features,
        "growth": shape_of(state, grown)[0],
        "scale": 2**steps // unshuffle,
        "unshuffle": unshuffle,
    }
    return Layout("rrdb", arguments, rename(state, names))


def _srvgg(state: State) -> Layout | None:
    """SRVGGNetCompact: a chain of convolutions and PReLU; its names are already those of srgan."""
    layers = count(state, r"body\.(\d+)\.")
    if layers < 3 or not all(re.fullmatch(r"body\.\d+\.(weight|bias)", name) for name in state):
        return None
    features, channels = shape_of(state, "body.0.weight")[:2]
    scale = round((shape_of(state, f"body.{layers - 1}.weight")[0] / 3) ** 0.5)
    if channels != 3 or not 1 <= scale <= 8:
        raise Misfit(f"it sees {channels} channels")
    arguments = {"convolutions": (layers - 3) // 2, "features": features, "scale": scale}
    return Layout("srvgg", arguments, state)


def _span(state: State) -> Layout | None:
    """SPAN, whose layers are three convolutions and a fourth beside them while it is trained, and one afterwards."""
    if "conv_cat.weight" not in state or not any(name.startswith("block_1.c1_r.") for name in state):
        return None
    layers = {"conv_1": "head", "conv_2": "fusion"}
    layers |= {
        f"block_{block + 1}.c{number}_r": f"blocks.{block}.convolution{number}"
        for block in range(6)
        for number in (1, 2, 3)
    }
    made: State = {}
    for old, new in layers.items():
        made[f"{new}.weight"], made[f"{new}.bias"] = _merged(state, old)
    for old, new in (("conv_cat", "selection"), ("upsampler.0", "output")):
        for last in ("weight", "bias"):
            made[f"{new}.{last}"] = tensor_of(state, f"{old}.{last}")
    centred = "no_norm" not in state
    if centred:  # the network's values are those of 255 levels
        made["head.weight"] = made["head.weight"] * 255.0
    scale = round((made["output.weight"].shape[0] / 3) ** 0.5)
    arguments = {"features": made["head.weight"].shape[0], "scale": scale, "centred": centred}
    return Layout("span", arguments, made)


def _merged(state: State, layer: str) -> tuple[Tensor, Tensor]:
    """Return weights and biases of the one convolution that a layer of SPAN is when it is used."""
    if f"{layer}.conv.0.weight" not in state:
        return tensor_of(state, f"{layer}.eval_conv.weight"), tensor_of(state, f"{layer}.eval_conv.bias")
    parts = [f"{layer}.{part}" for part in ("conv.0", "conv.1", "conv.2", "sk")]
    weights = [tensor_of(state, f"{part}.weight").double() for part in parts]
    biases = [tensor_of(state, f"{part}.bias").double() for part in parts]
    try:
        first, second, third, beside = (weight.flatten(1) if weight.shape[-1] == 1 else weight for weight in weights)
        bias = torch.einsum("om,mhw->o", third, torch.einsum("mihw,i->mhw", second, biases[0]))
        bias = bias + third @ biases[1] + biases[2] + biases[3]
        weight = torch.einsum("on,nmhw,mi->oihw", third, second, first)
        weight = weight + functional.pad(beside[:, :, None, None], (1, 1, 1, 1))
    except (RuntimeError, ValueError) as error:
        raise Misfit(f"the shapes in {layer} do not fit each other") from error
    return weight, bias


def _edsr(state: State) -> Layout | None:
    """EDSR of its authors, and of BasicSR."""
    if "conv_after_body.weight" in state:
        names = [("conv_first", "head"), (r"body\.(\d+)\.conv(\d)", r"blocks.\1.convolution\2")]
        names += [("conv_after_body", "fusion"), (r"upsample\.(\d)", r"upsampling.\1"), ("conv_last", "output")]
        blocks, levels = count(state, r"body\.(\d+)\.conv1"), 255.0
    elif "head.0.weight" in state and "tail.0.0.weight" in state and "body.0.body.0.weight" in state:
        blocks = count(state, r"body\.(\d+)\.body")
        names = [*_author_names(blocks), (r"tail\.0\.(\d)", r"upsampling.\1"), (r"tail\.1", "output")]
        state, levels = _without_mean(state)
    else:
        return None
    return _finish_edsr(rename(state, names), blocks, levels, preprocessing=False)


def read_mdsr(state: State, scale: int | None = None) -> Layout | None:
    """MDSR of EDSR's authors, cut down to one of its scales."""
    if "pre_process.0.0.body.0.weight" not in state:
        return None
    blocks = count(state, r"body\.(\d+)\.body")
    scales = {}
    for number in range(count(state, r"pre_process\.(\d+)")):
        wide, narrow = shape_of(state, f"upsample.{number}.0.weight")[:2]
        steps = count(state, rf"upsample\.{number}\.(\d+)") // 2 + 1
        scales[3 if wide == 9 * narrow else 2**steps] = number
    chosen = scales.get(max(scales) if scale is None else scale)
    if chosen is None:
        raise ModelError(f"the weights are for the scales {', '.join(map(str, sorted(scales)))}, and not {scale}")
    others = rf"(pre_process|upsample)\.(?!{chosen}\.)\d+\."
    state = {name: value for name, value in state.items() if not re.match(others, name)}
    names = [*_author_names(blocks), (rf"upsample\.{chosen}\.(\d)", r"upsampling.\1"), (r"tail\.0", "output")]
    names += [(rf"pre_process\.{chosen}\.(\d)\.body\.0", r"preprocessing.\1.convolution1")]
    names += [(rf"pre_process\.{chosen}\.(\d)\.body\.2", r"preprocessing.\1.convolution2")]
    state, levels = _without_mean(state)
    return _finish_edsr(rename(state, names), blocks, levels, preprocessing=True)


def _author_names(blocks: int) -> list[tuple[str, str]]:
    return [
        (r"head\.0", "head"),
        (r"body\.(\d+)\.body\.0", r"blocks.\1.convolution1"),
        (r"body\.(\d+)\.body\.2", r"blocks.\1.convolution2"),
        (rf"body\.{blocks}", "fusion"),
    ]


def _without_mean(state: State) -> tuple[State, float]:
    """Return the tensors without those that subtract and add the mean colour, and the network's white: 1 or 255.

    Raises:
        Misfit: if the mean colour is another than that of DIV2K.
    """
    own = {name: value for name, value in state.items() if not re.match(r"(sub|add)_mean\.", name)}
    levels = 255.0
    if "sub_mean.bias" in state:
        bias = -state["sub_mean.bias"].float()
        levels = 255.0 if bias.shape == (3,) and float(bias.max()) > 2 else 1.0
        if bias.shape != (3,) or not torch.allclose(bias / levels, torch.tensor(MEAN), atol=1e-3):
            raise Misfit("its mean colour is not that of DIV2K")
    return own, levels


def _finish_edsr(state: State, blocks: int, levels: float, *, preprocessing: bool) -> Layout:
    features, channels = shape_of(state, "head.weight")[:2]
    wide = shape_of(state, "upsampling.0.weight")[0]
    steps = count(state, r"upsampling\.(\d+)") // 2 + 1
    if channels != 3 or wide not in (4 * features, 9 * features):
        raise Misfit(f"it sees {channels} channels, and enlarges {features} as {wide}")
    arguments = {
        "blocks": blocks,
        "features": features,
        "residual_scaling": 0.1 if features >= 256 else 1.0,  # no tensor tells; so it is in every published network
        "scale": 3 if wide == 9 * features else 2**steps,
        "preprocessing": preprocessing,
    }
    state["head.weight"] = state["head.weight"].float() * levels
    for last in ("weight", "bias"):
        state[f"output.{last}"] = tensor_of(state, f"output.{last}").float() / levels
    return Layout("edsr", arguments, state)


def _msrresnet(state: State) -> Layout | None:
    """MSRResNet of BasicSR, old and new."""
    if "upconv1.weight" not in state or not any(re.match(r"(body|recon_trunk)\.0\.conv1\.", name) for name in state):
        return None
    features = shape_of(state, "conv_first.weight")[0]
    wide = shape_of(state, "upconv1.weight")[0]
    steps = 2 if "upconv2.weight" in state else 1
    names = [("conv_first", "head"), (r"(?:body|recon_trunk)\.(\d+)\.conv(\d)", r"blocks.\1.convolution\2")]
    names += [("upconv1", "tail.0"), ("upconv2", "tail.3")]
    names += [("conv_hr|HRconv", f"tail.{3 * steps}"), ("conv_last", f"tail.{3 * steps + 2}")]
    arguments = {
        "blocks": count(state, r"(?:body|recon_trunk)\.(\d+)\."),
        "features": features,
        "scale": 3 if wide == 9 * features else 2**steps,
    }
    return Layout("msrresnet", arguments, rename(state, names))


def _srresnet(state: State) -> Layout | None:
    """SRResNet of Lornatang's repository, whose activations have one slope each and whose results are in [0, 1]."""
    if "trunk.0.rcb.0.weight" not in state or "upsampling.0.upsample_block.0.weight" not in state:
        return None
    names = [(r"conv1\.0", "head.0"), (r"conv1\.1", "head.1"), (r"conv2\.(\d)", r"fusion.\1")]
    inside = ("convolution1", "normalisation1", "activation", "convolution2", "normalisation2")
    names += [(rf"trunk\.(\d+)\.rcb\.{number}", rf"blocks.\1.{name}") for number, name in enumerate(inside)]
    names += [(r"upsampling\.(\d+)\.upsample_block\.0", r"upsampling.\1.convolution")]
    names += [(r"upsampling\.(\d+)\.upsample_block\.2", r"upsampling.\1.activation")]
    names += [(r"conv3(?:\.0)?", "output")]
    made = rename(state, names)
    features = shape_of(made, "head.0.weight")[0]
    for name, value in made.items():
        if value.shape == (1,) and (name == "head.1.weight" or name.endswith("activation.weight")):
            made[name] = value.expand(features)
    made["output.weight"] = tensor_of(made, "output.weight") * 2.0  # srgan's is in [-1, 1]
    made["output.bias"] = tensor_of(made, "output.bias") * 2.0 - 1.0
    for name in [name for name in made if name.endswith("running_mean")]:
        made[name.replace("running_mean", "num_batches_tracked")] = torch.tensor(0)
    arguments = {
        "blocks": count(state, r"trunk\.(\d+)\."),
        "features": features,
        "scale": 2 ** count(state, r"upsampling\.(\d+)\."),
    }
    return Layout("srgan-generator", arguments, made)


LAYOUTS: tuple[Callable[[State], Layout | None], ...] = (
    *(_esrgan, _srvgg, _span, _edsr, read_mdsr, _msrresnet, _srresnet),
)
"""All layouts; that of MDSR takes a scale besides."""
