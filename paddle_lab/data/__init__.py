"""Labelled texts: read, check, split; and the shipped sample."""

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.prepare import Prepared, prepare
from paddle_lab.data.read import read
from paddle_lab.data.report import DataReport, check
from paddle_lab.data.rows import load_rows, save_rows
from paddle_lab.data.split import split

__all__ = [
    "DataReport",
    "Dataset",
    "Prepared",
    "check",
    "load_rows",
    "prepare",
    "read",
    "save_rows",
    "split",
]
