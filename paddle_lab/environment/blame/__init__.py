"""Who failed: the structure of a traceback, and what it shows without a rule about a package.

>>> from paddle_lab.environment.blame import read
>>> found = read('''Traceback (most recent call last):
...   File "train.py", line 1, in <module>
...     import alpha
...   File "/x/lib/python3.11/site-packages/alpha/__init__.py", line 3, in <module>
...     from beta import missing
... ImportError: cannot import name 'missing' from 'beta' (/x/site-packages/beta.py)''')
>>> found.cause.name, found.raiser, found.caller
('ImportError', 'alpha', 'person')
"""

from __future__ import annotations

from paddle_lab.environment.blame.finding import blame_findings, findings_of, joined
from paddle_lab.environment.blame.reading import read, read_all
from paddle_lab.environment.blame.structure import Frame, Raised, Traceback

__all__ = [
    "Frame",
    "Raised",
    "Traceback",
    "blame_findings",
    "findings_of",
    "joined",
    "read",
    "read_all",
]
