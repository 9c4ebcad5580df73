"""Hook of mkdocs.yml: some files from outside ``docs/`` are in the site, and links to them follow.

The pages of ``docs/`` are also read where they lie, so their links lead to files of the repository
(``../CONTRIBUTING.md``). In the site each file of :data:`PAGES` is the content of a page of
``docs/``; a link to any other file of the repository stays as text.

``demo/`` is the page of the kit ``web``: its own files, the model in ``docs/demo/model``, and ONNX
Runtime for browsers from the lab extension's packages.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "paddle_lab/models/ernie-lab-mini/README.md": "ernie-lab-mini.md",
}
ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):(?=<code>)")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


#: The page that answers, as a kit has it; what is a template there is not for readers of the site.
DEMO = ROOT / "paddle_lab/kits/templates/web"
PAGE = (".html", ".js", ".css")
MODULES = "node_modules/onnxruntime-web"
#: Of ONNX Runtime what a page loads that computes on one thread.
RUNTIME = tuple(f"dist/{name}" for name in (
    "ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"))  # fmt: skip


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Put the page that answers beside the model that is in ``docs/demo``."""
    from mkdocs.structure.files import File

    for name, path in demo_files().items():
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def demo_files() -> dict[str, Path]:
    """Where the files of ``demo/`` lie that are not in ``docs/``. Raises FileNotFoundError."""
    found = {f"demo/{path.name}": path for path in sorted(DEMO.iterdir()) if path.suffix in PAGE}
    found |= {f"demo/{MODULES}/{name}": ROOT / "labextension" / MODULES / name for name in RUNTIME}
    for path in found.values():
        if not path.is_file():
            raise FileNotFoundError(f"{path}: make installs the packages of labextension/")
    return found


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Show the file that a page stands for; let links lead to pages."""
    for source, name in PAGES.items():
        if page.file.src_uri == name:
            text = (ROOT / source).read_text(encoding="utf-8")
            return relinked(text, posixpath.dirname(source))
    here = posixpath.dirname(page.file.src_uri)
    return relinked(markdown, posixpath.join("docs", here).rstrip("/"), here)


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings name things by roles (``:func:`finetune```); the name alone is shown."""
    return ROLE.sub("", html)


def relinked(text: str, folder: str, here: str = "") -> str:
    """The text with its links, written for a file in ``folder``, as the site needs them.

    ``here`` is the folder of the page in ``docs/``.
    """

    def link(found: re.Match[str]) -> str:
        label, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        if path in PAGES:
            return f"[{label}]({posixpath.relpath(PAGES[path], here or '.')}{anchor})"
        if path.startswith("docs/"):
            page = posixpath.relpath(path.removeprefix("docs/"), here or ".")
            return f"[{label}]({page}{anchor})"
        if (ROOT / path).exists():
            return label
        return found[0]  # a link to nothing: the strict build names it

    return LINK.sub(link, text)
