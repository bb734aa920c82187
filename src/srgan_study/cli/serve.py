"""`srgan study serve`: invite people, and take their votes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from srgan.cli.console import count, failures, need_packages, one_interruption, say, show, show_json
from srgan.cli.shared_options import Study, flag, option

if TYPE_CHECKING:
    from srgan_study.server.server import Served

EPILOG = """\
[bold]Examples[/bold]

  srgan study serve study                                   for people at this machine
  srgan study serve study --host 0.0.0.0 --port 80          for those on the same network
  srgan study serve study --address https://study.lab.org   behind a proxy with TLS
  srgan study serve study --address https://lab.org/study   behind a proxy, below /study
  srgan study serve study --withdraw R07                    delete all data of a rater

Every rater has a personal link, in invitations.csv in the study's folder: send each to one person. A link is all \
that identifies a rater; no names are stored, so keep a list of who got which link, or none. The organiser's link \
shows the progress of all raters.

A vote is on the disk before the rater sees the next picture. Stop with Ctrl-C and start again whenever you like: \
raters continue where they were, and links stay the same. Stop the server before you copy the study's folder.

Put consent.txt or instructions.txt into the study's folder to replace the texts that raters read first.

Exit code: 0 stopped by Ctrl-C, 1 the study cannot be served, 2 an invalid option.
"""

_PLACE, _WHO, _TALK = "Server", "Raters", "Output"
_HOST = "Name or address to listen on, 0.0.0.0 for all; by default, only this machine can connect."
_PORT = "Port to listen on; 0 for any that is free."
_ADDRESS = "URL by which raters reach the study, if it is behind a proxy; links begin with it."
_ROOT = "Path below which a proxy serves the study; default: the path of --address."
_MORE = "Number of raters to invite in addition."
_WITHDRAW = "Delete all votes, answers and the link of this rater, and exit."


def serve(
    folder: Study,
    host: Annotated[str, option(_HOST, metavar="HOST", panel=_PLACE)] = "127.0.0.1",
    port: Annotated[int, option(_PORT, metavar="PORT", panel=_PLACE, min=0, max=65535)] = 8080,
    address: Annotated[str | None, option(_ADDRESS, metavar="URL", panel=_PLACE)] = None,
    root_path: Annotated[str, option(_ROOT, metavar="PATH", panel=_PLACE)] = "",
    more_raters: Annotated[int, option(_MORE, "--more-raters", metavar="N", panel=_WHO, min=0, max=1000)] = 0,
    withdraw: Annotated[str | None, option(_WITHDRAW, metavar="RATER", panel=_WHO)] = None,
    as_json: Annotated[bool, flag("Report as a JSON document.", "--json", panel=_TALK)] = False,
) -> None:
    """Show a study's pictures to raters in their browsers, and store every vote."""
    with failures(as_json=as_json):
        need_packages("starlette", "uvicorn", "jinja2", "msgspec", extra="study")
        from srgan_study.server import server
        from srgan_study.votes.store import VOTES, read_ratings

        if withdraw is not None:
            return _withdraw(folder, withdraw, as_json=as_json)
        options = server.ServeOptions(host, port, address, root_path)

        def show_places(served: "Served") -> None:
            if host not in ("localhost", "::1") and not host.startswith("127."):
                say(
                    f"Warning: with --host {host} everybody on its network can reach the study, and http is not "
                    "encrypted: what is sent can be read on the way"
                )
            _show_places(served, as_json=as_json)

        try:
            with one_interruption():
                server.serve(folder, options, report=say, more=more_raters, ready=show_places)
        except KeyboardInterrupt:
            votes = len(read_ratings(folder).rows)
            say(f"Stopped: {count(votes, 'vote')} in {folder / VOTES}; start again to go on")


def _show_places(served: "Served", *, as_json: bool) -> None:
    """Write the invitations, and show where everything is."""
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


def _withdraw(folder: Path, code: str, *, as_json: bool) -> None:
    from srgan_study.server.invitations import drop_invitation
    from srgan_study.server.server import only_one
    from srgan_study.votes.store import Store

    with only_one(folder), Store.open(folder) as store:
        votes = store.withdraw(code)
        drop_invitation(folder, code)
    if as_json:
        show_json({"withdrawn": code, "votes": votes})
    else:
        show(f"{code} is deleted, with {count(votes, 'vote')}; make reports that were made before again")
