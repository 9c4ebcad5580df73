"""Who holds the memory, and what can be done about it, with real kernels over a fake driver."""

from __future__ import annotations

import time
from typing import Any

from fake_nvml.paddle import FAKE_PADDLE
from fake_nvml.server import value_of
from sidebar_page import sidebar_in

NOTICE = ".jp-Notification-List-Item"


def kernel_state(lab: Any, kernel_id: str) -> str:
    return str(lab.get(f"api/kernels/{kernel_id}")["execution_state"])


def test_idle_notebooks_are_offered_by_memory_and_paddles_cache_is_freed(page, machine, notebook):
    small, large = notebook("small.ipynb"), notebook("large.ipynb", FAKE_PADDLE)
    machine.fake.set(f"0 proc {small.pid} 2048", f"1 proc {large.pid} 8192", "* util 0")
    sidebar = sidebar_in(page, machine.lab).open()
    sidebar.wait(".pl-owner:not(.pl-mod-other) >> nth=1")
    sidebar.wait(".pl-split-words")
    assert "tensors 1.0" in page.inner_text(".pl-split-words")
    assert "cached 2.0" in page.inner_text(".pl-split-words")
    sidebar.shot("split")
    page.get_by_role("button", name="Free the most…").click()
    rows = sidebar.wait(".pl-free-row")
    assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["large.ipynb", "small.ipynb"]
    boxes = page.locator(".pl-free-row input")
    assert [boxes.nth(i).is_checked() for i in range(2)] == [True, False]
    sidebar.shot("free-the-most")
    page.get_by_role("button", name="Free cached memory").click()
    sidebar.command("apputils:display-notifications")
    sidebar.wait(f"{NOTICE} >> text=large.ipynb: 2.0 GiB freed")
    assert value_of(large.client, "held['reserved'] >> 30") == 1
    assert len(machine.lab.get("api/kernels")) >= 2, "nothing was shut down"


def test_a_busy_kernel_is_interrupted_and_keeps_its_memory(page, machine, notebook):
    book = notebook("long.ipynb", "kept = 42")
    machine.fake.set(f"0 proc {book.pid} 4096")
    sidebar = sidebar_in(page, machine.lab).open()
    owner = sidebar.wait(".pl-owner:not(.pl-mod-other)").filter(has_text="long.ipynb")
    assert owner.get_by_role("button", name="Interrupt").is_disabled(), "it is idle"
    book.client.execute("import time; time.sleep(600)")
    name = "Interrupt the kernel of long.ipynb"
    button = page.locator(f"button[aria-label='{name}'][aria-disabled=false]")
    button.wait_for(timeout=20_000)
    assert owner.get_by_role("button", name="Free").is_disabled(), "a busy kernel is left alone"
    button.click()
    deadline = time.monotonic() + 20
    while kernel_state(machine.lab, book.kernel_id) != "idle":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert value_of(book.client, "kept") == 42


def test_a_click_on_an_owner_opens_its_notebook(page, machine, notebook):
    book = notebook("open me.ipynb")
    machine.fake.set(f"0 proc {book.pid} 4096")
    sidebar = sidebar_in(page, machine.lab).open()
    sidebar.wait(".pl-owner").get_by_role("button", name="open me.ipynb", exact=True).click()
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.context?.path === 'open me.ipynb'", timeout=30_000
    )
    sidebar.wait(".pl-owner.pl-mod-current")


def test_a_warnings_action_works_while_the_panel_is_closed(page, machine, notebook):
    """Nothing is told of owners then: they are asked for when the button is pressed."""
    book = notebook("greedy.ipynb")
    sidebar = sidebar_in(page, machine.lab)
    page.goto(f"{machine.lab.url}lab?token={machine.lab.token}&reset")
    page.wait_for_function("window.jupyterapp", timeout=60_000)
    page.evaluate("jupyterapp.restored.then(() => 1)")
    sidebar.wait(".pl-status-button")
    machine.fake.set(f"0 proc {book.pid} 79000", "0 used 79500")
    sidebar.wait(".pl-status-button.pl-mod-warning")
    assert page.locator(".pl-panel").count() == 0
    sidebar.command("apputils:display-notifications")
    notice = sidebar.wait(NOTICE).filter(has_text="97%").first
    notice.get_by_role("button", name="Free memory…").click()
    assert "greedy.ipynb" in sidebar.wait(".pl-free-row").first.inner_text()
    page.get_by_role("button", name="Shut down…").click()
    dialog = sidebar.wait(".pl-dialog-facts").inner_text()
    assert "greedy.ipynb" in dialog
    assert "not open here" in dialog
    page.locator(".jp-Dialog-button.jp-mod-reject").click()
    assert kernel_state(machine.lab, book.kernel_id) == "idle"


def test_where_processes_are_hidden_the_kernels_word_is_labelled(page, machine, notebook):
    notebook("inside.ipynb", FAKE_PADDLE)
    machine.fake.set("0 proc 4194000 8192")
    sidebar = sidebar_in(page, machine.lab).open()
    sidebar.wait("[data-code=pids-hidden]")
    owner = sidebar.wait(".pl-owner:has-text('as the kernel reports')")
    assert "inside.ipynb" in owner.inner_text()
    assert "3.0" in owner.inner_text()
    sidebar.shot("reported")


def test_slices_hang_below_their_gpu_and_heat_is_said_in_words(page, machine):
    machine.fake.set("* reload 7", "0 mig 2", "1 reasons 64", "1 util 99")
    sidebar = sidebar_in(page, machine.lab).open()
    try:
        sidebar.wait(".pl-gpu.pl-mod-slice >> nth=1", timeout=30_000)
        rows = page.locator(".pl-gpu")
        kinds = ["pl-mod-slice" in rows.nth(i).get_attribute("class") for i in range(rows.count())]
        assert kinds == [False, True, True, False]
        assert "MIG 1g.10gb" in rows.nth(1).inner_text()
        assert "not available under MIG" in rows.nth(0).inner_text()
        assert "%" not in rows.nth(0).locator(".pl-gpu-busy").inner_text()
        assert "Too hot: slowed by the hardware" in rows.nth(3).inner_text()
        sidebar.shot("mig")
    finally:
        machine.fake.set("* reload 8")
    page.wait_for_selector(".pl-mod-slice", state="detached", timeout=30_000)
