"""Texts in, answers out: order, batches, length, odd input, threads, and what is not imported."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle.making import rewrite
from bundle.tiny import LABELS, MAX_LEN, ROWS, python

from paddle_lab.bundle import load_bundle
from paddle_lab.errors import BundleError, DataError, PaddleLabError, RunError, UsageError
from paddle_lab.runs import Registry, RunFolder, RunSpec

pytestmark = pytest.mark.slow


def test_an_answer_is_a_distribution_over_the_labels(predictor: Any) -> None:
    (answer,) = predictor.predict("质量很好")
    assert set(answer.probabilities) == set(LABELS)
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert (
        answer.probability
        == max(answer.probabilities.values())
        == answer.probabilities[answer.label]
    )
    assert next(iter(answer.probabilities)) == answer.label
    assert not answer.truncated and answer.windows == 1 and not answer.empty


def test_order_and_batch_size_do_not_matter(predictor: Any) -> None:
    texts = ROWS * 9
    whole = predictor.logits(texts)
    for batch_size in (1, 7, 1000):
        assert np.abs(predictor.logits(texts, batch_size=batch_size) - whole).max() <= 1e-5
    backwards = predictor.logits(texts[::-1])[::-1]
    assert np.abs(backwards - whole).max() <= 1e-5


def test_many_texts_go_through_in_groups(predictor: Any) -> None:
    answers = predictor.predict(
        [f"{'好' if i % 2 else '差'}{i}" for i in range(2500)], batch_size=256
    )
    assert len(answers) == 2500
    assert answers[2001].probabilities == pytest.approx(
        predictor.predict("好2001")[0].probabilities, abs=1e-5
    )


def test_a_long_text_is_cut_and_said_to_be(predictor: Any) -> None:
    exact, over = predictor.predict(["很" * (MAX_LEN - 2), "很" * (MAX_LEN - 1)])
    assert not exact.truncated and over.truncated
    assert over.probabilities == pytest.approx(exact.probabilities, abs=1e-5)


def test_a_huge_text_is_read_whole_in_windows(predictor: Any) -> None:
    text = "".join(ROWS[i % len(ROWS)] for i in range(9000))
    assert len(text) > 100_000
    (whole,) = predictor.predict(text, long_text="windows", batch_size=256)
    assert not whole.truncated and whole.windows > 1000
    assert sum(whole.probabilities.values()) == pytest.approx(1)
    assert predictor.predict(text)[0].truncated


def test_windows_are_the_mean_over_overlapping_pieces(predictor: Any) -> None:
    """By hand: 22 tokens fit, each piece shares 5 with the one before."""
    text = "质量很好推荐太差了不会再买一般还行真香物流快包装好客服态度也不错下次还会来"
    pieces = [text[start : start + 22] for start in range(0, len(text) - 5, 17)]
    (whole,) = predictor.predict(text, long_text="windows")
    parts = predictor.predict(pieces)
    assert whole.windows == len(pieces) == 2
    for label in LABELS:
        mean = np.mean([part.probabilities[label] for part in parts])
        assert whole.probabilities[label] == pytest.approx(mean, abs=1e-5)


def test_windows_of_short_texts_change_nothing(predictor: Any) -> None:
    short = ["好", "", "质量很好"]
    assert predictor.predict(short, long_text="windows") == predictor.predict(short)


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "\u200b", "\x00"])
def test_a_text_with_nothing_in_it_is_answered_and_marked(predictor: Any, text: str) -> None:
    assert predictor.predict(text)[0].empty


@pytest.mark.parametrize(
    "text",
    [
        "\ud83d",
        "a\udc00b",
        "\ud83d\ude00",
        "\u202e右到左",
        "<script>",
        "[SEP] [CLS] [PAD] [MASK]",
        "𠮷野家",
        "e" * 100_000,
    ],
    ids=[
        "half a pair",
        "stray half",
        "two halves",
        "direction",
        "tag",
        "special",
        "rare",
        "one word",
    ],
)
def test_odd_texts_are_texts(predictor: Any, text: str) -> None:
    (answer,) = predictor.predict(text)
    assert np.isfinite(answer.probability)


def test_special_tokens_in_a_text_are_text(predictor: Any) -> None:
    (ids,) = predictor.encode("[SEP][PAD]").ids
    assert 3 not in ids[1:-1] and 0 not in ids


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["好", None], "Text 2 is NoneType"),
        ([float("nan")], "Text 1 is float"),
        (["好", 3, "x"], "Text 2 is int"),
        ([b"x"], "Text 1 is bytes"),
        ([["好"]], "Text 1 is list"),
        (b"x", "bytes was given"),
        ({"text": "x"}, "dict was given"),
        (None, "NoneType was given"),
        (5, "int was given"),
    ],
)
def test_what_is_no_text_is_named(predictor: Any, value: Any, words: str) -> None:
    with pytest.raises(DataError) as caught:
        predictor.predict(value)
    assert words in caught.value.in_language("en")


def test_columns_of_a_table_will_do_and_tables_will_not(predictor: Any) -> None:
    import pandas as pd

    table = pd.DataFrame({"text": ["好", "差"]}, index=[5, 9])
    assert len(predictor.predict(table["text"])) == 2
    assert len(predictor.predict(np.array(["好", "差"]))) == 2
    with pytest.raises(DataError):
        predictor.predict(table)


def test_nothing_in_nothing_out(predictor: Any) -> None:
    assert predictor.predict([]) == [] and predictor.logits([]).shape == (0, len(LABELS))


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"batch_size": "8"}, {"long_text": "cut"}])
def test_bad_options_are_refused(predictor: Any, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        predictor.predict("好", **options)


@pytest.mark.parametrize("options", [{"device": "tpu"}, {"threads": 0}])
def test_bad_ways_to_load_are_refused(exported: tuple[Path, Any], options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        load_bundle(exported[0], **options)


def test_threads_share_one_predictor_and_clones_run_side_by_side(predictor: Any) -> None:
    expected = predictor.logits(ROWS)
    worst: list[float] = []

    def work(mine: Any) -> None:
        for _ in range(15):
            worst.append(float(np.abs(mine.logits(ROWS, batch_size=5) - expected).max()))

    threads = [
        threading.Thread(target=work, args=(mine,))
        for mine in (predictor, predictor, predictor.clone(), predictor.clone())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(worst) == 60 and max(worst) <= 1e-5


def test_a_predictor_needs_no_paddlenlp_and_says_nothing(exported: tuple[Path, Any]) -> None:
    code = """
