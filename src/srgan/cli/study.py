"""`srgan study`: the commands of srgan_study, which is imported when one of them is asked for."""

from collections.abc import MutableMapping
from functools import cached_property
from typing import Any

import typer
from typer.core import TyperGroup

EPILOG = """\
[bold]A study[/bold]

  srgan study create evaluation -o study   from the folder of an evaluation
  srgan study simulate study --raters 26   rehearse it with simulated raters
  srgan study serve study                  invite people, and store their votes
  srgan study report study                 opinion scores, figures and tests
"""


class _StudyGroup(TyperGroup):
    """A group whose commands are those of srgan_study."""

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """The commands by name."""
        return self._imported

    @commands.setter
    def commands(self, none: MutableMapping[str, Any]) -> None:
        """Ignore the empty mapping that TyperGroup begins with."""

    @cached_property
    def _imported(self) -> MutableMapping[str, Any]:
        from srgan_study.cli import app

        group = typer.main.get_command(app)
        assert isinstance(group, TyperGroup)
        return group.commands


app = typer.Typer(
    cls=_StudyGroup,
    no_args_is_help=True,
    epilog=EPILOG,
    help="Ask people how good pictures look: mean opinion scores, as in the paper.",
    context_settings={"help_option_names": ["--help", "-h"]},
)
