"""Everything is measured once: what was done holds for as long as what it was done with does, however a run ended."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.data.mixes import MIXES
from srgan.errors import DataError, OutputError, PictureError, UsageError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.damaged_inputs import Damage
from srgan.evaluation.measures import (
    Measure,
    always_taken,
    feature_measure,
    find_protocol,
    niqe_measure,
    protocol_measure,
)
from srgan.evaluation.methods import FolderMethod, Interpolation, Method, find_method
from srgan.evaluation.outputs import read_results
from srgan.evaluation.results import Results
from srgan.evaluation.test_sets import ImageSet, Pair, Pixels
from srgan.images.resize import imresize
from srgan.metrics import MATLAB, PAPER, consistency
from tests.helpers.noise import make_set, noise, save
from tests.helpers.recorded_progress import RecordedProgress

BY_PAPER = protocol_measure(PAPER)


class Spy(Interpolation):
    """Repeats pixels, knows for which pictures it did, and can be made to fail at one."""

    def __init__(self, name: str = "spy", until: int | None = None) -> None:
        super().__init__(name, "repeats pixels", lambda low, scale: np.kron(low, np.ones((4, 4, 1), np.uint8)), 4)
        self.asked: list[str] = []
        self._until = until

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        if len(self.asked) == self._until:
            raise KeyboardInterrupt
        self.asked.append(pair.label)
        return super().restore(pair)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageSet:
    """A set of three pictures; the evaluation's folder is beside it."""
    monkeypatch.chdir(tmp_path)
    return make_set(Path("tiny"), "abc")


def run(methods: Any, sets: Any, *measures: Measure, ear: RecordedProgress | None = None) -> Results:
    every = (methods,) if isinstance(methods, Method) else tuple(methods)
    chosen = (sets,) if isinstance(sets, ImageSet) else tuple(sets)
    return evaluate(Evaluation(every, chosen, measures or (BY_PAPER,)), Path("out"), ear or RecordedProgress())


def asked(sets: Any) -> list[str]:
    """Run an evaluation of a new spy, and return the images that it was asked for."""
    spy = Spy()
    run(spy, sets)
    return spy.asked


def scores(results: Results) -> Results:
    """Without the times, which are never the same."""
    return replace(results, rows=tuple(replace(row, seconds=None) for row in results.rows))


def test_every_picture_is_restored_and_measured(tiny: ImageSet) -> None:
    other, ear = make_set(Path("other"), "z", width=40), RecordedProgress()
    results = run([Spy(), find_method("HR")], [tiny, other], BY_PAPER, *always_taken(4), ear=ear)
    assert results.sets == {"tiny": ("a", "b", "c"), "other": ("z",)}
    assert [(row.method, row.data, row.picture) for row in results.rows] == [
        (method, *image) for method in ("spy", "HR") for image in (*(("tiny", name) for name in "abc"), ("other", "z"))
    ]
    assert ear.tasks == [("preparing pictures", 4), ("evaluating", 2 * (3 * 24 + 40) * 20)]
    assert [sum(counts) for counts in ear.counts] == [total for _, total in ear.tasks]
    assert results.rows[0].path == "pictures/spy/tiny/a.png"
    assert all((Path("out") / row.path).is_file() for row in results.rows)
    assert results.values("HR", "tiny", "paper/psnr") == [float("inf")] * 3
    assert results.values("HR", "other", "rgb/mse") == [0.0]
    restored = np.kron(read_with_pillow("out/low/tiny/b.png"), np.ones((4, 4, 1), np.uint8))
    expected = PAPER.measure(restored, noise(seed=1))
    assert results.values("spy", "tiny", "paper/psnr")[1] == expected.psnr
    assert results.values("spy", "tiny", "paper/ssim")[1] == expected.ssim


def read_with_pillow(path: str) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_what_was_done_is_not_done_again(tiny: ImageSet) -> None:
    first, ear, spy = run(Spy(), tiny), RecordedProgress(), Spy()
    before = {path: path.stat() for path in Path("out").rglob("*.*")}
    assert run(spy, tiny, ear=ear) == first
    assert spy.asked == []
    assert ear.lines == ["3 of 3 pictures were measured before"]
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.*")} == {
        path: state.st_mtime_ns for path, state in before.items()
    }


def test_only_what_changed_is_done_again(tiny: ImageSet) -> None:
    run(Spy(), tiny)
    save(Path("tiny/b.png"), noise(seed=9))
    (Path("out") / "pictures/spy/tiny/c.png").write_bytes(b"damaged")
    assert asked(tiny) == ["tiny/b", "tiny/c"]
    again = evaluate(Evaluation((Spy(),), (tiny,), (BY_PAPER,)), Path("anew"))
    assert scores(run(Spy(), tiny)) == scores(again)


