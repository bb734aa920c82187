"""Commands of `srgan study`: create, serve, simulate and report an opinion study."""

import typer

from srgan.cli.shared_options import SeveralWords
from srgan_study.cli import create, report, serve, simulate

EPILOG = """\
[bold]A study[/bold]

  srgan study create evaluation -o study   from the folder of an evaluation
  srgan study simulate study --raters 26   rehearse it with simulated raters
  srgan study serve study                  invite people, and store their votes
  srgan study report study                 opinion scores, figures and tests
"""

app = typer.Typer(
    no_args_is_help=True,
    epilog=EPILOG,
    help="Ask people how good pictures look: mean opinion scores, as in the paper.",
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("create", cls=SeveralWords, epilog=create.EPILOG, no_args_is_help=True)(create.create)
app.command("serve", epilog=serve.EPILOG, no_args_is_help=True)(serve.serve)
app.command("simulate", cls=SeveralWords, epilog=simulate.EPILOG, no_args_is_help=True)(simulate.simulate)
app.command("report", epilog=report.EPILOG, no_args_is_help=True)(report.report)
