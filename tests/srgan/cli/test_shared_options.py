"""Shared options: several words after one option, and words with commas."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from srgan.cli.shared_options import SeveralWords, argument, option, separate
from srgan.errors import UsageError


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "--sets", "Set5", "Set14"], "['a'] ['Set5', 'Set14'] None"),
        (["--sets", "Set5", "--sets=Set14", "BSD100", "--one", "x", "a"], "['a'] ['Set5', 'Set14', 'BSD100'] x"),
        (["--one", "x", "a", "b"], "['a', 'b'] None x"),
    ],
)
def test_several_words_may_follow_an_option(words: list[str], expected: str) -> None:
    app = typer.Typer()

    @app.command(cls=SeveralWords)
    def command(
        methods: list[str],
        sets: Annotated[list[str] | None, option("Sets.", "--sets", metavar="SET ...")] = None,
        one: Annotated[str | None, option("One.", metavar="WORD")] = None,
    ) -> None:
        typer.echo(f"{methods} {sets} {one}")

    assert CliRunner().invoke(app, words).stdout == f"{expected}\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["photos", "-o", "made"], 0),
        (["C:/photos"], 0),
        (["photos", "--word", "s3://bucket/photos"], 0),
        (["s3://bucket/photos"], 2),
        (["photos", "-o", "gs://bucket"], 2),
        (["photos", "--run", "a", "--run", "az://container/run"], 2),
    ],
)
def test_an_address_is_no_folder_of_this_computer(words: list[str], code: int) -> None:
    app = typer.Typer()

    @app.command()
    def command(
        folder: Annotated[Path, argument("Folder.", "FOLDER")],
        output: Annotated[Path | None, option("Output.", "-o")] = None,
        runs: Annotated[list[Path] | None, option("Runs.", "--run")] = None,
        word: Annotated[str | None, option("Word.")] = None,
    ) -> None: ...

    assert CliRunner().invoke(app, words).exit_code == code


def test_commas_separate_words_but_not_existing_paths(tmp_path: Path) -> None:
    (tmp_path / "a,b").touch()
    assert separate(["a, b,", "c"]) == ["a", "b", "c"]
    with pytest.raises(UsageError):
        separate(["a", " "])
    assert separate([f"{tmp_path}/a,b", f"x={tmp_path}/a,b"]) == [f"{tmp_path}/a,b", f"x={tmp_path}/a,b"]
    assert separate(None) == []