@pytest.mark.parametrize("change", ["identity", "version", "scale"])
def test_another_method_version_or_scale_is_done_again(
    tiny: ImageSet, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    run(Spy(), tiny)
    spy, scale = Spy(), 2 if change == "scale" else 4
    if change == "identity":
        spy.info = replace(spy.info, identity="otherwise")
    elif change == "version":
        monkeypatch.setattr("srgan.evaluation.benchmark.__version__", "9")
    monkeypatch.setattr(spy, "_enlarge", lambda low, _: np.kron(low, np.ones((scale, scale, 1), np.uint8)))
    evaluate(Evaluation((spy,), (tiny,), (BY_PAPER,), scale), Path("out"))
    assert spy.asked == ["tiny/a", "tiny/b", "tiny/c"]


def test_further_measures_are_taken_of_what_is_there(tiny: ImageSet) -> None:
    first = run(Spy(), tiny)
    spy = Spy()
    results = run(spy, tiny, BY_PAPER, *always_taken(4))
    assert spy.asked == []
    assert set(results.rows[0].scores) == {"paper/psnr", "paper/ssim", "rgb/psnr", "rgb/mse", "consistency"}
    assert run(Spy(), tiny) == first  # and are not told when they are not asked for


def test_a_measure_that_has_become_another_is_taken_again(tiny: ImageSet) -> None:
    run(Spy(), tiny)
    changed = replace(BY_PAPER, identity="otherwise", take=lambda restored, pair: {"paper/psnr": 1.0})
    assert run(Spy(), tiny, changed).values("spy", "tiny", "paper/psnr") == [1.0, 1.0, 1.0]


def test_a_run_that_was_ended_goes_on_to_the_same_result(tiny: ImageSet) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Spy(until=2), tiny)
    journal = Path("out/journal.jsonl")
    journal.write_text(journal.read_text() + journal.read_text()[:100])  # killed in the middle of a line
    spy, ear = Spy(), RecordedProgress()
    results = run(spy, tiny, ear=ear)
    assert spy.asked == ["tiny/c"]
    assert ear.lines == ["2 of 3 pictures were measured before"]
    assert scores(results) == scores(evaluate(Evaluation((Spy(),), (tiny,), (BY_PAPER,)), Path("anew")))
    assert asked(tiny) == []


def test_nothing_of_a_folder_is_judged_before_all_is_found(tiny: ImageSet) -> None:
    for name in "ab":
        save(Path(f"made/{name}.png"), noise())
    spy = Spy()
    with pytest.raises(DataError):
        run([spy, FolderMethod("theirs", Path("made"))], tiny)
    assert spy.asked == []


def test_a_changed_picture_of_a_folder_is_measured_again(tiny: ImageSet) -> None:
    for name in "abc":
        save(Path(f"made/{name}.png"), noise(seed=3))
    first = run(FolderMethod("theirs", Path("made")), tiny)
    save(Path("made/b.png"), noise(seed=1))
    second = run(FolderMethod("theirs", Path("made")), tiny)
    assert second.values("theirs", "tiny", "paper/psnr")[1] == float("inf")
    assert [row for row in first.rows if row.picture != "b"] == [row for row in second.rows if row.picture != "b"]
    assert first.methods != second.methods


def test_a_folder_without_a_set_leaves_its_cells_empty(tiny: ImageSet) -> None:
    save(Path("made/other/z.png"), noise())
    other = make_set(Path("other"), "z")
    ear = RecordedProgress()
    theirs = FolderMethod("theirs", Path("made"))
    results = run([Spy(), theirs], [tiny, other], ear=ear)
    assert ear.lines == ["theirs has no pictures of tiny: it is not evaluated on it"]
    assert results.values("theirs", "tiny", "paper/psnr") == []
    assert len(results.values("theirs", "other", "paper/psnr")) == 1
    with pytest.raises(DataError):
        run(FolderMethod("theirs", Path("made")), [tiny, other])
    with pytest.raises(DataError):
        run([Spy(), FolderMethod("theirs", Path("made"))], tiny)


def test_damaged_inputs_are_sets_of_their_own(tiny: ImageSet) -> None:
    noisy = tiny.damaged(Damage("noise", 20))
    results = run([Spy(), find_method("HR")], [tiny, noisy], BY_PAPER, *always_taken(4))
    assert results.sets == {"tiny": ("a", "b", "c"), "tiny+noise20": ("a", "b", "c")}
    assert results.inputs == {"tiny": "clean", "tiny+noise20": "noise:20"}
    assert results.damaged == {"tiny+noise20": Damage("noise", 20)}
    restored = np.kron(read_with_pillow("out/low/tiny+noise20/b.png"), np.ones((4, 4, 1), np.uint8))
    assert results.values("spy", "tiny+noise20", "paper/psnr")[1] == PAPER.measure(restored, noise(seed=1)).psnr
    Path("out/results.json").write_text(results.to_json())
    assert read_results(Path("out")) == results


