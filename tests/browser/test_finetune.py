"""The whole job in a real JupyterLab: one magic, watched live, ended with a proven model."""

from __future__ import annotations

import json
from typing import Any

from paddle_lab.views.frozen import MIME

RUN = "%load_ext paddle_lab\n%ernie_finetune reviews --limit {rows} --epochs {epochs} --max-len 64"


def test_from_the_magic_to_a_verified_model(tab: Any) -> None:
    tab.lab.notebook("finetune.ipynb", RUN.format(rows=800, epochs=2), "1 + 1")
    tab.open("finetune.ipynb")
    tab.run(0)
    tab.card()
    tab.page.wait_for_selector(".plab-badge:has-text('Getting ready')")
    tab.shot("finetune-start")
    tab.card("training", timeout=120)
    tab.wait_for_points(2)
    tab.save()
    tab.page.reload()
    tab.page.wait_for_selector(".jp-Notebook .jp-Cell")
    tab.card(timeout=60)
    tab.wait_for_points(3)
    tab.shot("finetune-live")
    tab.card("finished", timeout=180)
    tab.page.wait_for_selector("text=/Exported, reloaded in a fresh process/")
    tab.page.wait_for_selector("text=/% ± .*, (better than|level with|worse than)/")
    tab.page.set_viewport_size({"width": 1280, "height": 1600})
    tab.shot("finetune-report")

    runs = tab.lab.get("paddle-lab/runs")["runs"]
    run = next(item for item in runs if item["name"] == "reviews")
    whole = tab.lab.get(f"paddle-lab/runs/{run['id']}")
    assert tab.points() == whole["points"]
    assert whole["export"]["max_abs_diff"] <= 1e-4
    assert whole["export"]["paddlenlp_in_fresh_process"] is False
    assert tab.errors == []
    assert tab.outside == []
    tab.page.wait_for_function(
        """mime => {
          const cells = jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
          return cells[0].toJSON().outputs[0]?.data?.[mime]?.live === false;
        }""",
        arg=MIME,
    )
    tab.save()
    outputs = tab.lab.saved("finetune.ipynb").cells[0].outputs
    assert len(outputs) == 1
    assert len(json.dumps(outputs[0], ensure_ascii=False).encode()) <= 60_000


def test_the_stop_button_keeps_the_weights(tab: Any) -> None:
    tab.lab.notebook("stopped.ipynb", RUN.format(rows=1600, epochs=40) + " --no-export")
    tab.open("stopped.ipynb")
    tab.run(0)
    tab.card("training", timeout=120)
    tab.wait_for_points(3)
    tab.page.get_by_role("button", name="Stop", exact=True).click()
    tab.card("stopped", timeout=120)
    tab.page.wait_for_selector("text=/Kept the weights/")
    tab.page.wait_for_selector(".jp-InputPrompt >> text=[1]:", timeout=60_000)
