"""A part of Python itself that is not there: it was built without the library for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T

#: Compiled modules of CPython that are built only where a library is there, and that library in
#: Debian's names.
PARTS: Final[Mapping[str, str]] = {
    "_bz2": "libbz2-dev",
    "_ctypes": "libffi-dev",
    "_curses": "libncurses-dev",
    "_dbm": "libgdbm-compat-dev",
    "_gdbm": "libgdbm-dev",
    "_hashlib": "libssl-dev",
    "_lzma": "liblzma-dev",
    "_sqlite3": "libsqlite3-dev",
    "_ssl": "libssl-dev",
    "_tkinter": "tk-dev",
    "_uuid": "uuid-dev",
    "readline": "libreadline-dev",
    "zlib": "zlib1g-dev",
}
_MODULE: Final = re.compile(
    rf"No module named ['\"]?(?P<part>{'|'.join(PARTS)}|tkinter)\b(?!\.)"
    r"|(?P<ssl>ssl module in Python is not available)"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding that names the part and the library that it is built from."""
    found = _MODULE.search(text)
    if found is None:
        return []
    part = "_ssl" if found["ssl"] else found["part"]
    module = part.lstrip("_")
    library = PARTS.get(part, PARTS.get(f"_{module}", ""))
    ways = [
        Alternative(
            T("build this Python again", "重新编译该 Python"),
            (f"sudo apt-get install -y build-essential {library}   # then build Python anew",),
        )
    ]
    if module == "tkinter":
        ways = [
            Alternative(
                T("Python of Debian or Ubuntu", "Debian、Ubuntu 自带的 Python"),
                ("sudo apt-get install -y python3-tk",),
            ),
            Alternative(T("pictures without a window", "不用窗口绘图"), ("export MPLBACKEND=Agg",)),
            *ways,
        ]
    on_linux = lookup(facts, "platform.system") in (None, "Linux")
    return [
        Finding(
            id="python-without-part",
            family="interpreter",
            severity="error",
            certainty="likely",
            title=T(
                "This Python has no {module}: it was built without {library}",
                "该 Python 没有 {module}：编译时缺少 {library}",
                module=module,
                library=library,
            ),
            cause=T(
                "{part} is a part of Python that is compiled only where its library is installed. "
                "No package of an index brings it.",
                "{part} 是 Python 自身的一部分，只有装了相应的库才会编译；索引上没有包能补上它。",
                part=part,
            ),
            fix=T(
                "Use a Python that has it: a ready one, and a new environment with it. Or install "
                "the library and build this Python again.",
                "改用带有它的 Python：安装现成的 Python 并用它新建环境。或安装该库后重新编译。",
            ),
            commands=("uv python install 3.11 && uv venv --python 3.11 .venv-paddle",),
            alternatives=tuple(ways) if on_linux else (),
            sources=SOURCE,
            evidence=(found.group(0),),
            score=SCORE + 4,
        )
    ]
