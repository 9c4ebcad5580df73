"""A paddle and a paddlenlp of a few lines, in the working folder: a trial of them takes no time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TRAINER: Final = (
    "PrinterCallback = ProgressCallback = Trainer = TrainerCallback = TrainingArguments = 1\n"
)
MODELS: Final = (
    "BertModel = BertTokenizer = ErnieConfig = ErnieForQuestionAnswering = 1\n"
    "ErnieForSequenceClassification = ErnieForTokenClassification = ErnieModel = 1\n"
    "ErnieTokenizer = RobertaModel = RobertaTokenizer = 1\n"
)
FILES: Final = {
    "paddle/__init__.py": "__version__ = '3.3.1'\ndef is_compiled_with_cuda(): return False\n",
    "paddle/inference.py": "",
    "paddle/nn.py": "",
    "paddlenlp/__init__.py": "__version__ = '3.0.0b4'\n",
    "paddlenlp/trainer.py": TRAINER,
    "paddlenlp/transformers/__init__.py": "from paddlenlp.transformers.ernie import *\n",
    "paddlenlp/transformers/ernie/__init__.py": MODELS,
    "paddlenlp/transformers/ernie/modeling.py": "ErnieEmbeddings = 1\n",
    "paddlenlp/utils/download.py": "resolve_file_path = 1\n",
    "paddlenlp/utils/log.py": "logger = 1\n",
}


def write_stack(folder: Path) -> None:
    """The packages that a trial imports, below ``folder``."""
    for name, source in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
