"""Front ends without our renderer draw the same card through the widget's comm."""

from __future__ import annotations

from typing import Any

import live_cells
from lab_server import without_plugin


def test_the_widget_is_live_and_leaves_nothing_dead(tab: Any) -> None:
    with without_plugin(tab.lab, "paddle-lab:run"):
        tab.lab.notebook("widget.ipynb", live_cells.cell(name="widget", steps=2000))
        tab.open("widget.ipynb")
        tab.run(0)
        tab.card("training")
        assert tab.page.locator(".plab-output").count() == 0
        tab.wait_for_points(10)
        tab.save()
        tab.page.reload()
        tab.card("training")
        tab.wait_for_points(30)
        tab.shot("widget")
        tab.page.get_by_role("button", name="Stop", exact=True).click()
        tab.card("stopped")
        assert tab.errors == []


def test_the_frozen_output_is_a_picture_and_tables(tab: Any) -> None:
    with without_plugin(tab.lab, "paddle-lab:run"):
        tab.lab.notebook("picture.ipynb", live_cells.cell(name="picture", steps=30))
        tab.open("picture.ipynb")
        tab.run(0)
        picture = tab.page.wait_for_selector(".jp-RenderedHTML img[src^='data:image/svg']")
        assert picture.bounding_box()["width"] > 300
        assert tab.page.locator(".jp-RenderedHTML table").count() == 3
        assert "model not found" not in tab.page.content()
        tab.shot("picture")
