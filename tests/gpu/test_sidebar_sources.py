"""What can be said of the sidebar's sources without running them: words, colours, size."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
FOLDERS = ("sidebar", "page", "starting", "environment", "wall")
SOURCES = sorted(
    path for name in FOLDERS for path in (REPO / f"labextension/src/{name}").glob("*.ts*")
)
STYLES = sorted(
    path for name in FOLDERS for path in (REPO / f"labextension/style/{name}").glob("*.css")
)
SCHEMAS = [
    json.loads(path.read_text("utf-8"))
    for path in sorted((REPO / "labextension/schema").glob("*.json"))
]
CATALOGUE = json.loads(
    (REPO / "paddle_lab/locale/zh_CN/LC_MESSAGES/paddle_lab.json").read_text("utf-8")
)
WORDS = re.compile(r"trans\.__\(\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")")


def spoken() -> set[str]:
    return {one or two for path in SOURCES for one, two in WORDS.findall(path.read_text("utf-8"))}


def test_every_word_has_its_chinese():
    assert len(spoken()) > 100
    assert sorted(spoken() - CATALOGUE.keys()) == []


def test_no_translation_is_left_over():
    ours = {key for key in CATALOGUE if key and not key.startswith("schema\x04")}
    assert sorted(ours - spoken()) == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema["title"])
def test_every_setting_has_its_chinese(schema):
    texts = [schema["title"], schema["description"]]
    for setting in schema["properties"].values():
        texts += [setting["title"], setting["description"]]
    assert [text for text in texts if f"schema\x04{text}" not in CATALOGUE] == []


@pytest.mark.parametrize("key", [key for key in CATALOGUE if key])
def test_placeholders_survive_translation(key):
    (translated,) = CATALOGUE[key]
    assert sorted(re.findall(r"%\d", key)) == sorted(re.findall(r"%\d", translated))


def test_the_catalogue_is_read_by_jupyterlab():
    # With an underscore the server sends the catalogue and the page ignores it without a word.
    assert CATALOGUE[""]["language"] == "zh-CN"


@pytest.mark.parametrize("path", [*SOURCES, *STYLES], ids=lambda path: path.name)
def test_colours_come_from_the_theme(path):
    text = path.read_text("utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\d)", re.sub(r"#pl-[\w$]*", "", text))
    assert not re.search(r"\brgba?\(|\bhsla?\(", text)


@pytest.mark.parametrize("path", [*SOURCES, *STYLES], ids=lambda path: path.name)
def test_sources_are_short_and_silent(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300 or text.startswith("// Generated")
    assert "console.log" not in text
    assert not re.search(r": any\b(?!where)", text)


@pytest.mark.parametrize(
    "path",
    [*(REPO / "paddle_lab/gpu").glob("*.py"), *(REPO / "paddle_lab/server").glob("gpu_*.py")],
    ids=lambda path: path.name,
)
def test_nothing_ends_a_process_or_imports_paddle(path):
    text = path.read_text("utf-8")
    assert not re.search(r"os\.kill|\.terminate\(|\.send_signal\(|\.kill\(|shutdown_kernel", text)
    assert not re.search(r"^\s*(import|from) paddle(nlp)?\b(?!_)", text, re.M)


def test_warnings_that_can_be_muted_are_those_that_exist():
    sources = [REPO / f"paddle_lab/gpu/{name}.py" for name in ("alerts", "run_alerts")]
    text = "".join(path.read_text("utf-8") for path in sources)
    raised = set(re.findall(r'Alert\(\s*[^,]+, "([a-z-]+)"', text))
    [muted] = [found["properties"]["muted"] for found in SCHEMAS if "muted" in found["properties"]]
    assert set(muted["items"]["enum"]) == raised


def test_the_offer_to_load_knows_every_magic():
    from paddle_lab.commands.catalog import MAGICS

    text = (REPO / "labextension/src/starting/magics.ts").read_text("utf-8")
    kinds = re.findall(r"(paddle|ernie)_\(\?:([\w|]+)\)", text)
    listed = [f"{kind}_{name}" for kind, names in kinds for name in names.split("|")]
    assert listed == list(MAGICS)
