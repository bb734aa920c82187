"""Opinion studies: people rate images in their browsers, and the report gives mean opinion scores.

`stimuli` makes a study, `server` shows it to raters, `votes` stores what they say, `analysis` and `report` evaluate it,
and `simulation` rehearses it. Of `srgan` it uses only the public names of each package.
"""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan_study.study import read_study as read_study
    from srgan_study.votes.store import read_ratings as read_ratings
else:
    __getattr__ = lazy_names(__name__, {"study": "read_study", "votes.store": "read_ratings"})
