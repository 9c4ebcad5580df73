"""Model folders that run something, name something to run, or whose plain files lie."""

from __future__ import annotations

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
from model_builders import (
    VOCABULARY,
    Malicious,
    paddle_weights,
    torch_weights,
    write_pdparams,
    write_safetensors,
    write_torch,
)
from security.hostile import CONFIG_ERROR, DAMAGED, LOADS, UNTRUSTED, case, config, header, pickled

# -- programs ---------------------------------------------------------------------------------


@case(UNTRUSTED)
def a_pickle_that_runs(folder: Path, mark: Path) -> None:
    pickled(folder, pickle.dumps({**paddle_weights(), "x": Malicious(mark)}))


@case(UNTRUSTED)
def a_torch_file_that_runs(folder: Path, mark: Path) -> None:
    (folder / "model.safetensors").unlink()
    weights = torch_weights(paddle_weights())
    write_torch(folder / "pytorch_model.bin", weights, {"x": Malicious(mark)})


@case(DAMAGED)
def a_pickle_called_safetensors(folder: Path, mark: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Malicious(mark)))


@case(UNTRUSTED)
def a_pickle_called_bin(folder: Path, mark: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Malicious(mark)))


@case(UNTRUSTED)
def an_old_pickle_that_runs(folder: Path, mark: Path) -> None:
    pickled(folder, pickle.dumps(Malicious(mark), protocol=0))


@case(UNTRUSTED)
def an_instance_instruction(folder: Path, mark: Path) -> None:
    pickled(folder, b"(S'touch " + str(mark).encode() + b"'\nios\nsystem\n.")


@case(LOADS)
def an_index_that_names_a_pickle(folder: Path, mark: Path) -> None:
    (folder / "shard.pdparams").write_bytes(pickle.dumps({"x": Malicious(mark)}))
    shards = {"weight_map": dict.fromkeys(paddle_weights(), "shard.pdparams")}
    for name in ("model.safetensors.index.json", "model_state.pdparams.index.json"):
        (folder / name).write_text(json.dumps(shards), encoding="utf-8")


@case(LOADS)
def pickles_beside_sound_weights(folder: Path, mark: Path) -> None:
    for name in (
        "model_state.pdparams",
        "pytorch_model.bin",
        "optimizer.pdopt",
        "training_args.bin",
    ):
        (folder / name).write_bytes(pickle.dumps(Malicious(mark)))


@case(LOADS)
def code_named_in_the_configuration(folder: Path, mark: Path) -> None:
    for name in ("modeling_own.py", "tokenization_own.py", "__init__.py", "setup.py"):
        (folder / name).write_text(f"open({str(mark)!r}, 'w')", encoding="utf-8")
    named = {"AutoModel": "modeling_own.Own", "AutoConfig": "modeling_own.Own"}
    config(
        folder, auto_map=named, trust_remote_code=True, custom_pipelines={"x": {"impl": "own.X"}}
    )


@case(LOADS)
def a_tokenizer_class_of_its_own(folder: Path, mark: Path) -> None:
    (folder / "own.py").write_text(f"open({str(mark)!r}, 'w')", encoding="utf-8")
    settings = {
        "tokenizer_class": "own.Tokenizer", "auto_map": {"AutoTokenizer": ["own.T", "own.T"]},
        "chat_template": "{{ cycler.__init__.__globals__.os.system('touch " + str(mark) + "') }}",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


@case(LOADS)
def a_quantization_and_a_dtype_in_the_configuration(folder: Path, mark: Path) -> None:
    config(
        folder, quantization_config={"weight_quantize_algo": "x"}, dtype="float16", torchscript=1
    )


@case(LOADS)
def files_that_paddlenlp_would_read_too(folder: Path, mark: Path) -> None:
    for name in ("generation_config.json", "added_tokens.json", "special_tokens_map.json"):
        (folder / name).write_text("[" * 5000, encoding="utf-8")


# -- safetensors ------------------------------------------------------------------------------


@case(DAMAGED)
def a_header_longer_than_the_file(folder: Path, mark: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2**63) + content[8:])


@case(DAMAGED)
def a_header_of_megabytes(folder: Path, mark: Path) -> None:
    header(folder, lambda table: table.update(__metadata__={"x": "y" * (5 << 20)}))


