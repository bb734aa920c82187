"""Commands of `srgan study`: create, serve, simulate and report an opinion study."""

import typer

from srgan.cli.shared_options import SeveralWords
from srgan_study.cli import create, report, serve, simulate

app = typer.Typer()
app.command("create", cls=SeveralWords, epilog=create.EPILOG, no_args_is_help=True)(create.create)
app.command("serve", epilog=serve.EPILOG, no_args_is_help=True)(serve.serve)
app.command("simulate", cls=SeveralWords, epilog=simulate.EPILOG, no_args_is_help=True)(simulate.simulate)
app.command("report", epilog=report.EPILOG, no_args_is_help=True)(report.report)
