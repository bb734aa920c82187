"""Published tables and figures, measured again."""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan.paper.published import MODELS as MODELS
    from srgan.paper.published import TABLE1 as TABLE1
    from srgan.paper.published import TABLE2 as TABLE2
    from srgan.paper.published import TWINS as TWINS
    from srgan.paper.published import Published as Published
    from srgan.paper.verdicts import Opinions as Opinions
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "published": "MODELS TABLE1 TABLE2 TWINS Published",
            "verdicts": "Opinions",
        },
    )
