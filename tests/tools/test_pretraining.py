"""How ernie-lab-mini is made: its vocabulary, what is hidden, and a run that can be interrupted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pretraining.batches import Batch, epoch_batches
from pretraining.corpus import Corpus, build_corpus
from pretraining.export import half_precision, lengthen_positions
from pretraining.masking import MaskingOptions, mask
from pretraining.start import frequencies, go_on_from, looking_at, sinusoids
from pretraining.train import PretrainOptions
from pretraining.vocabulary import SPECIAL, build_vocabulary

from paddle_lab.errors import ModelError
from paddle_lab.models import build_tokenizer

pytestmark = pytest.mark.slow

TEXTS = [
    "这家酒店的位置非常不错，服务员的态度也很好，下次还会入住北京饭店。",
    "书的内容很一般，翻译也不通顺，非常失望，不推荐购买。",
    "笔记本的屏幕很清楚，键盘手感不错，就是电池不耐用，wifi有时断开。",
    "早餐品种太少，房间隔音很差，晚上非常吵，不会再来。",
] * 10
NUMBERS = {token: number for number, token in enumerate(SPECIAL)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vocabulary")
    tokens = build_vocabulary(TEXTS)
    (made / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return build_corpus(TEXTS, build_tokenizer(folder))


def test_the_vocabulary_is_that_of_its_texts_and_always_the_same() -> None:
    tokens = build_vocabulary(TEXTS)
    assert tokens[:5] == list(SPECIAL)
    assert len(tokens) == len(set(tokens))
    assert tokens == build_vocabulary(list(reversed(TEXTS)))
    assert {"酒", "wifi", "a", "##a", "7", "##7"} <= set(tokens)
    assert "猫" not in tokens
    assert not any(char.isupper() for token in tokens[5:] for char in token)


def test_nothing_of_the_texts_is_unknown(folder: Path) -> None:
    tokenizer = build_tokenizer(folder)
    unknown = tokenizer.token_to_id("[UNK]")
    for text in [*TEXTS[:4], "wifi7 abc 2008"]:
        assert unknown not in tokenizer.encode(text).ids
    assert unknown in tokenizer.encode("猫").ids


def test_words_phrases_and_entities_are_found(folder: Path, corpus: Corpus) -> None:
    tokens = build_vocabulary(TEXTS)
    document = corpus.documents[0]

    def cut(numbers: np.ndarray) -> list[str]:
        return [
            "".join(tokens[token] for token in document.tokens[numbers == number])
            for number in np.unique(numbers)
        ]

    assert "酒店" in cut(document.words)
    assert "非常不错" in cut(document.phrases), "an adverb and its adjective are one phrase"
    assert "".join(cut(document.words)) == "".join(cut(document.phrases)) == TEXTS[0]


def test_a_bag_holds_words_of_its_text_and_no_punctuation() -> None:
    corpus = build_corpus(TEXTS, _characters())
    for text, document in zip(TEXTS, corpus.documents, strict=True):
        words = [corpus.bag_words[number] for number in document.bag]
        assert words
        assert all(word in text and word.strip("，。") for word in words)


def _characters() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def test_masking_hides_whole_spans_at_the_rate_asked_for(corpus: Corpus) -> None:
    random = np.random.default_rng(0)
    options = MaskingOptions(window_share=0.0)
    size = 500
    hidden = total = masked = kept = 0
    for document in corpus.documents * 8:
        example = mask(document, options, NUMBERS, size, random)
        assert example.ids[0] == NUMBERS["[CLS]"]
        assert example.ids[-1] == NUMBERS["[SEP]"]
        assert np.array_equal(example.answers, document.tokens[example.places - 1])
        untouched = np.ones(len(document.tokens), dtype=bool)
        untouched[example.places - 1] = False
        assert np.array_equal(example.ids[1:-1][untouched], document.tokens[untouched])
        hidden, total = hidden + len(example.places), total + len(document.tokens)
        shown = example.ids[example.places]
        masked += int((shown == NUMBERS["[MASK]"]).sum())
        kept += int((shown == example.answers).sum())
    assert 0.22 < hidden / total < 0.32
    assert 0.72 < masked / hidden < 0.88
    assert 0.05 < kept / hidden < 0.16


def test_a_span_shares_one_fate(corpus: Corpus) -> None:
    random = np.random.default_rng(1)
    document = corpus.documents[0]
    whole = 0
    for _ in range(300):
        example = mask(document, MaskingOptions(window_share=0.0), NUMBERS, 500, random)
        hidden = np.zeros(len(document.tokens), dtype=bool)
        hidden[example.places - 1] = True
        words = [hidden[document.words == number] for number in np.unique(document.words)]
        whole += all(word.all() or not word.any() for word in words)
    assert whole > 0.7 * 300, "only examples cut into characters may split a word"


def test_a_window_shows_a_part_and_asks_for_the_whole_bag(corpus: Corpus) -> None:
    random = np.random.default_rng(2)
    options = MaskingOptions(window_share=1.0)
    for document in corpus.documents[:8]:
        example = mask(document, options, NUMBERS, 500, random)
        assert len(example.ids) < len(document.tokens)
        assert np.array_equal(example.bag, document.bag)


def batches(corpus: Corpus, seed: tuple[int, int]) -> list[Batch]:
    return list(
        epoch_batches(
            corpus,
            MaskingOptions(),
            special=NUMBERS,
            vocab_size=500,
            tokens_per_batch=128,
            seed=seed,
        )
    )


def test_batches_hold_every_text_once_and_repeat_for_the_same_seed(corpus: Corpus) -> None:
    first, again, other = (batches(corpus, seed) for seed in ((0, 1), (0, 1), (0, 2)))
    assert sum(len(batch.ids) for batch in first) == len(corpus.documents)
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.ids, two.ids)
        assert np.array_equal(one.places, two.places)
    assert any(
        one.ids.shape != two.ids.shape or not np.array_equal(one.ids, two.ids)
        for one, two in zip(first, other, strict=False)
    )
    for batch in first:
        assert batch.ids.size <= 128
        assert len(batch.places) == len(batch.answers)
        assert (batch.ids.reshape(-1)[batch.places] != 0).all()
        assert np.allclose(batch.bags.sum(axis=1), 1)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_the_first_heads_begin_by_looking_at_their_neighbours(offset: int) -> None:
    waves = frequencies(64)
    table = sinusoids(40, waves) / np.sqrt(2)
    query, key = looking_at(offset, waves, 16)
    scores = (table @ query) @ (table @ key).T
    inside = np.arange(2, 38)
    assert np.array_equal(scores[inside].argmax(axis=1), inside + offset)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    options = PretrainOptions(steps=1000, warmup_steps=100, decay_share=0.2, learning_rate=1.0)
    assert options.rate_at(0) == pytest.approx(0.01)
    assert options.rate_at(100) == options.rate_at(799) == 1.0
    assert options.rate_at(900) == pytest.approx(0.5)
    assert options.rate_at(1000) == 0


def test_untrained_positions_repeat_trained_ones() -> None:
    table = np.arange(10, dtype=np.float32)[:, None]
    longer = lengthen_positions(table, 4)
    assert longer[:, 0].tolist() == [0, 1, 2, 3, 2, 3, 2, 3, 2, 3]


def test_weights_that_float16_cannot_hold_are_not_stored() -> None:
    with pytest.raises(ValueError, match="x holds values"):
        half_precision({"x": np.float32([1e9])})


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights(corpus: Corpus, tmp_path: Path) -> None:
    from pretraining.train import pretrain

    tokens = build_vocabulary(TEXTS)
    options = PretrainOptions(
        layers=1, hidden=16, heads=4, max_positions=64, tokens_per_batch=256, steps=8,
        warmup_steps=2, masking=MaskingOptions(max_length=48),
    )  # fmt: skip

    def run(folder: Path, stop_at: int | None = None) -> None:
        pretrain(
            corpus, corpus, tokens, options, folder,
            report=lambda _: None, save_every=3, stop_at=stop_at,
        )  # fmt: skip

    run(tmp_path / "whole")
    for stop_at in (2, 5, None):
        run(tmp_path / "parts", stop_at)
    weights = [
        (tmp_path / name / "model" / "model.safetensors").read_bytes()
        for name in ("whole", "parts")
    ]
    assert weights[0] == weights[1]
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").open()]
    assert [entry["step"] for entry in log] == [3, 6, 8]
    assert all(np.isfinite(entry["held_out_masked_loss"]) for entry in log)


@pytest.mark.slow
def test_paddlenlps_masked_model_computes_the_loss_that_was_trained(
    folder: Path, corpus: Corpus
) -> None:
    import paddle
    from pretraining.network import Network
    from pretraining.train import _config

    paddle.seed(0)
    network = Network(
        _config(
            PretrainOptions(layers=2, hidden=16, max_positions=64), len(build_vocabulary(TEXTS))
        ),
        len(corpus.bag_words),
    )
    network.model.eval()
    batch = batches(corpus, (0, 0))[0]
    with paddle.no_grad():
        ours = float(network.losses(batch)[0])
        logits = network.model(paddle.to_tensor(batch.ids))
        logits = logits[0] if isinstance(logits, tuple) else logits
        chosen = logits.reshape([-1, logits.shape[-1]])[paddle.to_tensor(batch.places)]
        theirs = float(paddle.nn.functional.cross_entropy(chosen, paddle.to_tensor(batch.answers)))
    assert ours == pytest.approx(theirs, abs=2e-3)


def test_a_model_goes_on_from_another_with_its_tokens_found_by_their_text(tmp_path: Path) -> None:
    from pretraining.export import export
    from pretraining.network import Network
    from pretraining.train import _config

    def made(tokens: list[str], hidden: int = 16) -> Any:
        options = PretrainOptions(layers=1, hidden=hidden, max_positions=32)
        return Network(_config(options, len(tokens)), 4)

    before = [*SPECIAL, "书", "好", "店"]
    first = made(before)
    export(first, before, tmp_path, 32)
    now = [*SPECIAL, "店", "社", "书", "新", "好"]
    second = made(now)
    words = "ernie.embeddings.word_embeddings.weight"
    bias = "cls.predictions.decoder_bias"
    old = {name: value.numpy() for name, value in first.model.named_parameters()}
    fresh = {name: value.numpy() for name, value in second.model.named_parameters()}

    assert go_on_from(second.model, now, tmp_path) == len(before)

    taken = {name: value.numpy() for name, value in second.model.named_parameters()}
    for place, token in enumerate(now):
        row = old[words][before.index(token)] if token in before else fresh[words][place]
        assert np.allclose(taken[words][place], row, atol=1e-4), token
    assert taken[bias].shape == (len(now),)
    query = "ernie.encoder.layers.0.self_attn.q_proj.weight"
    assert np.allclose(taken[query], old[query], atol=1e-4)
    assert not np.allclose(taken[query], fresh[query], atol=1e-2)
    with pytest.raises(ValueError, match="has the shape"):
        go_on_from(made(now, hidden=32).model, now, tmp_path)


def test_the_command_tells_its_options_without_importing_paddle() -> None:
    code = (
        "import sys; from pretraining.__main__ import build_parser;"
        "text = build_parser().format_help();"
        "assert 'paddle' not in sys.modules; print(text)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for option in ("--steps", "--stop-at", "--device", "--seed", "Example"):
        assert option in shown


def test_tokenizer_reads_both_forms_of_vocabulary_and_keeps_text_apart(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    numbered = tmp_path / "numbered"
    tokens = [*SPECIAL, "好", "[", "]", "sep"]
    for place, lines in (
        (plain, tokens),
        (numbered, [f"{token}\t{number}" for number, token in enumerate(tokens)]),
    ):
        place.mkdir()
        (place / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first = build_tokenizer(plain).encode("好[SEP]好", "好")
    assert first.ids == build_tokenizer(numbered).encode("好[SEP]好", "好").ids
    assert first.tokens == ["[CLS]", "好", "[", "sep", "]", "好", "[SEP]", "好", "[SEP]"]
    assert first.type_ids == [0] * 7 + [1] * 2


@pytest.mark.parametrize(
    "fault", ["missing", "empty", "gb18030", "no special tokens", "bad config"]
)
def test_a_vocabulary_that_cannot_be_used_is_told(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    if fault == "empty":
        path.write_bytes(b"")
    elif fault == "gb18030":
        path.write_bytes("[PAD]\n好".encode("gb18030"))
    elif fault != "missing":
        tokens = SPECIAL if fault == "bad config" else ["好", "[UNK]"]
        path.write_text("\n".join(tokens), encoding="utf-8")
        (tmp_path / "tokenizer_config.json").write_text(
            "[1]" if fault == "bad config" else "{}", encoding="utf-8"
        )
    with pytest.raises(ModelError) as caught:
        build_tokenizer(tmp_path)
    assert str(tmp_path) in caught.value.in_language("en")
