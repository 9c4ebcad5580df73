"""What is said of an error that nothing knows: what held, who failed, and what to do next."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from small_packages import install

from paddle_lab.environment.answers import diagnosed, explained

HEALTHY = Path(__file__).parent / "sheets" / "cpu-linux.json"
ERROR = """\
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    alpha.load("x")
  File "{site}/alpha.py", line 27, in load
    return beta.read(x)
  File "{site}/beta.py", line 8, in read
    raise TypeError("the frobnicator is unhappy")
TypeError: the frobnicator is unhappy
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    install(folder, "alpha", "1.0", {"alpha.py": ""}, ["beta"])
    install(folder, "beta", "2.5", {"beta.py": ""})
    with (folder / "beta-2.5.dist-info" / "METADATA").open("a") as file:
        file.write("Home-page: https://beta.example/\n")
        file.write("Project-URL: Bug Tracker, https://forge.example/beta/issues\n")
    return folder


def facts_of_site(site: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(HEALTHY.read_text("utf-8"))
    facts["packages"] |= {"alpha": "1.0", "beta": "2.5"}
    facts["storage"]["site_packages"] = {"path": str(site)}
    facts["requirements"] = {"alpha": ["beta"]}
    facts["files"] = {"checked": 9, "distributions": 3, "damaged": {}, "complete": True}
    return facts


def test_it_says_what_held_who_failed_and_what_comes_next(site: Path) -> None:
    answer = explained(ERROR.format(site=site), facts_of_site(site), "en")
    text = answer["text"]
    assert answer["exit_code"] == 1
    assert text.startswith("I do not know this error.")
    assert "files of 3 packages  complete" in text
    assert "1 requirements       all met" in text
    assert "TypeError: the frobnicator is unhappy" in text
    assert "raised in beta 2.5, called by alpha 1.0" in text
    assert "Most likely (unproven): beta 2.5 and alpha 1.0 do not fit each other." in text
    assert "https://forge.example/beta/issues (beta 2.5)" in text
    assert len(text.splitlines()) <= 30, "one screen"
    steps = ["--dry-run", "env --check", "env --fresh", "--report"]
    assert sorted(steps, key=text.index) == steps


def test_the_three_forms_say_the_same(site: Path) -> None:
    for language in ("en", "zh"):
        answer = explained(ERROR.format(site=site), facts_of_site(site), language)
        told = answer["json"]["unknown"]
        lines = [row["result"] for row in told["tried"]] + told["where"]
        lines += [step["command"] for step in told["next"]] + [told["project"]["url"]]
        for line in lines:
            assert line in answer["text"]
            assert line in html.unescape(answer["html"])


@pytest.mark.parametrize(
    ("kind", "code"), [("ValueError", "raise"), ("RuntimeError", "raise"), ("KeyError", "raise")]
)
def test_no_guess_where_nothing_supports_one(site: Path, kind: str, code: str) -> None:
    text = ERROR.format(site=site).replace("TypeError", kind)
    assert explained(text, facts_of_site(site), "en")["json"]["unknown"]["likely"] is None


def test_a_persons_own_code_is_called_so(site: Path) -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x\nOddError: y\n'
    told = explained(text, facts_of_site(site), "en")["json"]["unknown"]
    assert "your own code" in told["likely"]
    assert told["project"] is None


def test_of_another_machine_nothing_was_tried_here(site: Path) -> None:
    text = ERROR.format(site=r"C:\Python39\Lib\site-packages")
    told = explained(text, facts_of_site(site), "en")
    assert told["json"]["unknown"]["tried"] == []
    assert "nothing of it was tried here" in told["text"]
    assert "--dry-run" not in told["text"]


def test_a_check_that_failed_for_a_reason_nobody_knows(site: Path) -> None:
    facts = facts_of_site(site)
    facts["check"] = {
        "ok": False,
        "ended": "normally",
        "phases": [
            {"name": "import paddle", "ok": True, "seconds": 3.9},
            {"name": "import paddlenlp", "ok": False},
        ],
        "text": ERROR.format(site=site),
    }
    answer = diagnosed(facts, "en", with_plan=False)
    if {one.id for one in answer["value"] if one.severity == "error"} != {"check-failed"}:
        pytest.fail(str([one.id for one in answer["value"]]))
    text = answer["text"]
    assert "import paddle        works, 3.9 s" in text
    assert "import paddlenlp     FAILS" in text
    assert "raised in beta 2.5, called by alpha 1.0" in text
    assert answer["html"].count('class="plenv"') == 2
    assert answer["json"]["unknown"]["next"]
