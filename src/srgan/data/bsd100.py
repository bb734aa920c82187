"""The test set BSD100, by its pictures' names in the Berkeley segmentation data sets: none is ever learned from.

It is the test part of BSDS300, and the validation part of BSDS500. A network that was trained on a picture scores on it
what it remembers.
"""

import re
from pathlib import Path

# BSDS300's list iids_test.txt.
_NAMES = frozenset(
    """
    101085 101087 102061 103070 105025 106024 108005 108070 108082 109053 119082 12084 123074 126007 130026 134035
    14037 143090 145086 147091 148026 148089 156065 157055 159008 160068 16077 163085 167062 167083 170057 175032
    175043 182053 189080 19021 196073 197017 208001 210088 21077 216081 219090 220075 223061 227092 229036 236037
    24077 241004 241048 253027 253055 260058 271035 285079 291000 295087 296007 296059 299086 300091 302008 304034
    304074 306005 3096 33039 351093 361010 37073 376043 38082 38092 385039 41033 41069 42012 42049 43074 45096 54082
    55073 58060 62096 65033 66053 69015 69020 69040 76053 78004 8023 85048 86000 86016 86068 87046 89072 97033
    """.split()  # noqa: SIM905  a list of 100 strings would be read by nobody
)

_BERKELEY = re.compile(r"bsds|bsd[-_ ]?\d|^bsr$", re.IGNORECASE)


def is_berkeley(folder: Path) -> bool:
    """Whether a folder is of a Berkeley data set, by its own name or those around it."""
    return any(_BERKELEY.search(part) for part in folder.absolute().parts)


def is_bsd100(path: Path, *, berkeley: bool) -> bool:
    """Whether a file is a picture of BSD100.

    Args:
        path: of the file.
        berkeley: whether it is known to be of a Berkeley data set; otherwise the names around it tell.
    """
    return (path.stem in _NAMES or path.parent.name == "val") and (berkeley or is_berkeley(path.parent))
