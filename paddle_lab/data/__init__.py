"""Rows for a task: read, check, split; and the samples."""

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.prepare import Prepared, prepare
from paddle_lab.data.read import read, read_typed
from paddle_lab.data.report import DataReport, PartReport, check, describe
from paddle_lab.data.rows import fingerprint, load_rows, save_rows
from paddle_lab.data.split import limit, split

__all__ = [
    "DataReport",
    "Dataset",
    "PartReport",
    "Prepared",
    "check",
    "describe",
    "fingerprint",
    "limit",
    "load_rows",
    "prepare",
    "read",
    "read_typed",
    "save_rows",
    "split",
]
