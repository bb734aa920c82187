"""`srgan study serve`: invite people, and take their votes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srgan.cli.console import failures, say, show, show_json
from srgan.errors import SrganError, UsageError

if TYPE_CHECKING:
    from srgan_study.server.server import Served

EPILOG = """\
[bold]Examples[/bold]

  srgan study serve study                                 for people who sit at this machine
  srgan study serve study --host 0.0.0.0 --port 80        for those on the same network
  srgan study serve study --address https://study.lab.org with a server before it that speaks TLS
  srgan study serve study --withdraw R07                  delete all that there is of a rater

Every rater has a link of their own, in invitations.csv in the study's folder: send each to one person. Whoever has a \
link rates as that rater; no names are kept, so keep the list of who got which yourself, or keep none. The organiser's \
link shows how far everybody is.

A vote is on the disk before the rater sees the next picture. Stop with Ctrl-C and start again whenever you like: \
everybody goes on where they were, and links stay the same. Stop the server before you copy the study's folder.

What raters read before they begin can be worded anew: put consent.txt or instructions.txt into the study's folder.

Exit code: 0 stopped by Ctrl-C, 1 the study cannot be served, 2 no such place or rater.
"""

_PLACE, _WHO, _TALK = "Where it is served", "Who rates", "Said"

Folder = Annotated[
    Path, typer.Argument(metavar="STUDY", show_default=False, help="The folder that srgan study create made.")
]
Host = Annotated[
    str,
    typer.Option(
        metavar="HOST",
        rich_help_panel=_PLACE,
        help="A name or number of this machine; 0.0.0.0 for all. Without it, only this machine gets in.",
    ),
]
Port = Annotated[
    int, typer.Option(min=0, max=65535, metavar="PORT", rich_help_panel=_PLACE, help="0 for any that is free.")
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        show_default=False,
        rich_help_panel=_PLACE,
        help="What links begin with, where raters come through another server.",
    ),
]
MoreRaters = Annotated[
    int,
    typer.Option(
        "--more-raters", min=0, max=1000, metavar="N", rich_help_panel=_WHO, help="Invite so many beyond those invited."
    ),
]
Withdraw = Annotated[
    str | None,
    typer.Option(
        metavar="RATER",
        show_default=False,
        rich_help_panel=_WHO,
        help="Delete this rater's votes, answers and link, for good, and serve nothing.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Say where it is as a JSON document.")
]


def serve(
    folder: Folder,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    address: Address = None,
    more_raters: MoreRaters = 0,
    withdraw: Withdraw = None,
    as_json: AsJson = False,
) -> None:
    """Show a study's pictures to raters in their browsers, and keep every vote."""
    with failures(as_json=as_json):
        _need_packages()
        if withdraw is not None:
            return _withdraw(folder, withdraw, as_json=as_json)
        from srgan.cli.console import one_interruption
        from srgan_study.server.server import Place
        from srgan_study.server.server import serve as serve_study

        place = Place(host, port, _checked(address))

        def ready(served: "Served") -> None:
            if not _is_own(host):
                say(
                    f"Warning: with --host {host} everybody on its network can reach the study, and http is not "
                    "encrypted: what is sent can be read on the way"
                )
            _show_places(served, as_json=as_json)

        try:
            with one_interruption():
                serve_study(folder, place, tell=say, more=more_raters, ready=ready)
        except KeyboardInterrupt:
            say(_farewell(folder))


def _need_packages() -> None:
    import importlib.util

    for package in ("starlette", "uvicorn", "jinja2"):
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"this needs {package}, which is not installed: pip install 'srgan[study]'")


def _checked(address: str | None) -> str | None:
    if address is None:
        return None
    scheme, _, host = address.rstrip("/").partition("://")
    # Nor may a folder follow: the pages ask for their pictures and scripts at the root.
    if scheme not in ("http", "https") or not host or not host.isprintable() or set(host) & set("/ ?#"):
        raise UsageError(f"--address {address} is no address of a server: give one such as https://study.example.org")
    return f"{scheme}://{host}"


def _is_own(host: str) -> bool:
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _show_places(served: "Served", *, as_json: bool) -> None:
    """Write the links, and say where everything is."""
    from srgan_study.server.invitations import write_invitations

    raters = len(served.raters)
    invitations = write_invitations(served.votes.parent, served.raters, served.address)
    if as_json:
        places = {"invitations": str(invitations), "votes": str(served.votes)}
        show_json({"address": served.address, "organiser": served.organiser, "raters": raters, **places})
    else:
        show(
            f"organiser  {served.organiser}\nraters     {invitations} ({raters} links, one for each)\n"
            f"votes      {served.votes}\n\nServing until Ctrl-C"
        )


def _farewell(folder: Path) -> str:
    from srgan_study.votes.store import VOTES, read_ratings

    votes = len(read_ratings(folder).rows)
    return f"Stopped: {votes:,} votes are in {folder / VOTES}; start again to go on"


def _withdraw(folder: Path, code: str, *, as_json: bool) -> None:
    """Delete a rater, whole."""
    from srgan_study.server.invitations import drop_invitation
    from srgan_study.server.server import only_one
    from srgan_study.votes.store import Store

    with only_one(folder), Store.open(folder) as store:
        votes = store.withdraw(code)
        drop_invitation(folder, code)
    if as_json:
        show_json({"withdrawn": code, "votes": votes})
    else:
        show(f"{code} is deleted, with {votes:,} votes; make reports that were made before again")
