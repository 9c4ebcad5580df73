"""``--set``: every field of PaddleNLP's TrainingArguments acts, or is refused with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from options.built import Built, write_model, write_rows

from paddle_lab.errors import PaddleLabError
from paddle_lab.options.paddlenlp import training_argument_names
from paddle_lab.options.paddlenlp_fields import ACTS, ELSEWHERE, HALF, check_format, refuse
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import own_names
from paddle_lab.training.options import resolve_spec

LINE: dict[str, Any] = {
    "train": "few.tsv", "model": "tiny", "max_len": 12, "batch_size": 8, "device": "cpu",
    "epochs": 1.0, "export": False, "baseline": False,
}  # fmt: skip


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Built]:
    for name in ("DATA_DIR", "CACHE_DIR", "RUNS_DIR"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    write_rows(Path("few.tsv"), 40)
    write_model(Path("tiny"))
    return lambda **settings: Built({**LINE, **({"extra": settings} if settings else {})})


def gradients_kept(one: Built) -> bool:
    """Whether gradients of a step stay as zeros in memory when it is over."""
    asked: list[bool] = []
    optimizer = one.trainer.optimizer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizer, "clear_grad", lambda set_to_zero=True: asked.append(set_to_zero))
        patch.setattr(one.loop._trainer, "create_optimizer_and_scheduler", lambda **_: None)
        one.loop.train(resume=False)
    return asked[0]


COSINE, POLYNOMIAL = {"lr_scheduler_type": "cosine"}, {"lr_scheduler_type": "polynomial"}
#: What a value changes; beside which other settings.
EFFECTS: dict[str, tuple[Any, Callable[[Built], Any], dict[str, Any]]] = {
    "adam_beta1": (0.5, lambda one: one.trainer.optimizer._beta1, {}),
    "adam_beta2": (0.5, lambda one: one.trainer.optimizer._beta2, {}),
    "adam_epsilon": (0.5, lambda one: one.trainer.optimizer._epsilon, {}),
    "max_grad_norm": (0.5, lambda one: one.trainer.optimizer._grad_clip.clip_norm, {}),
    "max_steps": (2, lambda one: one.run.state.total_steps, {}),
    "lr_scheduler_type": ("cosine", lambda one: one.rates, {}),
    "warmup_steps": (7, lambda one: one.rates, {}),
    "num_cycles": (2.0, lambda one: one.rates, COSINE),
    "lr_end": (1e-6, lambda one: one.rates, POLYNOMIAL),
    "power": (3.0, lambda one: one.rates, POLYNOMIAL),
    "release_grads": (True, gradients_kept, {}),
}


@pytest.mark.slow
def test_what_acts_changes_what_it_names(built: Callable[..., Built]) -> None:
    assert set(EFFECTS) == set(ACTS), "each is shown to act"
    for name, (value, outcome, beside) in EFFECTS.items():
        usual = outcome(built(**beside))
        assert outcome(built(**beside, **{name: value})) != usual, name


@pytest.mark.slow
def test_a_run_that_ended_after_max_steps_is_resumed_without_another_step(
    built: Callable[..., Built],
) -> None:
    from paddle_lab.training.start import begin

    one = built(max_steps=2)
    run = begin(one.folder, resume=False, finish=False).wait()
    assert run.state.step == 2 and run.report is None
    again = begin(one.folder, resume=True).wait()
    assert again.state.step == 2 and again.report is not None


def refusal(settings: dict[str, Any], **options: Any) -> PaddleLabError | None:
    given = {"train": "reviews", "task": "classify", "extra": settings, **options}
    try:
        resolve_spec(given)
    except PaddleLabError as error:
        return error
    return None


@pytest.mark.parametrize("name", [*training_argument_names(), *ELSEWHERE])
def test_every_other_field_is_refused_with_what_to_do(name: str) -> None:
    if name in own_names(get_task("classify")):
        return  # the task has an option of that name
    error = refusal({name: 1})
    if name in ACTS:
        assert error is None
        return
    assert error is not None and error.fix is not None
    assert error.code in ("usage.own_option", "usage.fixed_option", "usage.needs_half")
    assert error.why is not None or error.code == "usage.own_option"
    assert (error.code == "usage.needs_half") == (name in HALF)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("recompute", "--save-memory"),
        ("gradient_checkpointing", "--save-memory"),
        ("gradient_accumulation_steps", "--batch-size"),
        ("fp16", "--precision fp16"),
        ("bf16", "--precision bf16"),
        ("sharding", "has the whole model"),
        ("tensor_parallel_degree", "has the whole model"),
        ("fsdp", "has the whole model"),
        ("use_flash_attention", "no flash attention"),
        ("fp16_opt_level", "float32"),
        ("offload_optim", "no GPU"),
        ("unified_checkpoint", "checkpoints"),
    ],
)
def test_the_reason_fits_what_was_asked_for(name: str, said: str) -> None:
    error = refusal({name: 1})
    assert error is not None and said in f"{error.what} {error.why} {error.fix}"


def test_fields_of_half_precision_act_on_a_gpu_in_their_format_alone() -> None:
    for name, formats in HALF.items():
        for precision in ("fp32", "fp16", "bf16", "auto"):
            acts = precision in formats or (precision == "auto" and "bf16" in formats)
            for on_gpu in (True, False):
                try:
                    check_format(name, precision, on_gpu)
                except PaddleLabError as error:
                    assert error.code == "usage.needs_half" and not (acts and on_gpu)
                else:
                    assert acts and on_gpu
        refuse(name)


@pytest.mark.slow
def test_the_loss_scale_and_the_lists_reach_paddlenlp(built: Callable[..., Built]) -> None:
    """As far as that can be seen without a GPU: the arguments, and the Trainer's scaler."""
    from paddle_lab.training.arguments import training_arguments

    one = built()
    settings = {"scale_loss": 128.0, "amp_custom_black_list": ["softmax"]}
    object.__setattr__(one.spec, "extra", settings)
    object.__setattr__(one.spec, "precision", "fp16")
    args = training_arguments(one.spec, one.folder, "gpu:0")
    assert args.fp16 and args.scale_loss == 128.0 and "softmax" in args.amp_custom_black_list
