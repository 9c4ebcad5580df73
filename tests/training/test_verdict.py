"""A run says how its model stands beside the baseline, in the reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest
import run_writer

from paddle_lab.i18n import speaking
from paddle_lab.training.run import Run


@pytest.mark.parametrize(
    ("language", "said"), [("en", "better than TF-IDF"), ("zh", "优于 TF-IDF")]
)
def test_the_verdict_is_that_of_the_report(tmp_path: Path, language: str, said: str) -> None:
    folder = run_writer.new_run(tmp_path)
    run_writer.write_run(folder, 4)
    with speaking(language):
        assert said in str(Run(folder).verdict)


def test_a_run_without_a_report_has_none(tmp_path: Path) -> None:
    assert Run(run_writer.new_run(tmp_path)).verdict is None
