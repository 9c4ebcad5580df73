"""The lessons in the repository: current, the same in both languages, with no figure of a model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import make_notebooks
import pytest
from lessons import Code, Prose

from paddle_lab.commands.catalog import MAGICS

NAMES = [f"{name}_{language}" for name in make_notebooks.LESSONS for language in ("en", "zh")]


def book(name: str) -> Any:
    return json.loads((make_notebooks.FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))


def code_of(name: str) -> list[str]:
    return ["".join(cell["source"]) for cell in book(name)["cells"] if cell["cell_type"] == "code"]


def test_the_notebooks_are_those_that_the_tool_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["make_notebooks", "--check"])
    assert make_notebooks.main() == 0


@pytest.mark.parametrize("name", make_notebooks.LESSONS)
def test_both_languages_run_the_same(name: str) -> None:
    def plain(source: str) -> str:
        """Without comments and texts that are printed."""
        return re.sub(r"#.*|f?\"[^\"]*[\u4e00-\u9fff a-z][^\"]*\"", "", source)

    english, chinese = code_of(f"{name}_en"), code_of(f"{name}_zh")
    assert list(map(plain, english)) == list(map(plain, chinese))


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_speaks_as_jupyterlab_does_and_opens_beside_the_sidebar(name: str) -> None:
    assert book(name)["metadata"]["paddle_lab"]["lesson"] in (1, 2, 3)
    assert not any("PADDLE_LAB_LANG" in source for source in code_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_magics_are_loaded_before_they_are_used(name: str) -> None:
    known = set(MAGICS)
    used = [word for source in code_of(name) for word in re.findall(r"^%%?(\w+)", source, re.M)]
    assert used[0] == "load_ext" and set(used[1:]) <= known


@pytest.mark.parametrize("name", make_notebooks.LESSONS)
def test_links_lead_to_lessons_that_are_there(name: str) -> None:
    for language in ("en", "zh"):
        text = json.dumps(book(f"{name}_{language}"), ensure_ascii=False)
        links = re.findall(r"\]\(([\w.]+\.ipynb)\)", text)
        assert links and all((make_notebooks.FOLDER / link).is_file() for link in links)
        assert all(link.endswith(f"_{language}.ipynb") for link in links)


def test_the_welcome_says_no_figure_of_a_model() -> None:
    """The shipped model may change: what it reaches is worked out, not told."""
    for cell in make_notebooks.LESSONS["welcome"]:
        if isinstance(cell, Prose):
            figures = re.findall(r"\d+(?:\.\d+)?\s?%", cell.en + cell.zh)
            assert set(figures) <= {"95%"}, figures  # the interval


def test_the_welcome_ends_in_verdicts_of_fewer_labels() -> None:
    code = "\n".join(
        cell.en for cell in make_notebooks.LESSONS["welcome"] if isinstance(cell, Code)
    )
    assert "--limit 500" in code and "--random-init" in code and "run.verdict" in code


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("zh")])
def test_chinese_is_not_set_in_italics(name: str) -> None:
    for cell in book(name)["cells"]:
        if cell["cell_type"] == "markdown":
            source = re.sub(r"\*\*[^*]*\*\*|^\* ", "", "".join(cell["source"]), flags=re.M)
            assert not re.search(r"(?<!\*)\*[^*\s]+\*(?!\*)", source), source


def test_the_folder_holds_no_other_notebooks() -> None:
    assert {path.stem for path in Path(make_notebooks.FOLDER).glob("*.ipynb")} == set(NAMES)
