"""The documentation: built without a warning, links followed, nothing fetched from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import paddle_lab

REPO = Path(__file__).parents[2]
# What a browser fetches by itself: scripts, style sheets, fonts, pictures.
FETCHED = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']?((?:https?:)?//[^\"'> ]+)"
)
IN_STYLES = re.compile(
    r"url\([\"']?((?:https?:)?//[^)\"']+)|@import\s+[\"']((?:https?:)?//[^\"']+)"
)


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    path = REPO / "tools" / "docs_pages.py"
    spec = importlib.util.spec_from_file_location("docs_pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_of_a_page_in_a_folder_are_its_own(pages: ModuleType) -> None:
    written = "[a](../data.md#x) [b](pair.md) [c](../../CONTRIBUTING.md) [d](../../setup.py)"
    shown = "[a](../data.md#x) [b](pair.md) [c](../contributing.md) d"
    assert pages.relinked(written, "docs/tasks", "tasks") == shown


@pytest.mark.parametrize(
    ("folder", "written", "shown"),
    [
        ("docs", "[a](data.md#size)", "[a](data.md#size)"),
        ("docs", "[a](../CONTRIBUTING.md)", "[a](contributing.md)"),
        ("docs", "[a](../setup.py)", "a"),
        ("", "[a](docs/data.md)", "[a](data.md)"),
        ("", "[a](https://example.org/b.md)", "[a](https://example.org/b.md)"),
        ("", "[a](#tests)", "[a](#tests)"),
        ("", "[a](nowhere.md)", "[a](nowhere.md)"),
        ("paddle_lab/models/ernie-lab-mini", "[a](../../../docs/models.md)", "[a](models.md)"),
    ],
)
def test_links_lead_to_pages(pages: ModuleType, folder: str, written: str, shown: str) -> None:
    assert pages.relinked(written, folder) == shown


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    nowhere = "http://127.0.0.1:9"  # whoever asks the network fails
    env = {**os.environ, "http_proxy": nowhere, "https_proxy": nowhere}
    built = subprocess.run(command, cwd=REPO, env=env, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return out


@pytest.mark.slow
def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    fetched = {
        (path.name, target)
        for pattern, suffix in ((FETCHED, "html"), (IN_STYLES, "css"))
        for path in site.rglob(f"*.{suffix}")
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
        for target in found.groups()
        if target
    }
    assert fetched == set()


@pytest.mark.slow
def test_every_public_name_has_its_reference(site: Path) -> None:
    page = (site / "api" / "index.html").read_text(encoding="utf-8")
    for name in paddle_lab.__all__:
        assert name in page if name == "__version__" else f'id="paddle_lab.{name}"' in page
    assert ":class:" not in page


@pytest.mark.slow
@pytest.mark.parametrize("page", ["", "data", "models", "bundle"])
def test_there_is_a_page_in_chinese(site: Path, page: str) -> None:
    def text(path: Path) -> str:
        body = (path / page / "index.html").read_text(encoding="utf-8").partition("<article")[2]
        return re.sub(r"<[^>]+>", "", body.partition("</article")[0])

    def share(words: str) -> float:
        return len(re.findall(r"[一-鿿]", words)) / len(words)

    assert share(text(site / "zh")) > 0.2 > share(text(site))


@pytest.mark.slow
def test_the_files_of_the_repository_are_pages(site: Path) -> None:
    assert "Where does a new" in (site / "contributing" / "index.html").read_text("utf-8")
    assert "Unreleased" in (site / "changelog" / "index.html").read_text("utf-8")


@pytest.mark.slow
def test_the_page_that_answers_is_in_it_with_all_that_it_loads(
    site: Path, pages: ModuleType
) -> None:
    for name, path in pages.demo_files().items():
        assert (site / name).stat().st_size == path.stat().st_size
    model = re.search(r"^model (.+)$", (site / "demo/model/settings.txt").read_text("utf-8"), re.M)
    assert model is not None and (site / "demo/model" / model[1]).is_file()
    for page, demo in (("serving", "../demo/"), ("zh/serving", "../../demo/")):
        assert f'href="{demo}"' in (site / page / "index.html").read_text("utf-8")