def test_consistency_is_with_the_clean_small_picture(tiny: ImageSet) -> None:
    results = run([Spy(), find_method("HR")], tiny.damaged(Damage("noise", 20)), *always_taken(4))
    assert results.values("HR", "tiny+noise20", "consistency") == [float("inf")] * 3
    clean = imresize(noise(), 0.25, border="replicate")
    expected = consistency(read_with_pillow("out/pictures/spy/tiny+noise20/a.png"), clean, scale=4)
    assert results.values("spy", "tiny+noise20", "consistency")[0] == expected
    assert expected < 25


def test_what_was_begun_with_one_input_is_not_continued_with_another(tiny: ImageSet) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Spy(until=2), tiny.damaged(Damage("noise", 20)))
    spy, ear = Spy(), RecordedProgress()
    run(spy, [tiny, tiny.damaged(Damage("noise", 10))], ear=ear)
    assert len(spy.asked) == 6
    assert ear.lines == []
    assert asked(tiny.damaged(Damage("noise", 20))) == ["tiny+noise20/c"]
    assert len(asked(replace(tiny, name="tiny+noise20"))) == 3  # clean images in a set called as a damaged one


def test_damage_that_became_another_is_done_again(tiny: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    messenger = tiny.damaged(Damage("messenger"))
    run(Spy(), messenger)
    (before,) = MIXES["messenger"].rounds[1:]
    monkeypatch.setitem(
        MIXES, "messenger", replace(MIXES["messenger"], rounds=(replace(before, quality=(5, 5), webp_share=0.0),))
    )
    assert len(asked(messenger)) == 3


def test_a_folder_needs_pictures_made_from_the_damaged_ones(tiny: ImageSet) -> None:
    noisy = tiny.damaged(Damage("noise", 20))
    for name in "abc":
        save(Path(f"made/{name}.png"), noise())
    with pytest.raises(DataError):
        run(FolderMethod("theirs", Path("made")), noisy)
    for name in "abc":
        save(Path(f"made/tiny+noise20/{name}.png"), noise(seed=3))
    results = run(FolderMethod("theirs", Path("made")), [tiny, noisy])
    assert results.values("theirs", "tiny", "paper/psnr")[0] == float("inf")
    assert results.values("theirs", "tiny+noise20", "paper/psnr")[0] < 20


def test_images_too_small_for_a_protocol_are_refused_and_go_without_other_measures(tiny: ImageSet) -> None:
    with pytest.raises(PictureError):
        run(Spy(), make_set(Path("low"), "abc", height=16), protocol_measure(MATLAB))
    ear = RecordedProgress()
    results = run(Spy(), tiny, *always_taken(4), ear=ear)
    assert ear.lines == ["tiny/a is 24x20, and MS-SSIM needs 184: tiny goes without it"]
    assert results.values("spy", "tiny", "ms-ssim") == []


def test_what_cannot_be_evaluated_is_refused(tiny: ImageSet) -> None:
    for methods, sets in (((Spy(), Spy()), (tiny,)), ((Spy(),), (tiny, tiny))):  # two of one name
        with pytest.raises(UsageError):
            Evaluation(methods, sets, ())
    for output, error in (("tiny", UsageError), ("tiny/a.png/out", OutputError)):  # folders of others
        with pytest.raises(error):
            evaluate(Evaluation((Spy(),), (tiny,), (BY_PAPER,)), Path(output))
    with pytest.raises(DataError):
        read_results(Path("nowhere"))
    with pytest.raises(UsageError):
        find_protocol("Paper")
    assert find_protocol("matlab", 2).crop == 2


def test_niqe_needs_a_file_of_its_own(tmp_path: Path, tiny: ImageSet) -> None:
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "niqe.npz", mu_pris_param=generator.random((1, 36)), cov_pris_param=np.eye(36))
    measure = niqe_measure(tmp_path / "niqe.npz")
    large = make_set(Path("large"), "a", width=200, height=192)
    flat = make_set(Path("flat"), "a", width=200, height=192)
    save(Path("flat/a.png"), np.full((192, 200, 3), 9, np.uint8))
    results = run(find_method("bicubic"), [tiny, large, flat], measure)
    assert results.values("bicubic", "tiny", "niqe") == []
    assert results.values("bicubic", "large", "niqe")[0] > 0
    assert np.isnan(results.values("bicubic", "flat", "niqe")).all()


def test_features_are_named_for_their_network(data_folder: Path, tiny: ImageSet) -> None:
    weights = data_folder.parent / "weights" / "squeezenet1.1.safetensors"
    if not weights.is_file():
        pytest.skip(f"no weights at {weights}")
    large = make_set(Path("large"), "a", width=64, height=64)
    ear = RecordedProgress()
    results = run([find_method("HR"), find_method("nearest")], [tiny, large], feature_measure(weights), ear=ear)
    assert ear.lines == ["tiny/a is 24x20, and features of squeezenet1.1 needs 32: tiny goes without it"]
    assert results.values("HR", "large", "features/squeezenet1.1") == [pytest.approx(0, abs=1e-6)]
    assert results.values("nearest", "large", "features/squeezenet1.1")[0] > 0.1
