"""One failure of two packages as people paste it, in every form that we have met."""

from __future__ import annotations

SITE = "/opt/env/lib/python3.10/site-packages"
MESSAGE = "cannot import name 'download' from 'beta.hub'"

PLAIN = f"""\
Traceback (most recent call last):
  File "/home/ann/train.py", line 3, in <module>
    import alpha
  File "{SITE}/alpha/__init__.py", line 27, in <module>
    from . import data
  File "<frozen importlib._bootstrap>", line 1027, in _find_and_load
  File "{SITE}/alpha/data.py", line 8, in <module>
    from beta.hub import download
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
ImportError: {MESSAGE}
"""

IPYTHON_7 = f"""\
---------------------------------------------------------------------------
ImportError                               Traceback (most recent call last)
<ipython-input-1-07afce4ea57d> in <module>
----> 3 import alpha

{SITE}/alpha/__init__.py in <module>
     26 
---> 27 from . import data
     28 from . import layers

~/env/lib/python3.10/site-packages/alpha/data.py in <module>
      6 import os
      7 
----> 8 from beta.hub import download

ImportError: {MESSAGE}
"""

IPYTHON_8 = f"""\
\x1b[0;31m---------------------------------------------------------------------------\x1b[0m
\x1b[0;31mImportError\x1b[0m                               Traceback (most recent call last)
Cell \x1b[0;32mIn[3], line 3\x1b[0m
\x1b[1;32m      1\x1b[0m x = 1
\x1b[0;32m----> 3\x1b[0m \x1b[38;5;28;01mimport\x1b[39;00m \x1b[38;5;21;01malpha\x1b[39;00m

File \x1b[0;32m{SITE}/alpha/__init__.py:27\x1b[0m
\x1b[1;32m     26\x1b[0m 
\x1b[0;32m---> 27\x1b[0m \x1b[38;5;28;01mfrom\x1b[39;00m . import data

File \x1b[0;32m{SITE}/alpha/data.py:8, in \x1b[0;36mload\x1b[0;34m(name, **kw)\x1b[0m
\x1b[0;32m----> 8\x1b[0m from beta.hub import download

\x1b[0;31mImportError\x1b[0m: {MESSAGE}
"""

PYTEST = f"""\
E                                                                        [100%]
==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_train.py _____________________
ImportError while importing test module '/home/ann/tests/test_train.py'.
Hint: make sure your test modules/packages have valid Python names.
Traceback:
tests/test_train.py:3: in <module>
    import alpha
../env/lib/python3.10/site-packages/alpha/__init__.py:27: in <module>
    from . import data
../env/lib/python3.10/site-packages/alpha/data.py:8: in <module>
    from beta.hub import download
E   ImportError: {MESSAGE}
=========================== short test summary info ============================
ERROR tests/test_train.py
"""

RICH = f"""\
╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /home/ann/train.py:3 in <module>                                             │
│                                                                              │
│   2 import os                                                                │
│ ❱ 3 import alpha                                                             │
│                                                                              │
│ {SITE}/alpha/__init__.py:27 in <module>      │
│                                                                              │
│ ❱ 27 from . import data                                                      │
│                                                                              │
│ {SITE}/alpha/data.py:8 in <module>            │
│                                                                              │
│ ❱ 8 from beta.hub import download                                            │
╰──────────────────────────────────────────────────────────────────────────────╯
ImportError: {MESSAGE}
"""

WINDOWS = f"""\
Traceback (most recent call last):
  File "D:\\ann\\train.py", line 3, in <module>
    import alpha
  File "D:\\anaconda3\\lib\\importlib\\__init__.py", line 127, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
  File "D:\\anaconda3\\lib\\site-packages\\alpha\\__init__.py", line 27, in <module>
    from . import data
  File "D:\\anaconda3\\Lib\\site-packages\\alpha\\data.py", line 8, in <module>
    from beta.hub import download
ImportError: {MESSAGE}
"""


def prefixed(prefix: str, text: str = PLAIN) -> str:
    """Every line with ``prefix``; ``{n}`` counts."""
    return "\n".join(prefix.format(n=number) + line for number, line in enumerate(text.split("\n")))


ONE_LINE = " ".join(line.strip() for line in PLAIN.splitlines() if "^^" not in line)

FORMS = {
    "plain": PLAIN,
    "ipython 7": IPYTHON_7,
    "ipython 8": IPYTHON_8,
    "pytest": PYTEST,
    "rich": RICH,
    "windows": WINDOWS,
    "windows line ends": PLAIN.replace("\n", "\r\n"),
    "indented": prefixed("        "),
    "spaces lost": "\n".join(line.strip() for line in PLAIN.splitlines() if "^^" not in line),
    "one line": ONE_LINE,
    "escaped": PLAIN.replace('"', '\\"').replace("\n", "\\n"),
    "html": PLAIN.replace("<", "&lt;").replace('"', "&quot;"),
    "quoted": prefixed("> "),
    "quoted twice": prefixed("> > "),
    "rank": prefixed("[rank0]: "),
    "compose": prefixed("web_1  | "),
    "time": prefixed("2026-01-02 10:00:{n:02d} ERROR worker: "),
    "time on the first line": "2026-01-02 10:00:01 ERROR worker: " + PLAIN,
    "words around": f"报错如下：\n\n```\n{PLAIN}```\n请问怎么解决？谢谢",
    "words before it": f"INFO start\nWARNING: old card\n{PLAIN}\nprocess ended, code 1\n",
    "top cut off": PLAIN[PLAIN.index("  File", 60) :],
}
