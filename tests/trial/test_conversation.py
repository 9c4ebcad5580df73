"""What a card's box asks of one run: an answer, why, and a correction that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from word_model import LABELS, WEIGHTS, word_bundle, word_predictor

import paddle_lab
from paddle_lab.data import read
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.files import ROWS_FILE
from paddle_lab.trial import conversation
from paddle_lab.trial.conversation import Conversation

SCHEMA = json.loads(
    (Path(paddle_lab.__file__).parent / "trial" / "messages.schema.json").read_text("utf-8")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A finished run whose bundle is the word model."""
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "lab"))
    monkeypatch.chdir(tmp_path)
    folder = RunFolder.create(RunSpec(train="train.tsv", epochs=2.0), tmp_path / "runs")
    Registry().add(folder)
    word_bundle(folder.bundle)
    monkeypatch.setattr(conversation, "kept_bundle", word_predictor)
    return folder


@pytest.fixture
def talk(folder: RunFolder, tmp_path: Path) -> Conversation:
    return Conversation(folder.id, tmp_path, lambda: None)


def asked(talk: Conversation, **request: Any) -> list[dict[str, Any]]:
    """The replies, each of which is as its schema says and can be sent."""
    replies = json.loads(json.dumps(list(talk.answer(request))))
    for reply in replies:
        jsonschema.validate(reply, {**SCHEMA, "$ref": "#/$defs/TrialReply"})
    jsonschema.validate(request, {**SCHEMA, "$ref": "#/$defs/TrialRequest"})
    return replies


def test_it_introduces_itself_without_the_program(folder: RunFolder, tmp_path: Path) -> None:
    def never() -> None:
        raise AssertionError("Paddle was asked for")

    (reply,) = asked(Conversation(folder.id, tmp_path, never), op="hello", run_id=folder.id)
    assert [role["name"] for role in reply["roles"]] == ["text"]
    assert reply["control"] == {"kind": "label", "choices": LABELS, "of": ""}


def test_an_answer_comes_with_its_probabilities_and_then_with_what_decided(
    talk: Conversation,
) -> None:
    answer, why = asked(talk, op="ask", id=3, given={"text": "质量很好"})
    assert answer["said"] == {"en": "好评", "zh": "好评"}
    assert [(bar["name"], bar["chosen"]) for bar in answer["bars"]] == [
        ("好评", True),
        ("差评", False),
    ]
    assert answer["bars"][0]["value"] == "95.3%"
    assert (answer["id"], answer["right"], answer["more"]) == (3, "好评", True)
    best = max(why["pieces"], key=lambda piece: piece["weight"])
    assert "质量很好"[best["start"] : best["end"]] in WEIGHTS
    assert "occlusion" in why["method"]["en"]


@pytest.mark.parametrize("text", ["", "  \n", "\u200b"])
def test_what_holds_nothing_is_said_to_mean_nothing(talk: Conversation, text: str) -> None:
    (answer,) = asked(talk, op="ask", id=1, given={"text": text})
    assert not answer["more"]
    assert "means nothing" in answer["notes"][0]["en"]


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>差", "😀" * 40, "差" * 10_000])
def test_any_text_is_answered(talk: Conversation, text: str) -> None:
    answer = asked(talk, op="ask", id=1, given={"text": text})[0]
    assert answer["type"] == "answer"
    if len(text) > 1000:
        assert "only the beginning was read" in answer["notes"][0]["en"]


def test_a_correction_is_kept_where_the_next_run_can_add_it(
    talk: Conversation, tmp_path: Path
) -> None:
    (kept,) = asked(talk, op="keep", id=1, given={"text": "一般\t般"}, value="差评")
    assert kept["path"] == "corrections.tsv"
    assert kept["again"].startswith("%ernie_finetune train.tsv ")
    assert "--add corrections.tsv" in kept["again"]
    rows = read(get_task("classify"), tmp_path / "corrections.tsv")
    assert (rows.texts, rows.labels) == (["一般 般"], ["差评"])


@pytest.mark.parametrize("named", ["corrections.tsv", "{here}/corrections.tsv"])
def test_a_run_that_added_the_corrections_names_them_once(
    folder: RunFolder, tmp_path: Path, named: str
) -> None:
    added = named.format(here=tmp_path)
    run = RunFolder.create(RunSpec(train="train.tsv", add=(added,)), tmp_path / "runs")
    Registry().add(run)
    word_bundle(run.bundle)
    talk = Conversation(run.id, tmp_path, lambda: None)
    (kept,) = asked(talk, op="keep", id=1, given={"text": "一般般"}, value="差评")
    assert kept["again"].count("--add") == 1


@pytest.mark.parametrize("value", ["中评", "", None, ["差评"], 1])
def test_what_is_no_label_is_not_kept(talk: Conversation, tmp_path: Path, value: Any) -> None:
    (reply,) = asked(talk, op="keep", id=1, given={"text": "一般"}, value=value)
    assert reply["error"]["code"] == "data.correction_value"
    assert not (tmp_path / "corrections.tsv").exists()


def test_a_mistake_of_the_report_is_had_whole(talk: Conversation, folder: RunFolder) -> None:
    folder.report.mkdir()
    rows = {"7": {"given": {"text": "很长的一条" * 100}, "target": "好评"}}
    (folder.report / ROWS_FILE).write_text(json.dumps(rows), "utf-8")
    (row,) = asked(talk, op="row", id=2, row=7)
    assert (row["given"], row["right"]) == (rows["7"]["given"], "好评")
    (reply,) = asked(talk, op="row", id=2, row=8)
    assert reply["error"]["code"] == "run.no_row"


@pytest.mark.parametrize(
    "content", ["", "[]", '{"7": 1}', '{"7": {"given": {"text": 1}, "target": "好评"}}',
                '{"7": {"given": {"other": "a"}, "target": "好评"}}']
)  # fmt: skip
def test_a_damaged_file_of_rows_is_told(
    talk: Conversation, folder: RunFolder, content: str
) -> None:
    folder.report.mkdir()
    (folder.report / ROWS_FILE).write_text(content, "utf-8")
    (reply,) = asked(talk, op="row", id=2, row=7)
    assert reply["error"]["code"] == "run.no_row"


@pytest.mark.parametrize(
    "request_", [None, [], "hello", {}, {"op": "ask"}, {"op": "ask", "id": 1, "given": {"text": 1}},
                 {"op": "ask", "id": 1, "given": {"other": "a"}}, {"op": "keep", "id": 1},
                 {"op": "row", "id": 1, "row": "last"}]
)  # fmt: skip
def test_a_request_that_is_none_is_refused(talk: Conversation, request_: Any) -> None:
    (reply,) = talk.answer(request_)
    assert reply["error"]["code"] == "usage.trial_request"


@pytest.mark.parametrize("run_id", ["cafe0123", "last", "1", "../x", ""])
def test_only_a_run_of_this_kernel_is_asked_and_by_its_id_alone(
    folder: RunFolder, tmp_path: Path, run_id: str
) -> None:
    (reply,) = Conversation(run_id, tmp_path, lambda: None).answer({"op": "hello"})
    assert reply["error"]["code"] == "run.not_found"


def test_a_run_without_a_bundle_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "lab"))
    folder = RunFolder.create(RunSpec(train="train.tsv"), tmp_path)
    Registry().add(folder)
    (reply,) = Conversation(folder.id, tmp_path, lambda: None).answer({"op": "hello"})
    assert reply["type"] == "refused" and reply["error"]["fix"] is not None
