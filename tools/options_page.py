"""Write docs/options.md and its Chinese twin from the options: ``python tools/options_page.py``.

``--check`` writes nothing and ends with 1 when a page is not as it would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from made_files import write_or_check

from paddle_lab.commands.catalog import COMMANDS
from paddle_lab.options.docs import options_page

DOCS = Path(__file__).resolve().parents[1] / "docs"


def pages() -> dict[Path, str]:
    """What each page should hold."""
    parsers = [
        (
            " · ".join(dict.fromkeys((one.shown, f"paddle-lab {one.cli}"))),
            one.build_parser(one.shown),
        )
        for one in COMMANDS
    ]
    return {
        DOCS / name: options_page(parsers, language)
        for name, language in (("options.md", "en"), ("options.zh.md", "zh"))
    }


def main() -> int:
    """Write the pages, or compare them."""
    return write_or_check(pages(), "options_page")


if __name__ == "__main__":
    sys.exit(main())