@case(DAMAGED)
def a_header_nested_deep(folder: Path, mark: Path) -> None:
    body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(body)) + body)


@case(DAMAGED)
def arrays_that_overlap(folder: Path, mark: Path) -> None:
    def overlap(table: dict[str, Any]) -> None:
        biases = [entry for entry in table.values() if entry.get("shape") == [8]]
        biases[0]["data_offsets"] = biases[1]["data_offsets"]

    header(folder, overlap)


@case(DAMAGED)
def offsets_that_are_no_numbers(folder: Path, mark: Path) -> None:
    header(folder, lambda table: table["ernie.pooler.dense.bias"].update(data_offsets=[True, "9"]))


@case(DAMAGED)
def offsets_below_nothing(folder: Path, mark: Path) -> None:
    header(folder, lambda table: table["ernie.pooler.dense.bias"].update(data_offsets=[-32, 0]))


@case(DAMAGED)
def a_shape_that_does_not_fit_its_bytes(folder: Path, mark: Path) -> None:
    header(folder, lambda table: table["ernie.pooler.dense.bias"].update(shape=[2**31, 2**31]))


@case(DAMAGED)
def an_unknown_type(folder: Path, mark: Path) -> None:
    header(folder, lambda table: table["ernie.pooler.dense.bias"].update(dtype="O"))


# -- configuration, vocabulary, file kinds ----------------------------------------------------


@case(CONFIG_ERROR)
def an_activation_that_is_another_function(folder: Path, mark: Path) -> None:
    config(folder, hidden_act="__import__")


@case(CONFIG_ERROR)
def a_thousand_million_layers(folder: Path, mark: Path) -> None:
    config(folder, num_hidden_layers=10**9)


@case(CONFIG_ERROR)
def a_size_that_is_true(folder: Path, mark: Path) -> None:
    config(folder, vocab_size=True)


@case(CONFIG_ERROR)
def sizes_that_are_texts(folder: Path, mark: Path) -> None:
    config(folder, intermediate_size="16", type_vocab_size=[2])


@case(CONFIG_ERROR)
def a_configuration_nested_deep(folder: Path, mark: Path) -> None:
    (folder / "config.json").write_text('{"a":' + "[" * 100_000, encoding="utf-8")


@case(CONFIG_ERROR)
def a_configuration_that_is_a_pipe(folder: Path, mark: Path) -> None:
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")


@case("model.weights")
def weights_that_are_a_device(folder: Path, mark: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("/dev/zero")


@case("model.weights")
def weights_that_are_a_pipe(folder: Path, mark: Path) -> None:
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")


@case(DAMAGED)
def a_token_with_the_number_of_a_thousand_million(folder: Path, mark: Path) -> None:
    lines = [f"{token}\t{n}" for n, token in enumerate(VOCABULARY[:-1])] + ["last\t999999999"]
    (folder / "vocab.txt").write_text("\n".join(lines), encoding="utf-8")


@case("model.vocabulary")
def a_tokenizer_of_another_kind(folder: Path, mark: Path) -> None:
    (folder / "vocab.txt").unlink()
    rule = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": ""}
    model = {"type": "BPE", "vocab": {}, "merges": []}
    content = {"normalizer": rule, "model": model}
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


@case("model.vocabulary")
def a_tokenizer_whose_tokens_run_over_lines(folder: Path, mark: Path) -> None:
    (folder / "vocab.txt").unlink()
    vocabulary = {f"{token}\n[CLS]": n for n, token in enumerate(VOCABULARY)}
    content = {"model": {"type": "WordPiece", "vocab": vocabulary}}
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


@case(LOADS)
def weights_of_big_endian_numbers(folder: Path, mark: Path) -> None:
    swapped = {name: value.astype(">f4") for name, value in paddle_weights().items()}
    (folder / "model.safetensors").unlink()
    write_pdparams(folder / "model_state.pdparams", swapped)


@case("model.not_finite")
def numbers_that_are_none(folder: Path, mark: Path) -> None:
    weights = {name: np.full_like(value, np.nan) for name, value in paddle_weights().items()}
    write_safetensors(folder / "model.safetensors", weights)
