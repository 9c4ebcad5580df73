"""Which fields of PaddleNLP's TrainingArguments act in a run, and why the others do not.

A field that would be taken and do nothing is refused with its reason. ``tests/training/
test_settings.py`` shows of each that acts what it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text

#: Fields that act on every device and with every build of Paddle.
ACTS: Final = (
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "max_grad_norm",
    "max_steps",
    "lr_scheduler_type",
    "warmup_steps",
    "num_cycles",
    "lr_end",
    "power",
    "release_grads",
)
#: Fields that act with these number formats alone, which on a GPU are Paddle's own.
HALF: Final[Mapping[str, tuple[str, ...]]] = {
    "scale_loss": ("fp16",),
    "amp_custom_black_list": ("fp16", "bf16"),
    "amp_custom_white_list": ("fp16", "bf16"),
}
_INSTEAD: Final[Mapping[str, str]] = {
    "gradient_checkpointing": "--save-memory",
    "no_cuda": "--device cpu",
    "local_rank": "--gpus, --procs",
    "run_name": "--name",
    "resume_from_checkpoint": "--resume",
    "use_cpu": "--device cpu",
}
#: Names that people know from elsewhere: no fields of PaddleNLP's, and still worth a reason.
ELSEWHERE: Final = (
    "attn_implementation", "deepspeed", "flash_attention", "fsdp", "gradient_checkpointing",
    "use_cpu", "use_flash_attention", "use_flash_attn",
)  # fmt: skip
_FLEET: Final = T(
    "PaddleNLP divides a model only among processes that its own launcher (fleet) has joined, and "
    "saves such a model in parts. Here each process has the whole model, so that a checkpoint goes "
    "on with any number of them.",
    "PaddleNLP 只在其自身启动器（fleet）建立的进程组中切分模型，并分片保存。"
    "这里每个进程都有完整模型，因此检查点可以用任意数量的进程继续。",
)
_FLASH: Final = T(
    "PaddleNLP's ERNIE has no flash attention: there is no switch that this could reach.",
    "PaddleNLP 的 ERNIE 不使用 flash attention，也没有相应的开关。",
)
_O2: Final = T(
    "Weights stay in float32: with O2 they would be kept in half precision, and a checkpoint would "
    "not end with the undisturbed run's weights.",
    "权重保持 float32：使用 O2 时权重以半精度保存，检查点恢复后得不到相同的权重。",
)
_OWN: Final = T(
    "The run writes its events, checkpoints and batches itself.",
    "事件、检查点和批次由运行本身管理。",
)
_NO_EFFECT: Final = T(
    "It changes nothing in a run: batches, evaluation and checkpoints are not PaddleNLP's.",
    "它对运行没有作用：批次、评估和检查点都不由 PaddleNLP 管理。",
)
_OPTIMIZER: Final = T(
    "Checkpoints hold AdamW's state in float32; no other has been tried.",
    "检查点保存 float32 的 AdamW 状态；没有尝试过其他优化器。",
)
_OFFLOAD: Final = T(
    "It moves the optimizer's state between a GPU and the host, which could not be tried: there "
    "was no GPU.",
    "它在 GPU 与内存之间移动优化器状态；没有 GPU，未能尝试。",
)
_SMALLER: Final = T(
    "For a smaller step: --save-memory, --precision bf16, a smaller --batch-size.",
    "需要减少显存：--save-memory、--precision bf16、更小的 --batch-size。",
)
_DIVIDED: Final = (
    "sharding", "parallel", "expert", "moe", "pipeline", "hybrid", "reshard", "fsdp", "deepspeed",
    "context_", "sep_", "split_inputs", "refined_recompute",
)  # fmt: skip
_HELD: Final = (
    "logging_", "load_best_model", "disable_tqdm", "dataloader_", "ignore_data_skip", "skip_data",
    "metrics_output", "output_signal", "pdc_", "save_", "unified_", "ckpt_", "use_async",
    "overwrite", "ignore_load", "ignore_save", "do_", "log_on", "wandb", "ordered_save",
    "distributed_dataloader",
)  # fmt: skip


def refuse(name: str) -> None:
    """Raise UsageError (``usage.fixed_option``) for a field that does not act, with its reason."""
    if name in ACTS or name in HALF:
        return
    reason, fix = _NO_EFFECT, T("Leave it out.", "请去掉该选项。")
    if name in _INSTEAD:
        reason = T("A run has an option for it.", "运行有相应的选项。")
        fix = T("Use {option}.", "请使用 {option}。", option=_INSTEAD[name])
    elif "flash_att" in name or name == "attn_implementation":
        reason, fix = _FLASH, _SMALLER
    elif any(part in name for part in _DIVIDED):
        reason, fix = _FLEET, _SMALLER
    elif name in ("fp16_opt_level", "amp_master_grad"):
        reason = _O2
    elif name == "optim":
        reason = _OPTIMIZER
    elif name == "offload_optim":
        reason, fix = _OFFLOAD, _SMALLER
    elif name.startswith(_HELD):
        reason = _OWN
    raise UsageError(
        T("--set {name} cannot be changed.", "不能更改 --set {name}。", name=name),
        reason,
        fix,
        code="usage.fixed_option",
    )


def check_format(name: str, precision: str, on_gpu: bool) -> None:
    """Refuse a field of half precision where a run does not compute in it.

    ``precision`` is what was asked for, or is taken; ``on_gpu`` whether a GPU computes. Raises
    UsageError (``usage.needs_half``).
    """
    formats = HALF.get(name)
    if formats is None:
        return
    asked = (*formats, "auto") if "bf16" in formats else formats
    if on_gpu and precision in asked:
        return
    here: Text = (
        T("This run computes with --precision {precision}.",
          "本次运行使用 --precision {precision}。",
          precision=precision)
        if on_gpu
        else T("This run computes on the CPU, or Paddle's build has no CUDA.",
               "本次运行在 CPU 上进行，或 Paddle 的构建不含 CUDA。")
    )  # fmt: skip
    raise UsageError(
        T("--set {name} acts on a GPU with --precision {formats} alone.",
          "--set {name} 只在 GPU 上使用 --precision {formats} 时起作用。",
          name=name, formats="/".join(formats)),
        here,
        T("Leave it out.", "请去掉该选项。"),
        code="usage.needs_half",
    )  # fmt: skip
