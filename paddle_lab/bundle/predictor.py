"""A loaded bundle: texts in, answers out. Needs paddle, numpy and tokenizers; never paddlenlp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.bundle.encoding import (
    LONG_TEXT,
    Sequences,
    TextEncoder,
    as_texts,
    like_lengths,
    pad,
)
from paddle_lab.bundle.engine import Engine, FloatArray, choose_device, usable_cores
from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.manifest import Manifest, load_manifest
from paddle_lab.bundle.problems import damaged
from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T

# Texts that are turned into tokens at once: bounds the memory, whatever the number of texts.
_GROUP: Final = 1024


@dataclass(frozen=True)
class Answer:
    """What the model says of one text.

    ``probabilities`` of all labels, most probable first. ``truncated``: the text was longer than
    the model reads and its end was not seen. ``windows``: how many pieces a long text was read in.
    ``empty``: the text had nothing that the model could read; its answer means nothing.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    truncated: bool = False
    windows: int = 1
    empty: bool = False


class Predictor:
    """Answers for texts. Made by :func:`load_bundle`; safe to call from several threads.

    Calls from several threads take turns; give each thread a :meth:`clone` to run side by side.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, engine: Engine, encoder: TextEncoder, device: str
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.device = device
        self._engine = engine
        self._encoder = encoder

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the logits."""
        return list(self.manifest.labels)

    @property
    def max_len(self) -> int:
        """Tokens of a text that the model reads at once, with the special ones."""
        return self.manifest.max_len

    def predict(
        self, texts: str | Sequence[str], *, batch_size: int = 32, long_text: str = "truncate"
    ) -> list[Answer]:
        """One answer for each text, in their order.

        ``long_text`` says what becomes of a text longer than :attr:`max_len` tokens: "truncate"
        reads its beginning; "windows" reads it whole in overlapping pieces and takes the mean of
        their probabilities. Raises DataError for what is no text, UsageProblem for a bad option.
        """
        _check(batch_size, long_text)
        found = as_texts(texts)
        answers: list[Answer] = []
        for start in range(0, len(found), _GROUP):
            group = self._encoder.encode(found[start : start + _GROUP], long_text)
            answers += self._answers(group, self._logits(group, batch_size))
        return answers

    def logits(self, texts: str | Sequence[str], *, batch_size: int = 32) -> FloatArray:
        """Logits of shape [texts, labels]; of a long text, those of its beginning."""
        _check(batch_size, "truncate")
        found = as_texts(texts)
        groups = [
            self._logits(self._encoder.encode(found[start : start + _GROUP]), batch_size)
            for start in range(0, len(found), _GROUP)
        ]
        return np.concatenate(groups) if groups else np.zeros((0, len(self.labels)), np.float32)

    def encode(self, texts: str | Sequence[str]) -> Sequences:
        """The token ids that the model is given for each text, cut to :attr:`max_len`."""
        return self._encoder.encode(as_texts(texts))

    def run_ids(self, input_ids: npt.NDArray[np.int64]) -> FloatArray:
        """Logits of token ids [rows, tokens] as they are: for measuring the program alone."""
        return self._engine.run(input_ids)

    def clone(self) -> Predictor:
        """Another predictor that shares the weights, for another thread."""
        return Predictor(
            self.folder, self.manifest, self._engine.clone(), self._encoder, self.device
        )

    def _logits(self, group: Sequences, batch_size: int) -> FloatArray:
        logits = np.empty((len(group.ids), len(self.manifest.labels)), dtype=np.float32)
        for rows in like_lengths(group.ids, batch_size):
            batch = pad([group.ids[row] for row in rows], self.manifest.pad_id)
            found = self._engine.run(batch)
            if found.shape != (len(rows), logits.shape[1]):
                raise damaged(
                    self.folder,
                    self.manifest.program,
                    f"it gives {list(found.shape)} values for {len(rows)} texts",
                )
            logits[rows] = found
        return logits

    def _answers(self, group: Sequences, logits: FloatArray) -> list[Answer]:
        count = len(group.empty)
        windows = np.bincount(group.owner, minlength=count)
        sums = np.zeros((count, logits.shape[1]))
        np.add.at(sums, group.owner, softmax(logits))
        means = sums / windows[:, None]
        return [
            self._answer(means[i], group.truncated[i], int(windows[i]), group.empty[i])
            for i in range(count)
        ]

    def _answer(
        self, row: npt.NDArray[np.float64], truncated: bool, windows: int, empty: bool
    ) -> Answer:
        order = np.argsort(-row, kind="stable")
        ranked = {self.manifest.labels[i]: float(row[i]) for i in order}
        best = self.manifest.labels[order[0]]
        return Answer(best, ranked[best], ranked, truncated, windows, empty)

    def __repr__(self) -> str:
        return f"<Predictor {self.folder}: {self.manifest.task}, {len(self.labels)} labels>"


def load_bundle(
    path: str | Path,
    *,
    device: str = "auto",
    threads: int | None = None,
    check_hashes: bool = True,
) -> Predictor:
    """Load a bundle by its folder, by a run's folder, or by a run's name, id or ``last``.

    ``device`` is auto, cpu or gpu; ``threads`` for the CPU (default: the usable cores). Every file
    is first checked against the manifest; ``check_hashes=False`` compares sizes only.

    Raises BundleError for a bundle that is absent, damaged, newer than this Paddle Lab, or never
    passed its check; RunError for a run that does not exist.
    """
    folder = find_bundle(path)

    def load() -> Predictor:
        manifest = load_manifest(folder, check_hashes=check_hashes)
        return open_bundle(folder, manifest, device=device, threads=threads)

    return in_place(folder, load)


def open_bundle(
    folder: Path, manifest: Manifest, *, device: str = "auto", threads: int | None = None
) -> Predictor:
    """The predictor of a bundle whose manifest was already read and checked."""
    if threads is not None and threads < 1:
        raise UsageProblem(
            T("{threads} threads are none.", "线程数 {threads} 无效。", threads=threads),
            fix=T("Give 1 or more.", "请给出 1 或更大的值。"),
        )
    device = choose_device(device)
    try:
        encoder = TextEncoder(
            (folder / manifest.tokenizer).read_text(encoding="utf-8"), manifest.max_len
        )
    except Exception as error:  # tokenizers raises plain Exception for what it cannot parse
        raise damaged(folder, manifest.tokenizer, str(error)[:200]) from error
    engine = Engine.load(folder, manifest, device, threads or usable_cores())
    return Predictor(folder, manifest, engine, encoder, device)


def softmax(logits: FloatArray) -> npt.NDArray[np.float64]:
    """Probabilities of each row of logits."""
    values = logits.astype(np.float64)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    result: npt.NDArray[np.float64] = values / values.sum(axis=1, keepdims=True)
    return result


def _check(batch_size: Any, long_text: str) -> None:
    if not isinstance(batch_size, int) or batch_size < 1:
        raise UsageProblem(
            T("batch_size is {value}.", "batch_size 为 {value}。", value=batch_size),
            fix=T("Give 1 or more.", "请给出 1 或更大的值。"),
        )
    if long_text not in LONG_TEXT:
        raise UsageProblem(
            T("long_text is '{value}'.", "long_text 为“{value}”。", value=long_text),
            fix=T("Choose truncate or windows.", "可选 truncate 或 windows。"),
        )