import json, sys, warnings
import paddle_lab
answers = paddle_lab.load_bundle(sys.argv[1]).predict(["质量很好", "太差"])
heavy = [m for m in ("paddlenlp", "pandas", "sklearn", "datasets", "torch") if m in sys.modules]
print(json.dumps([[a.label for a in answers], heavy]))
"""
    done = python(code, str(exported[0]))
    assert done.returncode == 0 and done.stderr == ""
    labels, heavy = json.loads(done.stdout)
    assert set(labels) <= set(LABELS) and heavy == []


def test_it_is_found_by_run_folder_name_id_and_last(
    exported: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "data"))
    run = RunFolder.create(RunSpec(train="x.tsv", name="trial"), tmp_path / "runs")
    Registry().add(run)
    with pytest.raises(BundleError, match=r"no bundle|没有模型包"):
        load_bundle("trial")
    shutil.copytree(exported[0], run.bundle)
    for name in (run.path, str(run.path), "trial", run.id, "last", str(run.bundle)):
        assert load_bundle(name).labels == LABELS
    with pytest.raises(RunError, match="trail"):
        load_bundle("trail")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match=r"not a bundle|不是一个模型包"):
        load_bundle(tmp_path / "empty")


def test_why_a_run_has_no_bundle_is_told(tmp_path: Path) -> None:
    run = RunFolder.create(RunSpec(train="x.tsv", name="trial"), tmp_path)
    what = {"en": "The disk was full.", "zh": "磁盘已满。"}
    failure = {"error": {"type": "BundleError", "what": what}}
    (run.path / "bundle-failed.json").write_text(json.dumps(failure))
    with pytest.raises(BundleError, match=r"The disk was full|磁盘已满"):
        load_bundle(run.path)


def spoil(folder: Path, name: str, how: str) -> None:
    path = folder / name
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "half":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        place = len(content) * 2 // 3
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])


@pytest.mark.parametrize("how", ["missing", "half", "empty", "flipped"])
@pytest.mark.parametrize("name", ["model.json", "model.pdiparams", "tokenizer.json", "proof.json"])
def test_a_damaged_bundle_never_loads(copy_of: Path, name: str, how: str) -> None:
    spoil(copy_of, name, how)
    with pytest.raises(BundleError, match=name):
        load_bundle(copy_of)


@pytest.mark.parametrize("name", ["model.json", "tokenizer.json"])
def test_files_that_are_garbage_under_a_right_hash_are_clear_errors(
    copy_of: Path, name: str
) -> None:
    from dataclasses import asdict

    from paddle_lab.bundle.manifest import file_entry

    (copy_of / name).write_text('{"garbage": true}')
    rewrite(copy_of, lambda m: m["files"].update({name: asdict(file_entry(copy_of / name))}))
    with pytest.raises(PaddleLabError) as caught:
        load_bundle(copy_of)
    assert caught.value.fix is not None


def test_labels_that_do_not_fit_the_program_are_found(copy_of: Path) -> None:
    rewrite(copy_of, lambda content: content["codec"].update(labels=["一", "二"]))
    with pytest.raises(BundleError, match=r"signature"):
        load_bundle(copy_of)
    rewrite(copy_of, lambda content: content["signature"]["outputs"][0].update(dims=["rows", 2]))
    with pytest.raises(BundleError, match=r"model.json"):
        load_bundle(copy_of).predict("好")


def test_a_bundle_of_format_1_0_answers_as_before(copy_of: Path) -> None:
    expected = [answer.label for answer in load_bundle(copy_of).predict(ROWS)]

    def older(content: dict[str, Any]) -> None:
        content["format_version"] = "1.0"
        del content["codec"], content["signature"]

    rewrite(copy_of, older)
    assert [answer.label for answer in load_bundle(copy_of).predict(ROWS)] == expected
