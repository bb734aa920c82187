"""Plans and results of enlarging files: values for reports in any form."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from srgan import __version__

if TYPE_CHECKING:
    from srgan.images.image import ImageInfo
    from srgan.images.inspection import Inspection
    from srgan.upscale.jobs import Job
    from srgan.upscale.model_choice import ChosenModel
    from srgan.upscale.options import UpscaleOptions

STANDARD_INPUT, STANDARD_OUTPUT = "standard input", "standard output"

Status = Literal["done", "skipped", "failed", "planned"]


@dataclass(frozen=True)
class FilePlan:
    """Plan for a file; nothing has been computed yet."""

    source: "str | Path | bytes"
    output: Path | None
    """None is standard output."""
    options: "UpscaleOptions"
    info: "ImageInfo"
    format: str
    """Format of the result, a key of FORMATS."""
    size: tuple[int, int]
    """Width and height of the result."""
    chosen: "ChosenModel"
    """The model and why it was chosen."""
    notes: tuple[str, ...]
    """What the source holds that the result will not, one short line each."""
    hint: str | None = None
    """Which model would suit the source better, if that was asked for and one would."""

    @property
    def name(self) -> str:
        """Name of the source in messages."""
        return STANDARD_INPUT if isinstance(self.source, bytes) else str(self.source)

    @property
    def seconds(self) -> float:
        """Estimated time on this machine; the first call opens the engine and measures it."""
        alpha = 2 if self.info.has_alpha else 1
        return alpha * self.chosen.loaded.seconds(self.info.width, self.info.height, self.info.depth)

    def result(self, status: Status, seconds: float, notes: tuple[str, ...] | None = None) -> "FileResult":
        """Return the result of this plan, whose engine has been opened."""
        loaded = self.chosen.loaded
        return FileResult(
            source=self.name,
            output=STANDARD_OUTPUT if self.output is None else str(self.output),
            status=status,
            size_in=(self.info.width, self.info.height),
            size_out=self.size,
            seconds=round(seconds, 3),
            model=loaded.model.label,
            model_name=loaded.model.name,
            reason=self.chosen.reason,
            inspection=self.chosen.inspection,
            engine=loaded.engine_label(self.info.depth),
            notes=self.notes if notes is None else notes,
        )

    def failed(self, error: Exception) -> "FileResult":
        """Return the result of a failure."""
        return FileResult.of_failed(self.name, self.output, error)


@dataclass(frozen=True)
class FileResult:
    """Outcome for a file."""

    source: str
    output: str | None
    """None where there was to be none."""
    status: Status
    size_in: tuple[int, int] | None = None
    """Width and height, once the file has been opened."""
    size_out: tuple[int, int] | None = None
    seconds: float | None = None
    """Time taken, or estimated."""
    model: str | None = None
    """Name and identity."""
    model_name: str | None = None
    """Name alone."""
    reason: str | None = None
    """Why it is that model: a clause, `it is a JPEG of quality 60`; None where the model was named."""
    inspection: "Inspection | None" = None
    """Measurements of the source; None where the model was named."""
    engine: str | None = None
    """Engine and precision."""
    notes: tuple[str, ...] = ()
    """What of the source is not in the result, or why it was skipped."""
    error: str | None = None
    kind: str | None = None
    """Why it was skipped, in two or three words that many files share."""

    @classmethod
    def of_skipped(cls, job: "Job") -> "FileResult":
        """Return the result of a job that is not enlarged."""
        output = None if job.output is None else str(job.output)
        return cls(job.name, output, "skipped", notes=(job.skipped or "",), kind=job.kind)

    @classmethod
    def of_failed(cls, name: str, output: Path | None, error: Exception) -> "FileResult":
        """Return the result of a source of this name that was not enlarged because of an error."""
        return cls(name, None if output is None else str(output), "failed", error=str(error))


@dataclass(frozen=True)
class BatchResult:
    """Outcome for all files."""

    files: tuple[FileResult, ...]
    seconds: float
    left: int = 0
    """Files that were not reached."""
    interrupted: bool = False

    def number(self, status: Status) -> int:
        """Return how many files ended so."""
        return sum(file.status == status for file in self.files)

    @property
    def kinds(self) -> Counter[str]:
        """Number of skipped files for each kind of reason."""
        return Counter(file.kind for file in self.files if file.kind is not None)

    @property
    def exit_code(self) -> int:
        """130, as shells report Ctrl-C, when interrupted; 1 when a file failed."""
        return 130 if self.interrupted else int(self.number("failed") > 0)

    def document(self) -> dict[str, Any]:
        """Return the result as JSON holds it."""
        counts = {status: self.number(status) for status in ("done", "skipped", "failed", "planned")}
        return {
            "srgan": __version__,
            "files": [asdict(file) for file in self.files],
            **counts,
            "skipped_kinds": dict(self.kinds),
            "left": self.left,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 3),
        }
