"""The folder of a training run: what it was begun with, and where its checkpoints, logs and pictures lie.

run.json             recipe, data, what it began from, updates planned
checkpoints/         the last states, to go on from
initial.safetensors  the generator's weights that it began with, if it began from others'
log.csv              a line every `log_every` updates      validation.csv  one every validation
tensorboard/         the same for TensorBoard
loss.png, sheet.png  plots, and validation crops side by side
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from srgan import __version__
from srgan.data.prepared_set import Comparison
from srgan.errors import TrainingError, UsageError
from srgan.training.checkpoint import write_durably
from srgan.training.monitoring.log import VALIDATION, read_log
from srgan.training.monitoring.loss_plots import PLOT
from srgan.training.recipes.recipe import Recipe

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What a run was begun with; nothing of it changes afterwards."""

    recipe: Recipe
    data: str
    """Absolute path of the folder that --data named."""
    begun_from: str
    """Absolute path of the run, or name or path of the model, whose generator it began with; empty for a random one."""
    vgg: str
    """Absolute path of the VGG19 weights, if a loss looks through them."""
    updates: int
    """Planned in all."""
    version: str = __version__
    """Of srgan."""
    features: str = ""
    """Absolute path of the weights that a perception loss looks through, if there is one."""
    comparison: Comparison | None = None
    """Of the pictures with those of test sets; None if there was none."""


@dataclass(frozen=True)
class Run:
    """The folder of a run."""

    folder: Path

    @property
    def checkpoints(self) -> Path:
        """Its states."""
        return self.folder / "checkpoints"

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return self._settings.exists()

    @property
    def pictures(self) -> Path:
        """A sheet of pictures for each validation."""
        return self.folder / "pictures"

    @property
    def sheet(self) -> Path:
        """The last of them."""
        return self.folder / "sheet.png"

    @property
    def plots(self) -> Path:
        """Its curves."""
        return self.folder / PLOT

    @property
    def _settings(self) -> Path:
        return self.folder / "run.json"

    @property
    def _initial(self) -> Path:
        return self.folder / "initial.safetensors"

    def begin(self, settings: Settings, initial: dict[str, Tensor] | None) -> None:
        """Make the folder of a new run.

        Raises:
            UsageError: if there is something in the folder already.
            TrainingError: if it cannot be written.
        """
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            what = "holds a run: go on with it by --resume, or" if self.exists else "is not empty:"
            raise UsageError(f"{self.folder} {what} name another folder with -o")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if initial is not None:
                write_durably(self._initial, save({name: value.contiguous() for name, value in initial.items()}))
            write_durably(self._settings, (json.dumps(asdict(settings), indent=2) + "\n").encode())
        except OSError as error:
            raise TrainingError(
                f"{self.folder} cannot be written ({error.strerror}): choose another folder with -o"
            ) from error

    def settings(self) -> Settings:
        """What the run was begun with.

        Raises:
            TrainingError: if there is no run in the folder, or its notes cannot be read.
        """
        try:
            fields = json.loads(self._settings.read_text(encoding="utf-8"))
            if fields.get("comparison"):
                fields["comparison"] = Comparison(**fields["comparison"])
            return Settings(**{**fields, "recipe": Recipe(**fields["recipe"])})
        except OSError as error:
            raise TrainingError(f"{self.folder} holds no run (no run.json): name the folder of one") from error
        except (ValueError, TypeError, KeyError, AttributeError, UsageError) as error:
            raise TrainingError(f"{self._settings} cannot be understood ({error}): begin the run anew") from error

    def better(self, raw: T, average: T) -> T:
        """Of raw and averaged weights, those of the higher PSNR at the last validation."""
        found = read_log(self.folder / VALIDATION)
        is_raw = bool(found.get("update")) and found["raw_psnr"][-1] > found["average_psnr"][-1]
        return raw if is_raw else average

    def initial(self) -> dict[str, Tensor] | None:
        """The weights that the generator began with, or None if they were random."""
        if not self._initial.exists():
            return None
        try:
            return load_file(self._initial)
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"{self._initial} is damaged ({error}): begin the run anew") from error
