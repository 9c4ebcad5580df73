"""Write the lessons as notebooks, Chinese and English: ``python tools/make_notebooks.py``.

Both come from one text and say the same (``tools/lessons/``). ``--check`` fails when a notebook on
disk differs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lessons import Cell, Code, lesson2, lesson3, welcome
from made_files import write_or_check

FOLDER: Final = Path(__file__).parents[1] / "notebooks"
LANGUAGES: Final = ("zh", "en")
#: In the order in which they are read.
LESSONS: Final[Mapping[str, Sequence[Cell]]] = {
    "welcome": welcome.CELLS,
    "lesson2": lesson2.CELLS,
    "lesson3": lesson3.CELLS,
}


def notebook(cells: Sequence[Cell], language: str, number: int) -> dict[str, Any]:
    """A lesson in one language, without outputs.

    JupyterLab opens the sidebar beside a notebook with ``paddle_lab`` in its metadata that nobody
    has run.
    """
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {
        "cells": [_cell(cell, language, place) for place, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": kernel,
            "language_info": {"name": "python"},
            "paddle_lab": {"lesson": number},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell: Cell, language: str, place: int) -> dict[str, Any]:
    source = cell.zh if language == "zh" and cell.zh is not None else cell.en
    made: dict[str, Any] = {
        "cell_type": "code" if isinstance(cell, Code) else "markdown",
        "id": f"cell-{place:02d}",
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return made | {"execution_count": None, "outputs": []} if isinstance(cell, Code) else made


def main() -> int:
    """Write all, or compare them with what is on disk."""
    files = {
        FOLDER / f"{name}_{language}.ipynb": json.dumps(
            notebook(cells, language, number), ensure_ascii=False, indent=1
        )
        + "\n"
        for number, (name, cells) in enumerate(LESSONS.items(), start=1)
        for language in LANGUAGES
    }
    return write_or_check(files, "make_notebooks")


if __name__ == "__main__":
    sys.exit(main())
