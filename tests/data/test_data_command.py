"""``%paddle_data`` and ``paddle-lab data``: one parser, one function, two front ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data.data_files import Write, three_parts

from paddle_lab import cli
from paddle_lab.commands import Context, Result
from paddle_lab.commands.data import build_parser, execute
from paddle_lab.data import Dataset
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import speaking
from paddle_lab.magics import load, unload
from paddle_lab.options.answer import asked_language

ROWS = [(f"第{n}条评论", ["好评", "差评"][n % 2]) for n in range(60)]


def run(line: str, cell: str | None = None, **names: Any) -> Result:
    with speaking(asked_language(line.split())):
        return execute(build_parser().parse_args(line.split()), Context(names=names, cell=cell))


@pytest.fixture
def shell() -> Any:
    from IPython.testing.globalipapp import start_ipython

    ip = start_ipython()
    if ip is None:
        from IPython import get_ipython

        ip = get_ipython()
    load(ip)
    yield ip
    unload(ip)


def test_a_variable(capsys: pytest.CaptureFixture[str]) -> None:
    result = run("df --split 0.2 --lang en", df=ROWS)
    assert "variable df" in result.text
    assert result.html is not None
    assert len(result.value.dev) == 12
    assert result.json["labels"] == ["好评", "差评"]
    assert result.json["parts"]["train"]["rows"] == 48
    assert capsys.readouterr().out == "", "a command never prints"


def test_the_options_reach_the_reader(write: Write) -> None:
    path = write(
        "a.dat", "".join(f"x_!_{t}，还不错_!_{c}\n" for t, c in ROWS).encode("gb18030") + b"?\n"
    )
    result = run(f"{path} --sep _!_ --text 1 --label 2 --encoding gb18030 --skip-bad --limit 10 "
                 f"--max-len 8 --test {path}")  # fmt: skip
    parts = result.json["parts"]
    assert (parts["train"]["rows"], parts["dev"]["rows"], parts["test"]["rows"]) == (10, 6, 60)
    assert parts["train"]["too_long"] == 1.0
    assert parts["train"]["provenance"]["encoding"] == "gb18030"
    assert parts["train"]["provenance"]["dropped"] == 1


def test_the_terminal(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.tsv", "".join(f"{t}\t{c}\n" for t, c in ROWS))
    assert cli.main(["data", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == ["好评", "差评"]
    assert cli.main(["data", str(path), "--lang", "zh"]) == 0
    assert "行数" in capsys.readouterr().out
    path.write_text("没有标签\n", encoding="utf-8")
    assert cli.main(["data", str(path)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "DataError: a.tsv" in shown.err
    assert cli.main(["data", str(path), "-o", "x"]) == 2, "the terminal has no variables"


def test_rows_typed_in_a_cell_become_a_variable(shell: Any) -> None:
    shell.run_cell_magic("paddle_data", "mine", "很好用\t1\n太慢了\t0\n\n“还行”\t1\n")
    mine = shell.user_ns["mine"]
    assert isinstance(mine, Dataset)
    assert mine.labels == ["1", "0", "1"]
    assert mine.lines == [2, 3, 5], "as the editor numbers the lines of the cell"
    shell.run_line_magic("paddle_data", "mine --split 0.4 -o parts")
    assert len(shell.user_ns["parts"].dev) == 1


def test_a_cell_of_one_class_is_kept(shell: Any) -> None:
    """It may be meant for an evaluation."""
    shell.run_cell_magic("paddle_data", "few", "text,label\n很好用,1\n")
    assert shell.user_ns["few"].labels == ["1"]


@pytest.mark.parametrize(
    "line", ["rows dev.tsv", "rows --limit 3", "rows --encoding gbk", "rows --split 0.5", "no-name"]
)
def test_a_cell_takes_no_other_data(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(line, cell="很好用\t1\n")
    three_parts(caught.value)


def test_without_a_task_the_rows_say_what_they_are_for(write: Write) -> None:
    spans = [json.dumps({"text": f"第{n}天在北京", "label": [[0, 1, "x"]]}) for n in range(40)]
    path = write("spans.jsonl", "\n".join(spans))
    assert "type" in run(f"{path} --lang en").text
    with pytest.raises(DataError, match="--task tag"):
        run(f"{path} --task classify")
