"""What a run learns of the cell that it is started in, from what front ends send."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core import displaypub

from paddle_lab.cell import Cell, in_notebook, is_captured, running_cell


def shell(request: Any, inputs: int = 4) -> Any:
    """The shell of a kernel that answers ``request``."""
    return SimpleNamespace(
        kernel=object(),
        get_parent=lambda: request,
        history_manager=SimpleNamespace(input_hist_parsed=[""] * inputs),
    )


@pytest.fixture
def kernel_answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    def answer(request: Any, **more: Any) -> None:
        importlib.import_module("ipykernel.kernelapp")  # takes the real IPython, whoever was first
        fake = SimpleNamespace(get_ipython=lambda: shell(request, **more))
        monkeypatch.setitem(sys.modules, "IPython", fake)
        monkeypatch.setenv("JPY_SESSION_NAME", "/home/a/b.ipynb")

    return answer


@pytest.mark.parametrize(
    ("metadata", "cell"),
    [
        ({"cellId": "f00-Ba_r"}, "f00-Ba_r"),  # JupyterLab, Notebook 7
        ({"cellId": "vscode-notebook-cell:/home/a/b.ipynb#W0s"}, None),  # no id of nbformat
        ({"cellId": "x" * 65}, None),
        ({"cellId": 7}, None),
        ({}, None),  # nbclient, a console
        (None, None),
    ],
)
def test_only_what_a_notebook_file_can_hold_is_a_cell(
    kernel_answers: Any, metadata: Any, cell: str | None
) -> None:
    kernel_answers({"header": {"msg_id": "m-1"}, "metadata": metadata})
    found = running_cell()
    assert in_notebook()
    assert found == Cell("/home/a/b.ipynb", found.kernel, cell, "m-1", 3)


@pytest.mark.parametrize("request_", [None, "odd", {}, {"header": 3}])
def test_a_kernel_that_tells_nothing_is_no_trouble(kernel_answers: Any, request_: Any) -> None:
    kernel_answers(request_, inputs=1)
    found = running_cell()
    assert (found.cell, found.execution, found.count) == (None, None, None)


def test_a_script_has_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert not in_notebook()
    assert running_cell().cell is None


@pytest.mark.parametrize("captured", [True, False])
def test_what_goes_into_a_variable_stands_under_no_cell(
    monkeypatch: pytest.MonkeyPatch, captured: bool
) -> None:
    kind = displaypub.CapturingDisplayPublisher if captured else displaypub.DisplayPublisher
    fake = SimpleNamespace(kernel=object(), display_pub=kind())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: fake))
    assert is_captured() is captured
