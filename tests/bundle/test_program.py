"""The program that is written holds what the head uses, and one that is not whole is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle.tiny import LABELS, build_model

from paddle_lab.bundle import program
from paddle_lab.models.activation import put_activation
from paddle_lab.tasks.codec import TOKENS, Signature, TensorSpec

pytestmark = pytest.mark.slow

TAGS = Signature(TOKENS, (TensorSpec("logits", ("rows", "tokens", len(LABELS))),))
SPAN = Signature(TOKENS, tuple(TensorSpec(n, ("rows", "tokens")) for n in ("start", "end")))


def build(head: str, activation: str = "gelu") -> Any:
    """A head that reads every token's state and leaves the pooler unused."""
    from paddlenlp import transformers

    model = getattr(transformers, head)(build_model().config)
    put_activation(model, {"hidden_act": activation})
    return model


@pytest.mark.parametrize(
    ("head", "signature", "activation"),
    [
        ("ErnieForTokenClassification", TAGS, "gelu"),
        ("ErnieForTokenClassification", TAGS, "gelu_new"),
        ("UIE", SPAN, "gelu"),
    ],
)
def test_a_head_that_leaves_the_pooler_out_is_exported_and_gives_its_outputs(
    head: str, signature: Signature, activation: str, tmp_path: Path
) -> None:
    import paddle
    from paddle import inference

    model = build(head, activation)
    program.save_program(model, signature, tmp_path)
    size = (tmp_path / program.PARAMS_FILE).stat().st_size
    assert size < 4 * program.count_parameters(model), "the pooler is not in the file"

    config = inference.Config(
        str(tmp_path / program.PROGRAM_FILE), str(tmp_path / program.PARAMS_FILE)
    )
    config.disable_glog_info()
    config.disable_gpu()
    predictor = inference.create_predictor(config)
    ids = np.random.default_rng(0).integers(1, 200, (3, 11))
    types = (np.arange(11) > 5).astype("int64") * np.ones_like(ids)
    for name, array in (("input_ids", ids), ("token_type_ids", types)):
        predictor.get_input_handle(name).copy_from_cpu(array)
    predictor.run()
    model.eval()
    expected = program.named(signature, model(paddle.to_tensor(ids), paddle.to_tensor(types)))
    names = predictor.get_output_names()
    for name, output in zip(names, expected.values(), strict=True):
        found = predictor.get_output_handle(name).copy_to_cpu()
        np.testing.assert_allclose(found, output, atol=1e-5)


@pytest.mark.parametrize("name", [program.PROGRAM_FILE, program.PARAMS_FILE])
@pytest.mark.parametrize("kept", [0, 0.9, None], ids=["empty", "cut off", "absent"])
def test_a_file_that_is_not_whole_is_told_as_a_full_disk(
    name: str, kept: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paddle

    save = paddle.jit.save

    def save_some(layer: Any, path: str) -> None:
        save(layer, path)
        file = tmp_path / name
        if kept is None:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[: int(kept * file.stat().st_size)])

    monkeypatch.setattr(paddle.jit, "save", save_some)
    with pytest.raises(OSError, match="the disk may be full"):
        program.save_program(build("ErnieForTokenClassification"), TAGS, tmp_path)
