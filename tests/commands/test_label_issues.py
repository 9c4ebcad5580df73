"""``%paddle_data FILE --label-issues``: from a file to the rows that a person judges, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.commands import Context, Result
from paddle_lab.commands.data import build_parser, execute
from paddle_lab.data import prepare
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import speaking
from paddle_lab.tasks import get_task

GOOD, BAD = "很好喜欢满意推荐值得", "很差失望退货糟糕后悔"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = []
    for n in range(120):
        words = (GOOD, BAD)[n % 2]
        text = f"{words[n % 7 : n % 7 + 4]}{words[n % 5 : n % 5 + 3]}{n}"
        rows.append((text, "10"[n % 2] if n not in (10, 51) else "01"[n % 2]))
    Path("train.tsv").write_text("".join(f"{t}\t{y}\n" for t, y in rows), encoding="utf-8")
    return tmp_path


def run(line: str, language: str = "en", cell: str | None = None) -> Result:
    with speaking(language):
        return execute(build_parser().parse_args(line.split()), Context(cell=cell, stays=True))


def test_the_surest_rows_are_shown_with_line_label_suggestion_and_probability(here: Path) -> None:
    found = run("train.tsv --label-issues")
    assert {issue["line"] for issue in found.json["issues"][:2]} == {11, 52}
    assert found.value == found.json["issues"]
    first = found.json["issues"][0]
    assert set(first) == {"line", "label", "suggested", "probability", "text"}
    assert str(first["line"]) in found.text and first["text"][:10] in found.text
    assert found.html is not None and first["text"][:10] in found.html
    assert "a person decides" in found.text
    assert "由人来判断" in run("train.tsv --label-issues", "zh").text


def test_the_file_is_judged_and_given_to_the_training(here: Path) -> None:
    said = run("train.tsv --label-issues --out issues.tsv").text
    assert "%ernie_finetune train.tsv --drop-issues issues.tsv" in said
    path = Path("issues.tsv")
    head, first, *others = path.read_text("utf-8").splitlines()
    assert head == "line\tlabel\tsuggested\tscore\tconfirmed\ttext"
    cells = first.split("\t")
    cells[4] = "yes"
    path.write_text("\n".join([head, "\t".join(cells), *others]) + "\n", encoding="utf-8")
    left = prepare(get_task("classify"), "train.tsv", drop_issues="issues.tsv")
    assert len(left.train) + len(left.dev) == 119
    assert cells[5] not in [*left.train.texts, *left.dev.texts]


@pytest.mark.parametrize(("language", "absent"), [("en", ["decides", "Write yes"]),
                                                  ("zh", ["由人来判断", "写 yes"])])  # fmt: skip
def test_where_no_label_is_contradicted_nothing_is_to_be_judged(
    here: Path, language: str, absent: list[str]
) -> None:
    rows = Path("train.tsv").read_text("utf-8").splitlines()
    clean = [row for n, row in enumerate(rows) if n not in (10, 51)]
    Path("clean.tsv").write_text("\n".join(clean) + "\n", "utf-8")
    found = run("clean.tsv --label-issues --out issues.tsv", language)
    assert found.json["issues"] == []
    assert not any(words in found.text for words in absent)


def test_the_command_to_train_with_holds_for_names_with_spaces(here: Path) -> None:
    Path("train.tsv").rename("my train.tsv")
    with speaking("en"):
        args = build_parser().parse_args(
            ["my train.tsv", "--label-issues", "--out", "my issues.tsv"]
        )
        said = execute(args, Context(stays=True)).text
    assert "%ernie_finetune 'my train.tsv' --drop-issues 'my issues.tsv'" in said


@pytest.mark.parametrize("named", ["ds", "ds:train"])
def test_a_variable_of_several_parts_is_looked_at_by_its_part(here: Path, named: str) -> None:
    import pandas as pd

    rows = pd.read_csv("train.tsv", sep="\t", names=["text", "label"])
    with speaking("en"):
        args = build_parser().parse_args([named, "--label-issues"])
        found = execute(args, Context(names={"ds": {"train": Table(rows)}}, stays=True))
    assert {issue["line"] for issue in found.json["issues"][:2]} == {11, 52}


class Table:
    """What a `datasets` table has that is asked of it."""

    def __init__(self, rows: Any) -> None:
        self._rows, self.column_names = rows, list(rows.columns)

    def to_pandas(self) -> Any:
        return self._rows


def test_what_a_person_confirmed_is_not_lost_when_the_file_is_written_again(here: Path) -> None:
    run("train.tsv --label-issues --out issues.tsv")
    path = Path("issues.tsv")
    lines = path.read_text("utf-8").splitlines()
    cells = lines[1].split("\t")
    cells[4] = "yes"
    extra = ["", "0", "", "", "yes", "不在列表中的一行"]
    path.write_text(
        "\n".join([lines[0], *lines[2:], "\t".join(cells), "\t".join(extra)]) + "\n", "utf-8"
    )
    assert (
        "2 rows that were judged there already"
        in run("train.tsv --label-issues --out issues.tsv").text
    )
    again = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    assert cells in again
    assert [row[5] for row in again if row[4] == "yes"] == [cells[5], "不在列表中的一行"]


def test_a_file_that_is_something_else_is_not_written_over(here: Path) -> None:
    before = Path("train.tsv").read_text("utf-8")
    with pytest.raises(DataError, match="no list of label issues"):
        run("train.tsv --label-issues --out train.tsv")
    assert Path("train.tsv").read_text("utf-8") == before


@pytest.mark.parametrize(
    "line",
    ["train.tsv --out issues.tsv", "train.tsv train.tsv --label-issues",
     "train.tsv --label-issues --limit 50"],
)  # fmt: skip
def test_options_that_would_say_nothing_are_refused(here: Path, line: str) -> None:
    with pytest.raises(UsageError):
        run(line)


def test_rows_of_a_cell_are_looked_at_by_the_name_of_their_variable(here: Path) -> None:
    with pytest.raises(UsageError, match="label-issues"):
        run("rows --label-issues", cell="好\t1\n差\t0\n")


def test_rows_that_nothing_can_be_told_of_are_said_to_be_so(here: Path) -> None:
    Path("noise.tsv").write_text("".join(f"第{n}条\t{n * 7 % 3 % 2}\n" for n in range(60)), "utf-8")
    with pytest.raises(DataError) as caught:
        run("noise.tsv --label-issues")
    assert caught.value.code == "data.labels_not_examined"
