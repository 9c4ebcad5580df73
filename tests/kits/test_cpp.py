"""The C++ program: the tokens and the answers of the predictor, without Python."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from bundle.tiny import LABELS, build_model, build_tokenizer_json, tiny_trained
from kits.cpp_program import ask, build, say
from kits.hard_texts import hard_lines, rows_of
from kits.onnx_bundle import TASKS, onnx_bundle, tokenizer_of_mini

from paddle_lab.bundle import load_bundle
from paddle_lab.commands import Context, kit

pytestmark = pytest.mark.slow

NEAR = 1e-5


@pytest.fixture(scope="module")
def shipped_tokenizer() -> str:
    """That of ernie-lab-mini: words, pieces and signs."""
    return tokenizer_of_mini()


@pytest.fixture(scope="module")
def lines(shipped_tokenizer: str) -> list[str]:
    """200 lines: hard ones, and such that are drawn."""
    return hard_lines(shipped_tokenizer)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, kits: dict[str, Path]) -> Path:
    """The program, built as the kit says: it is the same in every kit."""
    return build(kits["classify"], tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def kits(shipped_tokenizer: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Kits by the names of :data:`TASKS`; the bundle of each lies beside it, in ``bundle``."""
    found = {}
    for name, (task, codec, _) in TASKS.items():
        folder = tmp_path_factory.mktemp(name)
        bundle = onnx_bundle(folder / "bundle", shipped_tokenizer, task, codec)
        found[name] = made(bundle, folder / "kit")
    return found


def made(bundle: Path, out: Path, *words: str) -> Path:
    args = kit.build_parser().parse_args(["cpp", str(bundle), "--out", str(out), *words])
    found: Path = kit.execute(args, Context()).value
    return found


def written(rows: Sequence[Any], pair: bool) -> list[str]:
    """Rows as lines of a file."""
    plain = [[text.replace("\t", " ") for text in row] if pair else row for row in rows]
    return ["\t".join(row) if pair else row for row in plain]


def check_answers(found: Sequence[dict[str, Any]], expected: Sequence[dict[str, Any]]) -> None:
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one.keys() == other.keys(), number
        for name, value in other.items():
            if isinstance(value, dict):
                assert list(one[name]) == list(value), number
                assert list(one[name].values()) == pytest.approx(list(value.values()), abs=NEAR)
            elif isinstance(value, float):
                assert one[name] == pytest.approx(value, abs=NEAR), number
            else:
                assert one[name] == value, number


@pytest.mark.parametrize("name", TASKS)
def test_tokens_and_answers_are_those_of_the_predictor(
    name: str, program: Path, kits: dict[str, Path], lines: list[str]
) -> None:
    folder, pair = kits[name], TASKS[name][2]
    predictor = load_bundle(folder.parent / "bundle", device="cpu")
    rows = rows_of(lines, pair)
    texts = written(rows, pair)

    windows = predictor.encode(rows)
    kinds = windows.type_ids or [[0] * len(ids) for ids in windows.ids]
    found = ask(program, folder, texts, "--ids")
    for row, ids, types, one in zip(rows, windows.ids, kinds, found, strict=True):
        assert one == {"input_ids": list(ids), "token_type_ids": list(types)}, row
    answers = [answer.to_json() for answer in predictor.predict(rows)]
    check_answers(ask(program, folder, texts), answers)
    assert {answer["truncated"] for answer in answers} == {True, False}
    assert {answer["empty"] for answer in answers} == {True, False}


