"""A loaded bundle: rows in, answers out. Needs its runtime, numpy and tokenizers; no paddlenlp."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from paddle_lab.bundle.checked_tokenizer import checked_tokenizer
from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.loaded import open_program
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.manifest import FIRST_RUNTIME, Manifest, load_manifest
from paddle_lab.bundle.problems import damaged
from paddle_lab.bundle.runtimes import LoadedProgram
from paddle_lab.bundle.shown import ShownAnswers, answered_by
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import get_task
from paddle_lab.tasks.batching import Gathering, batches_by_length, inputs_of
from paddle_lab.tasks.codec import Codec, FloatArray, Outputs, Rows, Windows
from paddle_lab.tasks.encoding import LONG_TEXT
from paddle_lab.tasks.renaming import labels_in, renamed_labels

# Rows that are turned into tokens at once: bounds the memory, whatever the number of rows.
_GROUP: Final = 1024


class Predictor:
    """Answers for rows. Made by :func:`load_bundle`; safe to call from several threads.

    Calls from several threads take turns; give each thread a :meth:`clone` to run side by side.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        program: LoadedProgram,
        codec: Codec,
        device: str,
        *,
        threads: int | None = None,
        runtime: str = FIRST_RUNTIME,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.device = device
        self.codec = codec
        self._program = program
        self._threads, self._runtime = threads, runtime

    @property
    def task(self) -> str:
        """The name of the task that it was trained for."""
        return self.manifest.task

    @property
    def runtime(self) -> str:
        """The name of the runtime that it runs on."""
        return self._runtime

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the outputs; empty for a task that has none."""
        return self.manifest.labels

    @property
    def max_len(self) -> int:
        """Tokens of a text that the model reads at once, with the special ones."""
        return self.manifest.max_len

    def predict(
        self, values: Any, *, batch_size: int = 32, long_text: str | None = None
    ) -> list[Any]:
        """One answer for each row, in their order.

        ``values`` is what the task reads: for ``classify`` a text or a list of texts. ``long_text``
        says what becomes of a text longer than :attr:`max_len` tokens: "truncate" reads its
        beginning; "windows" reads it whole in overlapping pieces; None as in training. In a
        notebook the list is shown as a table. Raises
        DataError for what the task cannot read, UsageError for a bad option.
        """
        rows = self.rows_of(values)
        answers = self.answers(rows, batch_size=batch_size, long_text=long_text)
        return ShownAnswers(answers, rows, self.task, self.who)

    @property
    def who(self) -> Text:
        """Which model answers, for people."""
        return answered_by(self.folder, self.manifest.source, self.manifest.base_model)

    def rows_of(self, values: Any) -> Rows:
        """What a person gives as columns by role. Raises DataError for what cannot be read."""
        return self.codec.rows_of(values)

    def answers(
        self, rows: Rows, *, batch_size: int = 32, long_text: str | None = None
    ) -> list[Any]:
        """:meth:`predict` for rows that are columns by role already."""
        return [
            answer
            for group in self.stream(rows, batch_size=batch_size, long_text=long_text)
            for answer in group
        ]

    def stream(
        self, rows: Rows, *, batch_size: int = 32, long_text: str | None = None
    ) -> Iterator[list[Any]]:
        """:meth:`answers` group by group, so that many rows need the memory of one group."""
        how = get_task(self.task).long_text if long_text is None else long_text
        batch_size = _checked(batch_size, how)
        for group in _groups(rows):
            windows = self.codec.encode(group, how)
            yield list(self.codec.decode(group, windows, self.run(windows, batch_size)))

    def table(self, data: Any, **how: Any) -> Any:
        """A pandas DataFrame: the rows of ``data`` with the answers beside them.

        ``data`` is a DataFrame, a Series, a list, an array, a Dataset, or a file's name as a
        `Path`. Its columns and index stay as they are; ``prediction`` has the type that the labels
        had in training, and is missing where a row has no text. ``how``: ``columns`` by role, as
        ``{"text": "review"}``; ``batch_size``, ``long_text``. Raises DataError.
        """
        from paddle_lab.bundle.tables import table

        return table(self, data, **how)

    def logits(self, texts: str | Sequence[str], *, batch_size: int = 32) -> FloatArray:
        """Logits [texts, labels] of a classifier; of a long text, those of its beginning."""
        batch_size = _checked(batch_size, "truncate")
        rows = self.codec.rows_of(texts)
        logits: FloatArray = self.run(self.codec.encode(rows), batch_size)["logits"]
        return logits

    def encode(self, values: Any) -> Windows:
        """The token ids that the model is given, cut to :attr:`max_len`."""
        return self.codec.encode(self.codec.rows_of(values))

    def run(self, windows: Windows, batch_size: int = 32) -> Outputs:
        """The program's outputs for ``windows``, in batches of similar length."""
        lengths = windows.lengths()
        found = Gathering(self.manifest.signature, lengths)
        for rows in batches_by_length(lengths, batch_size):
            outputs = self._program.run(inputs_of(windows, rows, self.manifest.pad_id))
            try:
                found.put(rows, outputs)
            except ValueError as error:
                file = self.manifest.runtimes[self._runtime][0]
                raise damaged(self.folder, file, str(error)) from error
        return found.outputs()

    def run_batch(self, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """The outputs of one padded batch as it is: for measuring the program alone."""
        return self._program.run(inputs)

    def clone(self) -> Predictor:
        """Another predictor that shares the weights, for another thread."""
        return self._with(self.manifest, self._program.clone(), self.codec)

    def renamed(self, names: Mapping[Any, str]) -> Predictor:
        """The same predictor with other labels: ``{"0": "差评", "1": "好评"}``.

        ``names`` are by label, in its own type or as text; a label that is not among them stays.
        Both share the weights. Raises UsageError for a label that there is none, or for two labels
        of one name.
        """
        manifest = replace(self.manifest, codec=renamed_labels(self.manifest.codec, names))
        return self._with(manifest, self._program, codec_of(self.folder, manifest))

    def _with(self, manifest: Manifest, program: LoadedProgram, codec: Codec) -> Predictor:
        return Predictor(
            self.folder, manifest, program, codec, self.device,
            threads=self._threads, runtime=self._runtime,
        )  # fmt: skip

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle holds the bundle's folder: it is loaded again, where the folder is found."""
        how = {"device": self.device, "threads": self._threads, "runtime": self._runtime}
        return _unpickled, (str(self.folder), self.manifest.codec, how)

    def __repr__(self) -> str:
        labels = f", {len(self.labels)} labels" if self.labels else ""
        return f"<Predictor {self.folder}: {self.task}{labels}>"


def _groups(rows: Rows) -> Iterator[Rows]:
    """The rows in parts of at most :data:`_GROUP`."""
    count = len(next(iter(rows.values())))
    for start in range(0, count, _GROUP):
        yield {role: values[start : start + _GROUP] for role, values in rows.items()}


def load_bundle(
    path: str | Path,
    *,
    device: str = "auto",
    threads: int | None = None,
    check_hashes: bool = True,
    runtime: str | None = None,
) -> Predictor:
    """Load a bundle by its folder, a run's folder, name, id or ``last``, or by a name on a hub.

    On a hub it is like ``hf:org/name@v2``; it is downloaded once, into the hub's own cache.

    ``device`` is auto, cpu or gpu; ``threads`` for the CPU (default: the usable cores). Every file
    is first checked against the manifest; ``check_hashes=False`` compares sizes only. ``runtime``
    is one of those that the bundle was made for; None: the one that its manifest names, Paddle's
    unless ``%ernie_export RUN --runtime auto`` found a faster one.

    Raises BundleError for a bundle that is absent, damaged, newer than this Paddle Lab, or never
    passed its check; RunError for a run that does not exist, HubError for what a hub does not give.
    """
    folder = find_bundle(path)

    def load() -> Predictor:
        manifest = load_manifest(folder, check_hashes=check_hashes)
        return open_bundle(folder, manifest, device=device, threads=threads, runtime=runtime)

    return in_place(folder, load)


def open_bundle(
    folder: Path,
    manifest: Manifest,
    *,
    device: str = "auto",
    threads: int | None = None,
    runtime: str | None = None,
) -> Predictor:
    """The predictor of a bundle whose manifest was already read and checked."""
    codec = codec_of(folder, manifest)  # what is wrong in it is found before a program is loaded
    loaded = open_program(folder, manifest, device=device, threads=threads, runtime=runtime)
    return Predictor(
        folder, manifest, loaded.program, codec, loaded.device,
        threads=threads, runtime=loaded.runtime,
    )  # fmt: skip


def codec_of(folder: Path, manifest: Manifest) -> Codec:
    """The codec that the bundle was made with. Raises BundleError; UsageError for its task."""
    task = get_task(manifest.task)
    try:
        tokenizer = checked_tokenizer(folder / manifest.tokenizer)
        codec = task.codec_from(tokenizer, manifest.max_len, manifest.codec)
    except Exception as error:  # tokenizers raises plain Exception for what it cannot parse
        raise damaged(folder, manifest.tokenizer, str(error)[:200]) from error
    if codec.signature != manifest.signature:
        raise damaged(folder, "manifest.json", "its signature is not that of its task")
    return codec


def _unpickled(folder: str, codec: dict[str, Any], how: dict[str, Any]) -> Predictor:
    """The predictor of a pickle: ``codec`` says how its labels were called there."""
    place = Path(folder)
    predictor = in_place(place, lambda: open_bundle(place, load_manifest(place), **how))
    labels = dict(zip(labels_in(predictor.manifest.codec), labels_in(codec), strict=False))
    changed = {old: new for old, new in labels.items() if old != new}
    return predictor.renamed(changed) if changed else predictor


def _checked(batch_size: Any, long_text: str) -> int:
    """The batch size as a whole number, which NumPy's are too. Raises UsageError."""
    try:
        size = 0 if isinstance(batch_size, bool) else operator.index(batch_size)
    except TypeError:
        size = 0
    if size < 1:
        raise UsageError(
            T("batch_size is {value}.", "batch_size 为 {value}。", value=batch_size),
            fix=T("Give 1 or more.", "请给出 1 或更大的值。"),
            code="usage.value",
        )
    if long_text not in LONG_TEXT:
        raise UsageError(
            T("long_text is '{value}'.", "long_text 为“{value}”。", value=long_text),
            fix=T("Choose truncate or windows.", "可选 truncate 或 windows。"),
            code="usage.value",
        )
    return size
