"""From a file of questions to a proven bundle that answers, with windows and without an answer."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(900)

NAMES = ["王芳", "李强", "张伟", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周杰", "吴倩"]
PLACES = ["北京", "上海", "广州", "深圳", "杭州", "成都", "南京", "武汉", "西安", "重庆"]
THINGS = ["书店", "茶馆", "画廊", "药房", "餐厅", "花店"]
FILLER = "第一天来了很多客人。"


def article(number: int, rng: random.Random) -> dict[str, Any]:
    """A shop, three questions that its text answers, and one that it does not."""
    name, city, year = rng.choice(NAMES), rng.choice(PLACES), f"{rng.randrange(1950, 2020)}年"
    text = f"{name}在{city}开了一家{rng.choice(THINGS)}。它于{year}开业，{FILLER}"
    if number % 8 == 0:  # some are read in several windows
        text = FILLER * rng.randrange(8) + text + FILLER * 4
    asked = [("谁开了店？", name), ("店在哪里？", city), ("哪一年开业？", year)]
    questions = [
        {"id": f"{number}-{n}", "question": question, "is_impossible": False,
         "answers": [{"text": answer, "answer_start": text.index(answer)}]}
        for n, (question, answer) in enumerate(asked)
    ]  # fmt: skip
    questions.append({"id": f"{number}-none", "question": "多少钱？", "answers": [],
                      "is_impossible": True})  # fmt: skip
    return {"title": str(number), "paragraphs": [{"context": text, "qas": questions}]}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "CACHE", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    rng = random.Random(0)
    path = tmp_path / "shops.json"
    content = {"version": "v2.0", "data": [article(number, rng) for number in range(96)]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.slow
def test_from_a_file_to_a_served_answer(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from paddle_lab import api
    from paddle_lab.bundle import load_bundle
    from paddle_lab.cli import main
    from paddle_lab.views.text import report_text

    run = api.finetune(
        str(data), epochs=4.0, lr=1e-3, max_len=64, batch_size=16, seed=1, show=False
    )
    assert run.state.state == "finished", run.error
    assert run.folder.spec().task == "answer", "found by the content"
    report = run.folder.report_data()
    assert report is not None
    assert report["metrics"]["f1"] > 0.8 and report["metrics"]["no_answer_accuracy"] > 0.9
    assert report["blocks"][0]["type"] == "verdict" and report["blocks"][0]["outcome"] == "better"
    assert "best sentence by TF-IDF" in report_text(run.folder)
    assert (run.folder.report / "answers.csv").is_file()
    export = run.state.export
    assert export["ok"] and export["answers_equal"] and export["max_abs_diff"] <= 1e-4

    predictor = load_bundle(run.folder.bundle)
    threshold = predictor.codec.to_json()["threshold"]
    assert threshold is not None and threshold != 0.0, "learnt on the dev rows"
    context = FILLER * 30 + "李强在北京开了一家书店。它于1988年开业，" + FILLER
    year, money = predictor.predict([("哪一年开业？", context), ("多少钱？", context)])
    assert year.answer == "1988年" == context[year.start : year.end] and year.windows > 5
    assert money.answer is None and money.no_answer > 0
    (cut,) = predictor.predict(("哪一年开业？", context), long_text="truncate")
    assert cut.truncated and cut.windows == 1

    card = (run.folder.bundle / "README.md").read_text(encoding="utf-8")
    assert 'predictor.predict(("什么时候见面？", ' in card and "answer_length" in card

    capsys.readouterr()
    assert main(["predict", run.id, "店在哪里？", context, "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["question"], answer["answer"]) == ("店在哪里？", "北京")
    assert main(["predict", run.id, f"店在哪里？\t{context}", f"多少钱？\t{context}"]) == 0
    said = capsys.readouterr().out
    assert "李强在[北京]开了一家书店" in said and "(no answer)" in said

    assert main(["export", run.id, "--out", str(tmp_path / "again")]) == 0
    again = load_bundle(tmp_path / "again")
    assert again.codec.to_json() == predictor.codec.to_json()
    assert again.predict(("哪一年开业？", context))[0].answer == "1988年"


@pytest.mark.slow
def test_the_sample_runs_without_a_network_and_says_that_it_learnt_little(data: Path) -> None:
    from paddle_lab import api

    run = api.finetune(
        "cmrc", epochs=1.0, limit=32, export=False, show=False, batch_size=16, lr=1e-4
    )
    assert run.state.state == "finished", run.error
    report = run.folder.report_data()
    assert report is not None and report["rows"] == 51
    advice = json.dumps(report["blocks"], ensure_ascii=False)
    assert "has not learnt to answer" in advice and "10,000 and more" in advice
