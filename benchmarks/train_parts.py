"""Where the time of a training step on a CPU goes, with Paddle's kernels and with oneDNN's.

    python benchmarks/train_parts.py                # the shape of m3e-small, 32 texts of 62 tokens
    python benchmarks/train_parts.py --bfloat16

Steps with and without the fast kernels alternate in one process, which keeps its memory and uses
every core in both. Each part's time is the least of all repetitions, so that a busy machine shows
as little as it can.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from paddle_lab.cpu import keep_memory, set_threads

Parts = dict[str, float]


def main() -> None:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("texts", 32), ("tokens", 62), ("hidden", 512), ("layers", 4)):
        made.add_argument(f"--{name}", type=int, default=default)
    made.add_argument("--vocabulary", type=int, default=21128)
    made.add_argument("--repeat", type=int, default=10)
    made.add_argument("--bfloat16", action="store_true")
    options = made.parse_args()
    threads = set_threads()
    keep_memory()
    plain, fast = measure(options)
    print(f"{threads.count} threads, {options.texts} texts of {options.tokens} tokens; ms a step")
    print("| part | Paddle | fast |\n| --- | --- | --- |")
    for name in fast:
        before = f"{plain[name]:.1f}" if name in plain else ""
        print(f"| {name} | {before} | {fast[name]:.1f} |")
    print(f"| sum | {total(plain):.1f} | {total(fast):.1f} |")


def total(parts: Parts) -> float:
    return sum(ms for name, ms in parts.items() if not name.startswith("of which"))


def measure(options: argparse.Namespace) -> tuple[Parts, Parts]:
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    from paddle_lab.cpu import FastCpu
    from paddle_lab.cpu.clipping import speed_up_clipping

    config = ErnieConfig(
        vocab_size=options.vocabulary,
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.hidden // 64,
        intermediate_size=4 * options.hidden,
        num_labels=2,
    )
    model = ErnieForSequenceClassification(config)
    model.train()
    ids = paddle.randint(1, options.vocabulary, [options.texts, options.tokens])
    labels = paddle.randint(0, 2, [options.texts])
    clip = paddle.nn.ClipGradByGlobalNorm(1.0)
    optimizer = paddle.optimizer.AdamW(5e-5, parameters=model.parameters(), grad_clip=clip)
    switch = FastCpu(model, seed=0, step_of=lambda: 0, bfloat16=options.bfloat16)

    def step(*, released: bool) -> Parts:
        parts: Parts = {}
        loss = timed(
            parts, "forward", lambda: paddle.nn.functional.cross_entropy(model(ids), labels)
        )
        timed(parts, "backward", loss.backward)
        timed(parts, "clip and AdamW", optimizer.step)
        timed(parts, "clear gradients", lambda: optimizer.clear_grad(set_to_zero=not released))
        return parts

    plain: list[Parts] = []
    fast: list[Parts] = []
    for _ in range(options.repeat):
        optimizer._grad_clip = clip
        plain.append(step(released=False))
        speed_up_clipping(optimizer)
        with switch:
            operations = watched(switch)
            step(released=True)  # makes the primitives
            operations.clear()
            parts = step(released=True)
            fast.append({**parts, **{f"of which {name}": ms for name, ms in operations.items()}})
    return least(plain), least(fast)


def timed(parts: Parts, name: str, call: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = call()
    parts[name] = 1e3 * (time.perf_counter() - started)
    return result


def watched(switch: Any) -> Parts:
    """Milliseconds in each kind of operation of an enabled switch, adding up from now on."""
    spent: Parts = defaultdict(float)

    def watch(owner: Any, method: str, name_of: Callable[..., str]) -> None:
        original = getattr(type(owner), method).__get__(owner)  # not a watch of an earlier round

        def call(*arguments: Any, **options: Any) -> Any:
            started = time.perf_counter()
            result = original(*arguments, **options)
            spent[name_of(*arguments)] += 1e3 * (time.perf_counter() - started)
            return result

        setattr(owner, method, call)

    watch(switch._dnn, "run", lambda name, *_: _kind(name))
    watch(switch._masks, "draw", lambda *_: "dropout masks (random numbers)")
    return spent


def _kind(name: str) -> str:
    if name.startswith("matmul"):
        return "matrix products"
    return "dropout and residual" if name in ("multiply", "add") else name.partition(" 1e-")[0]


def least(rounds: list[Parts]) -> Parts:
    return {name: min(parts[name] for parts in rounds) for name in rounds[0]}


if __name__ == "__main__":
    main()
