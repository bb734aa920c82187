"""The folder of a training run.

run.json             recipe, data, initial weights, planned updates
checkpoints/         the newest ones, to resume from
initial.safetensors  the generator's initial weights, unless they were random
log.csv              a row every `log_every` updates; validation.csv: one for every validation
tensorboard/         the same for TensorBoard
loss.png, sheet.png  plots, and validation crops side by side
pictures/            the sheets of earlier validations
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from srgan import __version__
from srgan.data.prepared_set import KnownTestComparison
from srgan.errors import OutputError, TrainingError, UsageError
from srgan.files import check_folder, make_folder, write_bytes
from srgan.training.monitoring.log import VALIDATION, read_log
from srgan.training.monitoring.loss_plots import PLOT
from srgan.training.recipes.recipe import Recipe

T = TypeVar("T")


@dataclass(frozen=True)
class RunSettings:
    """The settings that a run began with; they never change."""

    recipe: Recipe
    data: str
    """Absolute path of the data folder, or URL of shards."""
    begun_from: str
    """Absolute path of the run, or name or path of the model, with the initial weights; empty for random ones."""
    vgg: str
    """Absolute path of the VGG19 weights of the content loss, or empty."""
    updates: int
    """Planned in all."""
    version: str = __version__
    """Version of srgan."""
    features: str = ""
    """Absolute path of the weights of the feature network, or empty."""
    comparison: KnownTestComparison | None = None
    """Result of comparing the images with those of test sets; None if they were not compared."""


@dataclass(frozen=True)
class Run:
    """The folder of a run."""

    folder: Path

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.folder / "checkpoints"

    @property
    def exists(self) -> bool:
        """Whether a run began here."""
        return self._settings.exists()

    @property
    def pictures(self) -> Path:
        """Folder of sheets, one for each validation."""
        return self.folder / "pictures"

    @property
    def sheet(self) -> Path:
        """The last sheet."""
        return self.folder / "sheet.png"

    @property
    def plots(self) -> Path:
        """Plot of the losses and scores."""
        return self.folder / PLOT

    @property
    def _settings(self) -> Path:
        return self.folder / "run.json"

    @property
    def _initial(self) -> Path:
        return self.folder / "initial.safetensors"

    def check_is_new(self) -> None:
        """Check that a new run can use the folder.

        Raises:
            UsageError: if there is something in it already.
            OutputError: if it cannot be made.
        """
        if self.exists:
            raise UsageError(f"output {self.folder} holds a run: resume it, or name another folder", parameter="output")
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise UsageError(f"output {self.folder} is not empty: name another folder", parameter="output")
        check_folder(self.folder)

    def begin(self, settings: RunSettings, initial: dict[str, Tensor] | None) -> None:
        """Make the folder of a new run.

        Raises:
            UsageError: if there is something in the folder already.
            TrainingError: if it cannot be written.
        """
        self.check_is_new()
        fields = vars(settings) | {"recipe": settings.recipe.flat()}
        fields["comparison"] = None if settings.comparison is None else vars(settings.comparison)
        try:
            make_folder(self.folder)
            if initial is not None:
                write_bytes(self._initial, save({name: value.contiguous() for name, value in initial.items()}))
            write_bytes(self._settings, (json.dumps(fields, indent=2) + "\n").encode())
        except OutputError as error:
            raise TrainingError(f"the run cannot begin: {error}") from error

    def settings(self) -> RunSettings:
        """Read what the run began with.

        Raises:
            TrainingError: if there is no run in the folder, or its settings cannot be read.
        """
        try:
            fields = json.loads(self._settings.read_text(encoding="utf-8"))
            if fields.get("comparison"):
                fields["comparison"] = KnownTestComparison(**fields["comparison"])
            return RunSettings(**{**fields, "recipe": Recipe.from_flat(fields["recipe"])})
        except OSError as error:
            raise TrainingError(f"{self.folder} holds no run (no run.json): name the folder of one") from error
        except (ValueError, TypeError, KeyError, AttributeError, UsageError) as error:
            raise TrainingError(f"{self._settings} cannot be understood ({error}): begin the run anew") from error

    def better(self, raw: T, average: T) -> T:
        """Return that of raw and averaged weights which had the higher PSNR at the last validation."""
        table = read_log(self.folder / VALIDATION)
        is_raw = bool(table.get("update")) and table["raw_psnr"][-1] > table["average_psnr"][-1]
        return raw if is_raw else average

    def initial(self) -> dict[str, Tensor] | None:
        """Read the generator's initial weights; None if they were random.

        Raises:
            TrainingError: if the file is damaged.
        """
        if not self._initial.exists():
            return None
        try:
            return load_file(self._initial)
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"{self._initial} is damaged ({error}): begin the run anew") from error
