"""``predict --ray``: the file that one process writes, whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle.on_ray.conftest import Ray

from paddle_lab.commands import Context, predict
from paddle_lab.commands.result import Result
from paddle_lab.errors import PaddleLabError

TEXTS = ["质量很好，推荐！", "", "太差了，不会再买。", "快" * 60, "=1+1"]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    lines = [f"{n},{TEXTS[n % len(TEXTS)]}" for n in range(600)]
    path.write_text("\n".join(["订单号,评论内容", *lines]), encoding="utf-8")
    return path


def ask(bundle: Path, *words: str, **context: Any) -> Result:
    args = predict.build_parser("paddle-lab predict").parse_args([str(bundle), *words])
    return predict.execute(args, Context(**context))


def test_the_file_is_that_of_one_process(
    bundle: Path, table: Path, tmp_path: Path, ray: Ray
) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    alone = ask(bundle, "--file", str(table), "--out", str(one))
    there = ask(bundle, "--file", str(table), "--out", str(other), "--ray")
    assert one.read_bytes() == other.read_bytes() and one.stat().st_size > 10_000
    assert alone.text.replace(str(one), str(other)) == there.text
    assert "first, line 3: the text is empty" in there.text
    assert ray.address == "auto" and ray.left == 1


def test_a_broken_line_is_told_as_ever_and_no_cluster_is_asked(
    bundle: Path, table: Path, ray: Ray
) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("\n601,two,three\n")
    told = []
    for words in ([], ["--ray"]):
        with pytest.raises(PaddleLabError) as raised:
            ask(bundle, "--file", str(table), *words)
        told.append(str(raised.value))
    assert told[0] == told[1] and "602" in told[0] and ray.address == ""


def test_what_fails_on_the_way_leaves_no_file(
    bundle: Path, table: Path, tmp_path: Path, ray: Ray
) -> None:
    def lost(tables: Iterator[Any]) -> Iterator[Any]:
        yield next(tables)
        raise RuntimeError("its node died")

    ray.meanwhile = lost
    before = set(tmp_path.iterdir())
    with pytest.raises(PaddleLabError) as raised:
        ask(bundle, "--file", str(table), "--out", str(tmp_path / "out.csv"), "--ray")
    assert raised.value.code == "bundle.ray_failed" and "its node died" in str(raised.value)
    assert set(tmp_path.iterdir()) == before and ray.left == 1


def test_an_interrupt_keeps_the_rows_so_far_apart(
    bundle: Path, table: Path, tmp_path: Path, ray: Ray
) -> None:
    def interrupted(tables: Iterator[Any]) -> Iterator[Any]:
        yield next(tables)
        raise KeyboardInterrupt

    ray.meanwhile = interrupted
    result = ask(bundle, "--file", str(table), "--out", str(tmp_path / "out.csv"), "--ray")
    assert result.exit_code == 130 and not (tmp_path / "out.csv").exists()
    assert (tmp_path / "out.part.csv").is_file() and ray.left == 1


def test_where_no_core_is_free_it_is_said(bundle: Path, ray: Ray) -> None:
    said: list[str] = []
    ray.cores = 0
    ask(bundle, "质量很好", "--ray", "--json", say=lambda text: said.append(str(text)))
    assert "No core" in said[0]


@pytest.mark.parametrize("words", [["--ray", "rows.csv"], ["--ray", "a b:1"]])
def test_what_is_no_address_is_refused(bundle: Path, words: list[str]) -> None:
    with pytest.raises(PaddleLabError) as raised:
        ask(bundle, "--file", "rows.csv", *words)
    assert raised.value.code == "usage.value" and "HOST:PORT" in str(raised.value)


def test_in_a_notebook_and_without_ray_it_is_said(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PaddleLabError) as raised:
        ask(bundle, "质量很好", "--ray", notebook=True)
    assert raised.value.code == "usage.conflict"
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in ("across", "cluster"):
        monkeypatch.delitem(sys.modules, f"paddle_lab.bundle.on_ray.{name}", raising=False)
    with pytest.raises(PaddleLabError) as raised:
        ask(bundle, "质量很好", "--ray")
    assert raised.value.code == "env.no_ray" and "paddle-lab[ray]" in str(raised.value)
