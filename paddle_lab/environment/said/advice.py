"""The advice that a program gives in its own error, told before a guess.

Only of Python's tools and of libraries: what git or a game advises is no matter of the
environment.
"""

from __future__ import annotations

import re
from typing import Final

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.common import SOURCE
from paddle_lab.i18n import T

#: Above rules that speak last, below all that know the text.
_SCORE: Final = 19.5
_LOG: Final = re.compile(r"(?m)^\[[CE] [^\]\n]{5,60}\] (?P<words>[^\n]{5,400})")
#: What a package's own build said, as pip repeats it.
_BUILD: Final = re.compile(
    r"\[\d+ lines? of output\](?P<words>.{1,8000}?)\[end of output\]", re.DOTALL
)
#: The last words of a tool of Python's that names what it looks for.
_TOOL: Final = re.compile(
    r"(?m)^(?:error|ERROR): "
    r"(?P<words>[^\n]*\b(?:[Pp]ython|uv|venv|pip|conda|jupyter|wheel)\b[^\n]*)"
)
_LONGEST: Final = 300
_WANTS: Final = (
    r"(?:[Pp]lease |[Yy]ou (?:should|must|need to|can) |[Tt]ry (?:to )?|- )?"
    r"(?:re-?running|setting|use|install|upgrade|update|downgrade|reinstall|run|set|export|pass|add|enable|disable)"
)
#: A sentence that begins by telling what to do, and names a command, an option or a package.
_SENTENCE: Final = re.compile(
    rf"(?:^|(?<=[.!:;,] )|(?<=\n))\s*(?P<advice>{_WANTS} "
    r"(?=[^\n]{0,200}(?:--\w|['`\"]\w|\bpip\b|\w+=\w|\w>=))"
    rf"[^\n]{{3,{_LONGEST}}})",
    re.IGNORECASE,
)
_PLEASE: Final = re.compile(
    r"(?P<advice>[Pp]lease (?:install|upgrade|update|downgrade|reinstall|use|set|run)"
    rf" [^\n]{{3,{_LONGEST}}})"
)
_ONLY_ASKS: Final = re.compile(r"(?i)\b(?:report|issue|search|website|documentation)\b")


def findings(text: str, trace: Traceback | None) -> list[Finding]:
    """One finding that repeats the advice of the error that ended the program; mostly none."""
    for words in _spoken(text, trace):
        for pattern in (_SENTENCE, _PLEASE):
            found = pattern.search(words)
            if found and not _ONLY_ASKS.search(found["advice"]):
                return [_finding(found["advice"].strip(), words.strip().partition("\n")[0])]
    return []


def _spoken(text: str, trace: Traceback | None) -> list[str]:
    """The words of an error: a library's message, a server's last log line, a failed build."""
    spoken = []
    if trace is not None and trace.in_library:
        spoken.append(trace.final.message)
    if trace is not None and trace.form in ("pip", "uv"):
        spoken.append(trace.final.message)
    spoken += [found["words"] for found in _TOOL.finditer(text)]
    logged = [found["words"] for found in _LOG.finditer(text)]
    spoken += logged[-1:]
    for built in _BUILD.finditer(text):
        lines = [part.strip() for part in built["words"].split("\n")]
        spoken.append(re.sub(r"(?<=[^\n.:;])\n(?=\w)", " ", "\n".join(lines)))
    return spoken


def _finding(advice: str, line: str) -> Finding:
    return Finding(
        id="error-gives-advice",
        family="install",
        severity="error",
        certainty="likely",
        title=T("{line}", "{line}", line=line[:200]),
        cause=T(
            "No rule knows this error, but the program that failed says what to do.",
            "没有规则认识该错误，但出错的程序自己给出了处理办法。",
        ),
        fix=T("Its own words: {advice}", "原文：{advice}", advice=advice),
        sources=SOURCE,
        evidence=(advice,),
        score=_SCORE,
    )
