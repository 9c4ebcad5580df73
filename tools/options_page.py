"""Write docs/options.md and its Chinese twin from the options: ``python tools/options_page.py``.

``--check`` writes nothing and ends with 1 when a page is not as it would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paddle_lab.commands.catalog import COMMANDS
from paddle_lab.options.docs import options_page

DOCS = Path(__file__).resolve().parents[1] / "docs"


def pages() -> dict[Path, str]:
    """What each page should hold."""
    parsers = [
        (f"%{one.magic} · paddle-lab {one.cli}", one.build_parser(f"%{one.magic}"))
        for one in COMMANDS
    ]
    return {
        DOCS / name: options_page(parsers, language)
        for name, language in (("options.md", "en"), ("options.zh.md", "zh"))
    }


def main() -> int:
    """Write the pages, or compare them."""
    old = [
        path
        for path, text in pages().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        for path in old:
            print(f"{path.name} is not current: python tools/options_page.py")
        return 1 if old else 0
    for path in old:
        path.write_text(pages()[path], encoding="utf-8")
        print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
