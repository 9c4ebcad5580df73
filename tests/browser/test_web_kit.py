"""The page of the kit `web`: the predictor's tokens and answers, computed in a real browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import docs_pages
import pytest
from barriers import AXE
from kits.hard_texts import hard_lines, rows_of
from kits.onnx_bundle import TASKS, onnx_bundle, tokenizer_of_mini

from paddle_lab.bundle import load_bundle
from paddle_lab.commands import Context, kit

NEAR = 1e-5
REPO = Path(__file__).parents[2]
MODULES = REPO / "labextension/node_modules"
ASK = """async rows => {
  const { load } = await import('./model.js');
  const model = await load();
  const found = [];
  for (const [first, second] of rows) {
    const row = model.tokenizer.row(first, second);
    found.push({ row, answer: await model.answer(first, second) });
  }
  return found;
}"""


class Files(SimpleHTTPRequestHandler):
    """A plain server of files: the kit, and what `npm install` would lay beside it."""

    def translate_path(self, path: str) -> str:
        """As it is, but for the packages."""
        name = path.partition("?")[0]
        if name.startswith("/node_modules/"):
            return str(MODULES / name.removeprefix("/node_modules/"))
        return super().translate_path(path)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def made(folder: Path, name: str, tokenizer: str) -> tuple[Path, Any]:
    task, codec, _ = TASKS[name]
    bundle = onnx_bundle(folder / "bundle", tokenizer, task, codec)
    args = kit.build_parser().parse_args(["web", str(bundle), "--out", str(folder / "kit")])
    out: Path = kit.execute(args, Context()).value
    return out, load_bundle(bundle, device="cpu")


class Plain(SimpleHTTPRequestHandler):
    """A plain server of files."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path, handler: type[SimpleHTTPRequestHandler] = Files) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pages(chromium: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens an address; what goes wrong in a page is in its ``errors``."""
    contexts: list[Any] = []

    def opened(url: str, **how: Any) -> Any:
        contexts.append(chromium.new_context(**how))
        page = contexts[-1].new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.goto(url)
        page.wait_for_selector("#ask:enabled", timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["numbers", "pair", "multilabel", "regress"])
def test_tokens_and_answers_are_those_of_the_predictor(
    name: str, pages: Callable[..., Any], tmp_path: Path
) -> None:
    tokenizer = tokenizer_of_mini()
    pair = TASKS[name][2]
    rows = rows_of(hard_lines(tokenizer), pair)
    folder, predictor = made(tmp_path, name, tokenizer)
    windows = predictor.encode(rows)
    kinds = windows.type_ids or [[0] * len(ids) for ids in windows.ids]
    with served(folder) as url:
        page = pages(url)
        found = page.evaluate(ASK, [list(row) if pair else [row, ""] for row in rows])
        assert page.errors == []
    for row, ids, types, one in zip(rows, windows.ids, kinds, found, strict=True):
        assert (one["row"]["ids"], one["row"]["types"]) == (list(ids), list(types)), row
    for one, answer in zip(found, predictor.predict(rows), strict=True):
        expected, said = answer.to_json(), one["answer"]
        listed = expected.pop("probabilities", {}), said.pop("probabilities", [])
        assert [each["label"] for each in listed[1]] == list(listed[0])
        assert [each["probability"] for each in listed[1]] == pytest.approx(
            list(listed[0].values()), abs=NEAR
        )
        assert said.keys() == expected.keys()
        for key, value in expected.items():
            near = isinstance(value, float)
            assert said[key] == (pytest.approx(value, abs=NEAR) if near else value), key


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "light"), ("zh-CN", "dark")])
def test_a_person_asks_with_the_keyboard_and_sees_bars(
    locale: str, scheme: str, pages: Callable[..., Any], tmp_path: Path
) -> None:
    folder, predictor = made(tmp_path, "pair", tokenizer_of_mini())
    best = predictor.predict([("质量很好", "太差了")])[0]
    with served(folder) as url:
        page = pages(
            url, locale=locale, color_scheme=scheme, viewport={"width": 700, "height": 600}
        )
        assert page.get_attribute("html", "lang") == ("zh-CN" if locale == "zh-CN" else "en")
        page.keyboard.press("Tab")
        page.keyboard.type("质量很好")
        page.keyboard.press("Tab")
        page.keyboard.type("太差了")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".title")
        assert page.inner_text(".title") == best.label
        assert page.locator("meter").count() == 2
        state = page.inner_text("#state")
        assert ("毫秒" if locale == "zh-CN" else " ms") in state
        page.evaluate(AXE.read_text("utf-8"))  # the page itself runs no script but its own
        violations = page.evaluate("async () => (await axe.run()).violations")
        assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []
        if shots := os.environ.get("PADDLE_LAB_SCREENSHOTS"):
            page.screenshot(path=str(Path(shots) / f"web-kit-{locale}.png"))
        assert page.errors == []


def test_a_model_that_is_not_there_is_said(chromium: Any, tmp_path: Path) -> None:
    folder, _ = made(tmp_path, "classify", tokenizer_of_mini())
    (folder / "model/vocabulary.txt").unlink()
    with served(folder) as url:
        page = chromium.new_page()
        page.goto(url)
        page.wait_for_selector("#state:has-text('model/vocabulary.txt: 404')")
        assert page.is_disabled("#ask")
        page.close()


def test_what_is_fetched_is_what_was_tried(tmp_path: Path) -> None:
    folder, _ = made(tmp_path, "classify", tokenizer_of_mini())
    wanted = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    ours = json.loads((REPO / "labextension/package.json").read_text("utf-8"))["devDependencies"]
    assert wanted == {name: ours[name] for name in wanted}


def test_the_page_of_the_documentation_answers_with_its_own_files(
    pages: Callable[..., Any], tmp_path: Path
) -> None:
    for name, path in docs_pages.demo_files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, tmp_path / name)
    shutil.copytree(REPO / "docs/demo/model", tmp_path / "demo/model")
    with served(tmp_path, Plain) as url:
        page = pages(f"{url}demo/")
        found = page.evaluate(ASK, [["质量很好，推荐！", ""], ["太差了，后悔购买", ""]])
        assert page.errors == []
    assert [one["answer"]["label"] for one in found] == ["positive", "negative"]
