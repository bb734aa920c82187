"""The table of networks between two models: what stands in docs/results.md is in order, and names shipped models."""

from docs.generators.fidelity_plot import COLUMNS, FIDELITIES, PAGE, PAIRS, Point, section, table
from docs.generators.page_parts import FIDELITY
from srgan.weights.catalogue import shipped


def test_a_point_is_a_row() -> None:
    point = Point("srgan", "srresnet", "clean", 0.25, (28.0, 0.3, 45.0))
    assert table([point]).splitlines()[-1] == "| srgan to srresnet | clean | 0.25 | 28.00 | 0.300 | 45.0 |"


def test_every_fidelity_of_shipped_pairs_is_on_the_page() -> None:
    text = FIDELITY.find(PAGE.read_text(encoding="utf-8"))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    found = {}
    for models, _, fidelity, *scores in rows[2:]:
        found[models, float(fidelity)] = tuple(float(score) for score in scores)
    assert {(f"{one} to {other}", step) for one, other, _ in PAIRS for step in FIDELITIES} == set(found)
    assert {name for one, other, _ in PAIRS for name in (one, other)} <= set(shipped())
    for one, other, _ in PAIRS:
        ends = [found[f"{one} to {other}", step] for step in (FIDELITIES[0], FIDELITIES[-1])]
        assert ends[0][0] < ends[1][0]  # more faithful
        assert ends[0][1] < ends[1][1]  # and farther in features
        assert len(ends[0]) == len(COLUMNS)
    assert section([]).endswith("images/fidelity.png)")
