"""`srgan web`: the page and the REST service."""

import os
from pathlib import Path
from typing import Annotated, Literal

from srgan.cli.console import failures, need_packages, one_interruption, say, show, show_json
from srgan.cli.shared_options import COMPUTATION, Engine, Json, flag, option

EPILOG = """\
[bold]Examples[/bold]

  srgan web                                      for you, in the browser
  srgan web --store photos --keep-hours 72       keeps images in a folder, for three days
  srgan web --folder photos --reports results    enlarges folders within photos, links the reports within results
  srgan web --host 0.0.0.0 --port 8000           for everybody on this network who has the link

Without --store, images are kept in a temporary folder that is deleted when the server stops. With it, jobs go on \
after a restart, and several servers that name the same folder, on one machine or on many, share the work.

Where others can reach the server, a token is needed: the link that is shown holds it. SRGAN_WEB_TOKEN sets it.

Exit code: 0 stopped by Ctrl-C, 1 the store cannot be used, 2 invalid option.
"""

_PLACE, _LIMITS = "Place", "Limits"


def web(
    host: Annotated[
        str, option("A name or address of this machine; 0.0.0.0 for all.", metavar="HOST", panel=_PLACE)
    ] = "127.0.0.1",
    port: Annotated[int, option("0 for any that is free.", metavar="PORT", panel=_PLACE, min=0, max=65535)] = 8000,
    address: Annotated[
        str | None, option("URL of the service, where it is reached by another name.", metavar="URL", panel=_PLACE)
    ] = None,
    store: Annotated[
        Path | None, option("Folder in which images and jobs are kept.", metavar="FOLDER", panel=_PLACE)
    ] = None,
    folder: Annotated[
        Path | None, option("Folder in which whole folders may be enlarged.", metavar="FOLDER", panel=_PLACE)
    ] = None,
    reports: Annotated[
        Path | None,
        option("Folder whose evaluation and study reports are linked.", metavar="FOLDER", panel=_PLACE),
    ] = None,
    no_browser: Annotated[bool, flag("Do not open the page.", "--no-browser", panel=_PLACE)] = False,
    max_megabytes: Annotated[float, option("Size of an upload.", metavar="MB", panel=_LIMITS, min=0.001)] = 100.0,
    max_pixels: Annotated[
        int, option("Pixels of an image; results may have 16 times as many.", metavar="PIXELS", panel=_LIMITS, min=1)
    ] = 64_000_000,
    max_minutes: Annotated[float, option("Time for one image.", metavar="MINUTES", panel=_LIMITS, min=0.01)] = 30.0,
    max_disk: Annotated[float, option("Disk space of all images.", metavar="GB", panel=_LIMITS, min=0.001)] = 20.0,
    max_waiting: Annotated[int, option("Images in the queue.", metavar="N", panel=_LIMITS, min=1)] = 200,
    keep_hours: Annotated[
        float, option("Time after which images are deleted.", metavar="HOURS", panel=_LIMITS, min=0.01)
    ] = 24.0,
    workers: Annotated[
        int, option("Images that are enlarged at the same time.", metavar="N", panel=COMPUTATION, min=1, max=64)
    ] = 2,
    engine: Engine = "auto",
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "int8"],
        option("Number format of the models; auto is the fastest.", panel=COMPUTATION),
    ] = "auto",
    as_json: Json = False,
) -> None:
    """Enlarge photos in the browser, and serve programs by REST."""
    with failures(as_json=as_json):
        need_packages("starlette", "uvicorn", "jinja2", "python_multipart", "sse_starlette", extra="web")
        from srgan_web.enlarging import Enlarger
        from srgan_web.limits import WebLimits
        from srgan_web.web_server import WebPlace, serving_site

        limits = WebLimits(
            max_bytes=round(max_megabytes * 1e6),
            max_pixels=max_pixels,
            max_seconds=max_minutes * 60,
            max_disk=round(max_disk * 1e9),
            max_waiting=max_waiting,
            max_waiting_per_client=max(1, max_waiting // 2),
            keep_seconds=keep_hours * 3600,
        )
        place = WebPlace(host, port, address, store, os.environ.get("SRGAN_WEB_TOKEN") or None, folder, reports)
        enlarger = Enlarger(limits, engine=engine, precision=None if precision == "auto" else precision)
        try:
            with one_interruption(), serving_site(place, enlarger, limits, workers=workers, tell=say) as site:
                if not place.is_local:
                    say("Warning: others on the network can reach this server, and http is not encrypted")
                if as_json:
                    show_json({"address": site.address, "link": site.link, "store": str(site.store)})
                else:
                    kept = f"for {keep_hours:g} h" if store else "until the server stops"
                    opened = f"folder  {folder} (results go into it)\n" if folder else ""
                    show(f"page    {site.link}\nimages  {site.store} (kept {kept})\n{opened}\nServing until Ctrl-C")
                if not (no_browser or as_json):
                    import webbrowser

                    webbrowser.open(site.link)
                while not site.ended.wait(1):
                    pass
        except KeyboardInterrupt:
            say("Stopped" if store is None else f"Stopped: images and jobs are in {store}; start again to go on")
