"""The file of ``--drop-issues``, kept in the run folder: a resumed run leaves out the same rows."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.data.dropped import confirmed_rows
from paddle_lab.paths import expanded
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.training.added import keep_copy


def keep_issues(folder: RunFolder, spec: RunSpec) -> None:
    """Keep the file that ``spec.drop_issues`` names, which a person may go on editing.

    Raises DataError when it cannot be read or kept, or confirms nothing: before the run begins.
    """
    if spec.drop_issues is None:
        return
    confirmed_rows(get_task(spec.task), spec.drop_issues)
    path = expanded(spec.drop_issues)
    keep_copy(path, _place(folder) / path.name)


def issues_of(folder: RunFolder, spec: RunSpec) -> dict[str, str]:
    """The path of the copy, by the name in ``spec.drop_issues``; without one, nothing."""
    if spec.drop_issues is None:
        return {}
    kept = _place(folder) / Path(spec.drop_issues).name
    return {spec.drop_issues: str(kept)} if kept.is_file() else {}


def _place(folder: RunFolder) -> Path:
    return folder.path / "data" / "issues"