@pytest.fixture(scope="module")
def exported(shipped_tokenizer: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real bundle: the model is Paddle's, exported and converted as a person does it."""
    from paddle_lab.bundle import export_bundle
    from paddle_lab.bundle.added import add_runtimes

    words = len(json.loads(shipped_tokenizer)["model"]["vocab"])
    bundle = tmp_path_factory.mktemp("exported") / "bundle"
    model = build_model(vocab_size=words)
    export_bundle(tiny_trained(model=model, tokenizer=shipped_tokenizer), bundle)
    add_runtimes(bundle, ["onnx"], None, threads=1)
    return bundle


def test_logits_are_those_of_paddles_program(
    program: Path, exported: Path, lines: list[str], tmp_path: Path
) -> None:
    folder = made(exported, tmp_path / "kit", "--runtime", "onnx")
    predictor = load_bundle(exported, device="cpu", runtime="paddle")
    found = [one["logits"] for one in ask(program, folder, lines, "--logits")]
    assert abs(predictor.logits(lines) - found).max() <= NEAR
    check_answers(
        ask(program, folder, lines), [answer.to_json() for answer in predictor.predict(lines)]
    )


def test_with_paddle_in_place_of_onnx_runtime_it_answers_the_same(
    exported: Path, lines: list[str], tmp_path: Path
) -> None:
    folder = made(exported, tmp_path / "kit", "--runtime", "paddle")
    options = ("-DRUNTIME=paddle", f"-DPYTHON={sys.executable}")
    program = build(folder, tmp_path / "program", *options)
    predictor = load_bundle(exported, device="cpu", runtime="paddle")
    found = [one["logits"] for one in ask(program, folder, lines, "--logits", paddle=True)]
    assert abs(predictor.logits(lines) - found).max() <= NEAR
    answers = [answer.to_json() for answer in predictor.predict(lines)]
    check_answers(ask(program, folder, lines, "--threads", "2", paddle=True), answers)

    model = ("--model", str(folder / "model"))
    refused = say(program, "好\n", *model, "--library", "/", paddle=True)
    assert "this program is linked to Paddle" in refused.stderr and refused.returncode == 1
    (folder / "model" / "model.json").unlink()
    refused = say(program, "好\n", *model, paddle=True)
    assert "cannot open" in refused.stderr and refused.returncode == 1


def test_every_character_there_is_becomes_what_the_tokenizer_makes_of_it(
    program: Path, tmp_path: Path
) -> None:
    from tokenizers import Tokenizer

    chars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    chars = [char for char in chars if char not in "\n\r"]
    content = json.loads(build_tokenizer_json())
    normalizer = Tokenizer.from_str(json.dumps(content)).normalizer
    pieces = sorted(set("".join(normalizer.normalize_str("".join(chars[:0x40000])).split())))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *pieces, *(f"##{piece}" for piece in pieces)]
    content["model"]["vocab"] = {word: number for number, word in enumerate(words)}
    bundle = onnx_bundle(
        tmp_path / "bundle", json.dumps(content), "classify", {"labels": LABELS}, max_len=1000
    )
    lines = ["a".join(chars[at : at + 200]) for at in range(0, len(chars), 200)]
    expected = load_bundle(bundle, device="cpu").encode(lines).ids
    found = ask(program, made(bundle, tmp_path / "kit"), lines, "--ids")
    wrong = [
        line
        for line, ids, one in zip(lines, expected, found, strict=True)
        if one["input_ids"] != list(ids)
    ]
    assert wrong == []


def test_a_tokenizer_that_keeps_case_and_accents_is_followed(
    program: Path, lines: list[str], tmp_path: Path
) -> None:
    content = json.loads(build_tokenizer_json())
    for part in ({"lowercase": False, "strip_accents": False}, None):
        content["normalizer"] = part and {**content["normalizer"], **part}
        content["model"]["vocab"] |= {"N": 190, "##A": 191, "É": 192, "é": 193}
        folder = tmp_path / ("cased" if part else "plain")
        bundle = onnx_bundle(folder, json.dumps(content), "classify", {"labels": LABELS})
        found = ask(program, made(bundle, tmp_path / f"{folder.name}-kit"), lines, "--ids")
        expected = load_bundle(bundle, device="cpu").encode(lines).ids
        assert [one["input_ids"] for one in found] == [list(ids) for ids in expected]


def test_it_is_bound_to_no_version_of_onnx_runtime(program: Path) -> None:
    content = program.read_bytes()
    assert b"OrtGetApiBase" in content
    assert not re.search(rb"VERS_\d|OrtGetApiBase@|libonnxruntime\.so\.\d", content)


@pytest.mark.parametrize(
    ("name", "text", "options", "said"),
    [
        ("classify", "好\n\udcff\udcfe\n", (), "line 2: this is not UTF-8"),
        ("pair", "好\t差\n好\n", (), "line 2: two texts with one tab between are expected"),
        ("pair", "好\t差\t好\n", (), "line 1: two texts"),
        ("classify", "", ("--library", "/nowhere"), "cannot load ONNX Runtime"),
        ("classify", "", ("--library", "/"), "there is no libonnxruntime in /"),
        ("classify", "", ("--model", "/nowhere"), "cannot open /nowhere/settings.txt"),
        ("classify", "", ("--threads", "0"), "--threads needs a number"),
        ("classify", "", ("--speed",), "'--speed' is not known"),
        ("classify", "", ("no.txt",), "cannot open no.txt"),
    ],
)
def test_what_it_cannot_do_it_says(
    name: str, text: str, options: Sequence[str], said: str,
    program: Path, kits: dict[str, Path],
) -> None:  # fmt: skip
    done = say(program, text, "--model", str(kits[name] / "model"), *options)
    assert done.returncode == 1
    assert done.stderr.startswith("answer: ") and said in done.stderr


def test_a_file_from_elsewhere_is_read_as_it_is(
    program: Path, kits: dict[str, Path], tmp_path: Path
) -> None:
    folder, texts = kits["classify"], tmp_path / "texts.txt"
    texts.write_bytes("质量很好\r\n太差".encode())
    done = say(program, "", "--model", str(folder / "model"), str(texts))
    predictor = load_bundle(folder.parent / "bundle", device="cpu")
    answers = [answer.to_json() for answer in predictor.predict(["质量很好", "太差"])]
    check_answers([json.loads(line) for line in done.stdout.splitlines()], answers)
    assert "usage: answer" in say(program, "", "--help").stdout
