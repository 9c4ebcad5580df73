"""Write docs/errors.md and its Chinese twin from the errors: ``python tools/errors_page.py``.

The texts of all errors by code go into the package as well, for ``paddle-lab env --explain``.

``--check`` writes nothing and ends with 1 when a page is not as it would be written.
"""

from __future__ import annotations

import ast
import html
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from made_files import write_or_check
from written_texts import Function, Written, parsed

from paddle_lab import errors
from paddle_lab.i18n import T, Text

REPOSITORY: Final = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
OWN_ERRORS = REPOSITORY / "paddle_lab" / "environment" / "own_errors.json"
CODE: Final = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")
CLASSES: Final = {
    name: one
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, errors.PaddleLabError)
}

_INTRO: Final = T(
    "Every error of Paddle Lab has a code. It stands in `error.code` in Python, in events, in the "
    "JSON of `--json` and in what the server answers. It does not change: programs decide by it, "
    "never by the text. The part before the dot says which kind of error it is. What an error says "
    "and advises is here as the program has it, with its placeholders. Runs and bundles from "
    "before there were codes have `run.failed` and `bundle.failed`.",
    "Paddle Lab 的每个错误都有一个代码：Python 中的 `error.code`、事件、`--json` 的输出以及服务器的"
    "应答中都有它。代码不会改变，程序应据此判断，而不是依据文本。点号之前的部分表示错误的种类。"
    "错误的说明和建议按程序中的原文列出，其中保留了占位符。更早的运行和模型包中的错误没有代码，"
    "显示为 `run.failed` 和 `bundle.failed`。",
)
_HEADS: Final = (T("Code", "代码"), T("What it says", "说明"), T("What it advises", "建议"))
_TITLE: Final = T("Errors", "错误")


@dataclass(frozen=True)
class Site:
    """A call that makes errors of some code: its class, and what it says and advises."""

    file: str
    line: int
    made: str
    code: str
    says: tuple[Text, ...]
    advises: tuple[Text, ...]


def sites(package: Path = REPOSITORY / "paddle_lab") -> list[Site]:
    """Every call in the package that names the code of an error, in the order of the files."""
    found = []
    written = Written(package)
    for path in written.files:
        for call, made, around in _calls(parsed(path), "", None):
            for code in _codes(call):
                says, advises = _texts(call, path, around, written)
                name = str(path.relative_to(package.parent))
                found.append(Site(name, call.lineno, made, code, says, advises))
    return found


def without_code(package: Path = REPOSITORY / "paddle_lab") -> list[str]:
    """Calls that make an error and name no code."""
    return [
        f"{path.relative_to(package.parent)}:{call.lineno}"
        for path in sorted(package.rglob("*.py"))
        for call, made, _ in _calls(parsed(path), "", None)
        if made in CLASSES and not any(keyword.arg == "code" for keyword in call.keywords)
    ]


def _calls(
    node: ast.AST, base: str, around: Function | None
) -> Iterator[tuple[ast.Call, str, Function | None]]:
    """The calls below ``node``: each with what it calls, and the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            function = child.func
            made = function.id if isinstance(function, ast.Name) else ""
            if isinstance(function, ast.Attribute) and function.attr == "__init__":
                made = base  # super().__init__(...) in a class of its own
            yield child, made, around
        inside = child if isinstance(child, Function) else around
        if isinstance(child, ast.ClassDef):
            named = [one.id for one in child.bases if isinstance(one, ast.Name)]
            yield from _calls(child, named[0] if named else "", inside)
        else:
            yield from _calls(child, base, inside)


def _codes(call: ast.Call) -> list[str]:
    return [
        part.value
        for keyword in call.keywords
        if keyword.arg == "code"
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and CODE.fullmatch(part.value)
    ]


def _texts(
    call: ast.Call, path: Path, around: Function | None, written: Written
) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """What the error says and advises; where that is not written anywhere, what its function is."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    fix = named.get("fix", call.args[2] if len(call.args) > 2 else None)
    says = written.messages(call.args[0], path, around) if call.args else ()
    if not says and around is not None:
        first = (ast.get_docstring(around) or "").split("\n")[0]
        says = (Text(first, first),) if first else ()
    return says, written.messages(fix, path, around) if fix is not None else ()


def errors_page(found: list[Site], language: str) -> str:
    """The page in one language, as Markdown."""
    lines = ["<!-- Made by tools/errors_page.py from the errors themselves: do not edit. -->", ""]
    lines += [f"# {_TITLE.in_language(language)}", "", _INTRO.in_language(language)]
    codes: dict[str, list[Site]] = defaultdict(list)
    for site in found:
        codes[site.code].append(site)
    labels = {one.area: one.label for one in CLASSES.values()}
    area = ""
    for code in sorted(codes):
        if code.partition(".")[0] != area:
            area = code.partition(".")[0]
            heads = " | ".join(head.in_language(language) for head in _HEADS)
            lines += ["", f"## {labels.get(area, area)}", "", f"| {heads} |", "| --- | --- | --- |"]
        says = _cell(language, [text for site in codes[code] for text in site.says])
        advises = _cell(language, [text for site in codes[code] for text in site.advises])
        lines.append(f"| `{code}` | {says} | {advises} |")
    return "\n".join(lines) + "\n"


def _cell(language: str, texts: list[Text]) -> str:
    different = dict.fromkeys(" ".join(text.in_language(language).split()) for text in texts)
    return "<br>".join(
        re.sub(r"([|*_`\\\[\]])", r"\\\1", html.escape(text, quote=False)) for text in different
    )


def own_errors(found: list[Site]) -> str:
    """What the errors of each code say and advise, as JSON."""
    codes: dict[str, dict[str, list[dict[str, str]]]] = {}
    for site in sorted(found, key=lambda site: site.code):
        texts = codes.setdefault(site.code, {"says": [], "advises": []})
        for name, written in (("says", site.says), ("advises", site.advises)):
            plain = [{"en": text.en, "zh": text.zh} for text in written]
            texts[name] += [text for text in plain if text not in texts[name]]
    return json.dumps(codes, ensure_ascii=False, indent=1) + "\n"


def pages() -> dict[Path, str]:
    """What each page should hold."""
    found = sites()
    made = {
        DOCS / name: errors_page(found, language)
        for name, language in (("errors.md", "en"), ("errors.zh.md", "zh"))
    }
    return made | {OWN_ERRORS: own_errors(found)}


def main() -> int:
    """Write the pages, or compare them."""
    return write_or_check(pages(), "errors_page")


if __name__ == "__main__":
    sys.exit(main())
