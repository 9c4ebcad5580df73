"""A run that really trains: watched, paused, taken up again and stopped from the sidebar."""

from __future__ import annotations

import re

from sidebar_page import sidebar_in

OPTIONS = "--limit 1600 --epochs 40 --max-len 64 --no-export"
CELL = f"%load_ext paddle_lab\n%ernie_finetune reviews {OPTIONS}"


def test_pause_go_on_and_stop_reach_a_run_that_really_trains(page, workshop):
    workshop.notebook("training.ipynb", CELL)
    sidebar = sidebar_in(page, workshop).open("lab/tree/training.ipynb")
    sidebar.wait(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    page.evaluate(
        """async () => {
          const panel = jupyterapp.shell.currentWidget;
          await panel.context.ready; await panel.sessionContext.ready;
          await panel.sessionContext.session.kernel.info;
          panel.content.activeCellIndex = 0;
        }"""
    )
    sidebar.command("notebook:run-cell")
    row = sidebar.wait(".pl-run[data-state=training]", timeout=180_000).first
    assert "training.ipynb" in row.inner_text()
    owner = sidebar.wait(".pl-owner.pl-mod-current", timeout=30_000)
    assert "training.ipynb" in owner.inner_text(), "it holds memory of the simulated GPU"
    assert "busy" in owner.inner_text(), "though the kernel answers while the run goes on"
    assert owner.get_by_role("button", name="Free").is_disabled()
    page.wait_for_function(
        "document.querySelector('.pl-run .pl-spark-line')?.getAttribute('points')"
    )
    sidebar.shot("real-run")
    row.get_by_role("button", name="Pause").click()
    row = sidebar.wait(".pl-run[data-state=paused]", timeout=60_000).first
    before = step(row.inner_text())
    page.wait_for_timeout(4000)
    assert step(row.inner_text()) == before, "paused means paused"
    row.get_by_role("button", name="Go on").click()
    row = sidebar.wait(".pl-run[data-state=training]", timeout=60_000).first
    page.wait_for_function(
        """before => Number(document.querySelector('.pl-run')
          .innerText.match(/(\\d+) \\/ /)?.[1]) > before""",
        arg=before,
        timeout=60_000,
    )
    row.get_by_role("button", name="Stop").click()
    sidebar.wait(".pl-run[data-state=stopped]", timeout=120_000)
    assert sidebar.errors == []


def step(words: str) -> int:
    found = re.search(r"(\d+) / \d+", words)
    assert found is not None, words
    return int(found[1])
