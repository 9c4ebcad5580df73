"""The pre-training loop: resumable, repeatable, with a usable model at every moment."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pretraining.batches import epoch_batches
from pretraining.corpus import Corpus
from pretraining.export import export
from pretraining.masking import MaskingOptions
from pretraining.network import Network
from pretraining.start import go_on_from, initialise
from pretraining.vocabulary import SPECIAL

CHECKPOINT_FILE = "checkpoint.pdparams"
LOG_FILE = "log.jsonl"


@dataclass(frozen=True)
class PretrainOptions:
    """All that shapes the result. ``steps`` may be changed on resume while the rate is still flat:
    the learning rate rises, stays, and falls to zero over the last ``decay_share`` of the steps."""

    layers: int = 3
    hidden: int = 192
    heads: int = 4
    max_positions: int = 512
    tokens_per_batch: int = 2048
    steps: int = 6000
    warmup_steps: int = 300
    decay_share: float = 0.5
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    bag_weight: float = 0.5
    seed: int = 0
    masking: MaskingOptions = field(default_factory=MaskingOptions)

    def rate_at(self, step: int) -> float:
        """The learning rate of step ``step`` (from 0)."""
        rise = min(1.0, (step + 1) / max(1, self.warmup_steps))
        fall = (self.steps - step) / max(1.0, self.decay_share * self.steps)
        return self.learning_rate * min(rise, max(0.0, min(1.0, fall)))


@dataclass
class Place:
    """How far the run is: finished steps, and the next batch by epoch and number within it."""

    step: int = 0
    epoch: int = 0
    batch: int = 0


def pretrain(
    corpus: Corpus,
    held_out: Corpus,
    vocabulary: list[str],
    options: PretrainOptions,
    folder: Path,
    *,
    report: Callable[[dict[str, Any]], None],
    save_every: int = 500,
    stop_at: int | None = None,
    start: Path | None = None,
) -> None:
    """Train until ``options.steps`` (or ``stop_at``), going on from ``folder``'s checkpoint if any;
    the first time from the weights of the model folder ``start``, or from none.

    Every ``save_every`` steps: a checkpoint, the losses on ``held_out`` (text only), and
    ``folder/model``, a whole model folder.
    """
    import paddle
    from paddle.utils import unique_name

    folder.mkdir(parents=True, exist_ok=True)
    special = {token: number for number, token in enumerate(SPECIAL)}
    # Optimizer state is keyed by parameter names, which count up within a process.
    with unique_name.guard():
        paddle.seed(options.seed)
        network = Network(_config(options, len(vocabulary)), len(corpus.bag_words))
        initialise(network.model, options.heads, options.seed)
        if start:
            go_on_from(network.model, vocabulary, start)
        optimizer = _optimizer(network, options)
        place = _resume(folder / CHECKPOINT_FILE, network, optimizer)
        last = min(options.steps, stop_at if stop_at is not None else options.steps)
        losses: list[tuple[float, float]] = []
        tokens, started = 0, time.perf_counter()
        while place.step < last:
            batches = epoch_batches(
                corpus,
                options.masking,
                special=special,
                vocab_size=len(vocabulary),
                tokens_per_batch=options.tokens_per_batch,
                seed=(options.seed, place.epoch),
            )
            for number, batch in enumerate(batches):
                if number < place.batch:
                    continue
                if place.step == last:
                    break
                optimizer.set_lr(options.rate_at(place.step))
                token_loss, bag_loss = network.losses(batch)
                (token_loss + options.bag_weight * bag_loss).backward()
                optimizer.step()
                optimizer.clear_grad()
                place.step += 1
                place.batch = number + 1
                losses.append((float(token_loss), float(bag_loss)))
                tokens += int((batch.ids != 0).sum())
                if place.step % save_every == 0 or place.step == last:
                    seconds = time.perf_counter() - started
                    entry = {
                        **asdict(place),
                        "rate": options.rate_at(place.step),
                        "masked_loss": float(np.mean([pair[0] for pair in losses])),
                        "bag_loss": float(np.mean([pair[1] for pair in losses])),
                        **_evaluate(network, held_out, options, special, len(vocabulary)),
                        "tokens_per_second": tokens / seconds,
                    }
                    _save(folder / CHECKPOINT_FILE, network, optimizer, place)
                    export(network, vocabulary, folder / "model", options.masking.max_length)
                    with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
                        log.write(json.dumps(entry) + "\n")
                    report(entry)
                    losses, tokens, started = [], 0, time.perf_counter()
            else:
                place.epoch, place.batch = place.epoch + 1, 0


def _config(options: PretrainOptions, vocab_size: int) -> Any:
    from paddlenlp.transformers import ErnieConfig

    return ErnieConfig(
        vocab_size=vocab_size,
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        intermediate_size=4 * options.hidden,
        hidden_act="relu",  # as in ERNIE 1.0; Paddle's GELU gradient is slow on a CPU
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=options.max_positions,
        type_vocab_size=2,
        pad_token_id=0,
    )


def _optimizer(network: Network, options: PretrainOptions) -> Any:
    import paddle

    plain = {
        parameter.name for parameter in network.parameters() if len(parameter.shape) < 2
    }  # biases and norms are not decayed
    return paddle.optimizer.AdamW(
        options.learning_rate,
        beta2=0.98,
        parameters=network.parameters(),
        weight_decay=options.weight_decay,
        apply_decay_param_fun=lambda name: name not in plain,
        grad_clip=paddle.nn.ClipGradByGlobalNorm(1.0),
    )


def _evaluate(
    network: Network,
    held_out: Corpus,
    options: PretrainOptions,
    special: dict[str, int],
    vocab_size: int,
) -> dict[str, float]:
    """Mean losses on held-out texts, masked the same way each time."""
    import paddle

    totals = np.zeros(4)
    with paddle.no_grad():
        for batch in epoch_batches(
            held_out,
            options.masking,
            special=special,
            vocab_size=vocab_size,
            tokens_per_batch=options.tokens_per_batch,
            seed=(1, 0),
        ):
            token_loss, bag_loss = network.losses(batch)
            hidden, rows = len(batch.answers), len(batch.ids)
            totals += (float(token_loss) * hidden, hidden, float(bag_loss) * rows, rows)
    return {
        "held_out_masked_loss": float(totals[0] / totals[1]),
        "held_out_bag_loss": float(totals[2] / totals[3]),
    }


def _save(path: Path, network: Network, optimizer: Any, place: Place) -> None:
    import paddle

    state = {
        "model": network.model.state_dict(),
        "bag": network.bag.state_dict(),
        "optimizer": optimizer.state_dict(),
        "place": asdict(place),
    }
    temporary = path.with_suffix(".part")
    paddle.save(state, str(temporary))
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def _resume(path: Path, network: Network, optimizer: Any) -> Place:
    import paddle

    if not path.exists():
        return Place()
    state = paddle.load(str(path))
    network.model.set_state_dict(state["model"])
    network.bag.set_state_dict(state["bag"])
    optimizer.set_state_dict(state["optimizer"])
    return Place(**{key: int(value) for key, value in state["place"].items()})
