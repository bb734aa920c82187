"""`make bench`: measure speed and memory of srgan on this machine, as ratios within one run, in Markdown and JSON.

Large images, for memory: `make bench ARGUMENTS=--large` (a quarter of an hour more on two cores).
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import commands, rates, training
from srgan import __version__
from srgan.engines.openvino import processor_name, supports_bf16
from srgan.weights.catalogue import find


def rate_table(results: list[rates.Rate]) -> list[str]:
    """Return rates relative to the matrix product of the same precision, and to plain torch."""
    products = {rate.precision: rate.gflops for rate in results if rate.name == "matrix product"}
    plain = next(rate.gflops for rate in results if rate.name.startswith("torch, eager"))
    lines = [
        "| | precision | GFLOP/s | share of the matrix product | relative to torch eager |",
        "|---|---|---|---|---|",
    ]
    for rate in results:
        share, gain = rate.gflops / products[rate.precision], rate.gflops / plain
        lines.append(f"| {rate.name} | {rate.precision} | {rate.gflops:.0f} | {share:.0%} | {gain:.1f} x |")
    return lines


def command_table(results: list[commands.CommandTime]) -> list[str]:
    """Return times of commands relative to the network alone."""
    lines = ["| | seconds | relative to the network alone | peak memory, MB |", "|---|---|---|---|"]
    for command in results:
        ratio = f"{command.seconds / command.network_seconds:.2f} x" if command.network_seconds else ""
        lines.append(f"| {command.name} | {command.seconds:.2f} | {ratio} | {command.peak_megabytes:.0f} |")
    return lines


def training_table(own: training.Side, textbook: training.Side) -> list[str]:
    """Return times of training on the CPU, and of a textbook set-up."""
    lines = [f"| {training.RECIPE.name}, seconds per batch | {own.name} | {textbook.name} | |", "|---|---|---|---|"]
    rows = [
        ("update, network and loader", own.together, textbook.together),
        ("network alone", own.network, textbook.network),
        ("loader alone", own.loader, textbook.loader),
    ]
    lines += [f"| {name} | {mine:.4f} | {theirs:.4f} | {theirs / mine:.1f} x |" for name, mine, theirs in rows]
    loaders = [f"{side.network / side.loader:.1f} x" for side in (own, textbook)]
    return [*lines, f"| loader against network | {' | '.join(loaders)} | |"]


def damage_table(own: training.Side) -> list[str]:
    """Return the table of training on damaged crops, with the loader's share of an update."""
    share = own.loader / own.network
    return [
        f"| {training.DAMAGED.name}, seconds per batch | {own.name} |",
        "|---|---|",
        f"| update, network and loader | {own.together:.4f} |",
        f"| network alone | {own.network:.4f} |",
        f"| loader alone, crops damaged | {own.loader:.4f} |",
        f"| loader against network | {share:.0%} |",
    ]


def device_table(rates: list[training.DeviceRate]) -> list[str]:
    """Return rates of training on a graphics processor; nothing without one."""
    if not rates:
        return []
    lines = [f"| {training.RECIPE.name} | updates per second | share of the bf16 matrix product |", "|---|---|---|"]
    return [*lines, *(f"| {rate.name} | {rate.updates:.1f} | {rate.share:.0%} |" for rate in rates), ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="srresnet", help="a model's name or path")
    parser.add_argument("--large", action="store_true", help="also images of 6 and 24 megapixels, for memory")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder for the two files")
    choices = parser.parse_args()

    model = find(choices.model)
    network, whole = rates.measure(model), commands.measure(choices.model, large=choices.large)
    machine = f"{processor_name()}, bf16 {'in hardware' if supports_bf16() else 'not in hardware'}"
    own, textbook, damaged = training.measure()
    device = training.measure_device()
    report = [f"srgan {__version__}, {model.card.name} {model.card.identity}, {machine}", ""]
    report += [*rate_table(network), "", *command_table(whole), ""]
    report += [*training_table(own, textbook), "", *damage_table(damaged), "", *device_table(device)]
    choices.output.mkdir(parents=True, exist_ok=True)
    (choices.output / "benchmark.md").write_text("\n".join(report), encoding="utf-8")
    measured = {
        "machine": machine,
        "version": __version__,
        "model": model.card.identity,
        "rates": [asdict(rate) for rate in network],
        "commands": [asdict(command) for command in whole],
        "training": {"own": asdict(own), "textbook": asdict(textbook), "damaged": asdict(damaged)},
        "training_on_device": [asdict(rate) for rate in device],
    }
    (choices.output / "benchmark.json").write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(report))


if __name__ == "__main__":
    main()
