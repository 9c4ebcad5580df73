"""What a person sees in the sidebar, and what they can do there, in a real JupyterLab."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import nbformat
import run_writer
from barriers import barriers, barriers_of_themes
from sidebar_page import NO_GPUS, PARTS, registry_of, sidebar_in

from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.views import frozen_bundle

REPO = Path(__file__).parents[3]
CHINESE = re.compile(r"[一-鿿]")


def press_enter(head, expanded):
    """Enter on a row's head, and again where JupyterLab's Launcher took the focus just then."""
    from playwright.sync_api import expect

    for _ in range(5):
        head.press("Enter")
        with suppress(AssertionError):
            expect(head).to_have_attribute("aria-expanded", expanded, timeout=5000)
            return
    raise AssertionError(f"Enter does not make aria-expanded {expanded}")


def boxes_of(page, selector):
    """Where each of the elements stands."""
    return page.evaluate(
        "s => [...document.querySelectorAll(s)].map(e => e.getBoundingClientRect().toJSON())",
        selector,
    )


def reached_by_tab(page):
    """Places of the sidebar's buttons that Tab comes by, beginning at the first."""
    page.evaluate("document.querySelector('.pl-sidebar button').focus()")
    place = "[...document.querySelectorAll('.pl-sidebar button')].indexOf(document.activeElement)"
    reached = set()
    for _ in range(page.locator(".pl-sidebar button").count() + 2):
        reached.add(page.evaluate(place))
        page.keyboard.press("Tab")
    return reached - {-1}


def test_eight_gpus_with_their_past_marked_as_simulated(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    sidebar.wait(".pl-gpu >> nth=7")
    assert page.locator(".pl-gpu").count() == 8
    assert "simulated" in page.inner_text(".pl-header")
    assert page.inner_text(".pl-gpu-all") == "8 × A100-SXM4-80GB, 80.0 GiB", "named once"
    widths = {round(one["width"], 1) for one in boxes_of(page, ".pl-gpu [role=meter]")}
    assert len(widths) == 1, "bars of one length"
    tops = [one["y"] for one in boxes_of(page, ".pl-gpu")]
    assert tops[0] > boxes_of(page, "#pl-runs-title")[0]["y"], "runs come first"
    assert tops[7] - tops[0] < 8 * 24, "a line for each"
    meters = page.locator(".pl-gpu [role=meter]")
    assert re.match(r"\d+\.\d of 80.0 GiB, \d+%", meters.nth(1).get_attribute("aria-valuetext"))
    assert "simulated" in sidebar.wait(".pl-status-button").inner_text()
    assert len(sidebar.sockets) == 1, "one socket for everything"
    assert sidebar.errors == []
    sidebar.shot("light")


def test_an_open_row_tells_more_and_asks_for_links_only_then(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    head = sidebar.wait(".pl-gpu-head").nth(1)
    press_enter(head, expanded="true")
    detail = sidebar.wait(".pl-facts")
    page.wait_for_function("document.querySelector('.pl-facts').innerText.includes('GB/s')")
    words = detail.inner_text()
    assert all(name in words for name in ("Temperature", "Power", "Clock", "PCIe in", "NVLink out"))
    assert page.locator(".pl-facts dd[title='This GPU does not report this value.']").count() == 1
    page.get_by_role("button", name="6 h", exact=True).click()
    page.wait_for_function("document.querySelector('.pl-past-text').innerText.includes('%')")
    # A machine watched for seconds has one point in six hours, and it is drawn.
    page.wait_for_selector(".pl-spark.pl-mod-large .pl-spark-line", state="attached")
    sidebar.shot("open-row")
    page.keyboard.press("Escape")
    press_enter(head, expanded="false")
    assert page.locator(".pl-facts").count() == 0


def test_a_reload_shows_the_past_at_once(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    sidebar.wait(".pl-gpu")
    # One line for each stretch of time that was watched; a point for five seconds.
    lines = """(document.querySelectorAll('.pl-gpu')[1] ?? document.createElement('i'))
        .querySelectorAll('.pl-spark-line')"""
    longest = f"Math.max(0, ...[...{lines}].map(line => line.points.length))"
    page.wait_for_function(f"{longest} >= 4", timeout=60_000)
    sidebar.open(reset="")
    # A line without height counts as invisible, so only its presence is waited for.
    page.wait_for_selector(".pl-gpu >> nth=1 >> .pl-spark-line", state="attached")
    assert page.evaluate(longest) >= 3, "the point that was not yet full may be missing"


def test_no_serious_barrier_for_anybody(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    sidebar.wait(".pl-gpu")
    page.locator(".pl-gpu-head").nth(0).click()
    sidebar.wait(".pl-doctor-words")
    page.wait_for_timeout(3000)
    assert barriers_of_themes(page, *PARTS, shot=sidebar.shot) == {}


def test_every_control_is_reached_by_keyboard_and_has_a_name(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    sidebar.wait(".pl-gpu")
    enabled = page.locator(".pl-sidebar button:enabled:visible")
    named = [
        enabled.nth(i).evaluate("b => b.ariaLabel || b.innerText") for i in range(enabled.count())
    ]
    assert all(name.strip() for name in named)
    # JupyterLab's Launcher may take the focus in the middle of a walk, so there are several.
    assert any(len(reached_by_tab(page)) >= enabled.count() for _ in range(5))


def test_chinese_by_jupyterlabs_own_setting_in_the_dark(page, start_lab):
    lab = start_lab("zh_CN", "JupyterLab Dark", PADDLE_LAB_GPUS="simulated:3xH800,lost")
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-gpu")
    assert page.inner_text(".pl-title") == "GPU 与训练"
    assert "模拟" in page.inner_text(".pl-header")
    headings = page.locator(".pl-section-title").all_inner_texts()
    assert all(CHINESE.search(text) for text in headings if not text.startswith("GPU"))
    sidebar.wait("[data-code=gpu-lost]", timeout=60_000)
    assert "掉线" in page.inner_text("[data-code=gpu-lost]")
    assert barriers(page, *PARTS) == []
    sidebar.shot("dark-zh")


def test_a_saved_run_of_no_chosen_language_speaks_jupyterlabs(page, start_lab, monkeypatch):
    lab = start_lab("zh_CN", PADDLE_LAB_GPUS="none")
    folder = run_writer.new_run(lab.root / "paddle_runs", registry_of(lab), name="lesson")
    run_writer.write_run(folder, 40)
    monkeypatch.delenv("PADDLE_LAB_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    lab.notebook("saved.ipynb", "%ernie_finetune reviews")
    book = lab.saved("saved.ipynb")
    output = nbformat.v4.new_output("display_data", frozen_bundle(folder))
    book.cells[0].outputs = [output]
    nbformat.write(book, lab.root / "saved.ipynb")
    sidebar = sidebar_in(page, lab).open("lab/tree/saved.ipynb")
    assert "已完成" in sidebar.wait(".plab-run[data-state=finished]").inner_text()


def test_without_a_gpu_it_says_why_and_still_shows_runs_and_the_machine(page, start_lab):
    lab = start_lab(LD_LIBRARY_PATH="/nowhere")
    folder = run_writer.new_run(lab.root / "paddle_runs", registry_of(lab), name="on the cpu")
    run_writer.write_run(folder, 40)
    sidebar = sidebar_in(page, lab).open()
    line = sidebar.wait(NO_GPUS)
    assert line.inner_text() == "GPUs\nnone; runs use the CPU", "one line, and the rest on a click"
    assert page.get_by_role("button", name="Show simulated GPUs").count() == 0
    line.click()
    box = sidebar.wait("[data-code=library-not-found]")
    assert "libnvidia-ml.so.1" in box.inner_text()
    assert "simulated:2xA100" in box.inner_text()
    sidebar.wait(".pl-run")
    assert "on the cpu" in sidebar.section("runs").inner_text()
    assert sidebar.section("host").locator("[role=meter]").count() == 3
    assert page.locator(".pl-gpu").count() == 0
    assert sidebar.errors == []
    sidebar.shot("no-gpu")
    page.get_by_role("button", name="Show simulated GPUs").click()
    sidebar.wait(".pl-gpu >> nth=1")
    page.locator(".pl-badge").click()
    sidebar.wait(NO_GPUS)


def test_presenter_mode_and_simulated_gpus_from_the_settings(page, start_lab):
    lab = start_lab(
        settings={"presenter": True, "gpus": "simulated:2xT4"}, LD_LIBRARY_PATH="/nowhere"
    )
    root = lab.root / "paddle_runs"
    folder = run_writer.new_run(root, registry_of(lab), name="somebody else's")
    with folder.open_log() as log:
        dead = {"pid": 1 << 22, "started": 1.0, "host": __import__("socket").gethostname()}
        log.append("phase", phase="train", process=dead, total_steps=90)
        log.append("step", **run_writer.step_fields(1, 90))
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-mod-presenter .pl-gpu >> nth=1")
    assert "T4" in page.inner_text(".pl-gpu")
    sidebar.wait(".pl-run[data-state=crashed]")
    page.wait_for_timeout(3000)
    sidebar.command("apputils:display-notifications")
    page.wait_for_timeout(500)
    assert "somebody" not in page.inner_text("body"), "nor in the warning of its crash"


def test_runs_are_stopped_paused_and_resumed_from_here(page, machine):
    lab = machine.lab
    folder = run_writer.new_run(lab.root / "paddle_runs", registry_of(lab), name="live one")
    writer = subprocess.Popen(
        [sys.executable, REPO / "tests/run_writer.py", folder.path, "--steps=5000", "--pause=0.02"]
    )
    try:
        sidebar = sidebar_in(page, lab).open()
        row = sidebar.wait(".pl-run[data-state=training]").filter(has_text="live one")
        assert row.locator("[role=progressbar]").get_attribute("aria-valuetext")
        row.get_by_role("button", name="Pause").click()
        row = sidebar.wait(".pl-run[data-state=paused]")
        row.get_by_role("button", name="Go on").click()
        sidebar.wait(".pl-run[data-state=training]")
        sidebar.shot("runs")
        row = page.locator(".pl-run").filter(has_text="live one")
        row.get_by_role("button", name="Stop").click()
        sidebar.wait(".pl-run[data-state=stopped]")
        assert writer.wait(20) == 0
    finally:
        writer.kill()


def test_a_crashed_run_says_so_and_its_notebook_goes_on_with_it_by_one_click(page, machine):
    lab = machine.lab
    lab.notebook("lesson.ipynb", "1 + 1")
    folder = RunFolder.create(
        RunSpec(train="reviews", name="night run"),
        lab.root / "paddle_runs",
        notebook=str(lab.root / "lesson.ipynb"),
    )
    Registry(registry_of(lab)).add(folder)
    with folder.open_log() as log:
        dead = {"pid": 1 << 22, "started": 1.0, "host": __import__("socket").gethostname()}
        log.append("phase", phase="train", process=dead, total_steps=90)
        log.append("step", **run_writer.step_fields(7, 90))
        log.append("checkpoint", step=5, path="step-00000005", best=False)
    sidebar = sidebar_in(page, lab).open()
    row = sidebar.wait(".pl-run[data-state=crashed]").filter(has_text="night run")
    sidebar.wait(".pl-alert")
    assert (
        "night run crashed at step 7. It can go on from its checkpoint at step 5"
        in page.inner_text(".pl-alerts")
    )
    row.get_by_role("button", name="Resume night run from its checkpoint at step 5").click()
    page.wait_for_function(
        """id => jupyterapp.shell.currentWidget?.context?.model.sharedModel?.cells
           .some(cell => cell.getSource().endsWith(`%ernie_finetune --resume ${id}`))""",
        arg=folder.id,
    )
    cells = page.evaluate(
        """() => jupyterapp.shell.currentWidget.context.model.sharedModel.cells
           .map(cell => cell.getSource())"""
    )
    assert cells == ["1 + 1", f"%load_ext paddle_lab\n%ernie_finetune --resume {folder.id}"]
    # One click runs it; that the run itself goes on is of other tests.
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-InputPrompt')]
           .some(prompt => /\\[[*\\d]+\\]/.test(prompt.textContent))"""
    )
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def test_a_notebooks_memory_is_shown_and_its_kernel_shut_down_after_a_question(page, machine):
    lab, fake = machine.lab, machine.fake
    lab.notebook("课堂.ipynb", "import os", "os.getpid()")
    sidebar = sidebar_in(page, lab).open("lab/tree/课堂.ipynb")
    sidebar.wait(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    page.evaluate(
        """async () => {
          const panel = jupyterapp.shell.currentWidget;
          await panel.context.ready; await panel.sessionContext.ready;
          await panel.sessionContext.session.kernel.info;
          window.pid = await new Promise(resolve => {
            const future = panel.sessionContext.session.kernel.requestExecute(
              {code: '', silent: true, user_expressions: {pid: "__import__('os').getpid()"}});
            future.onReply = ({content}) =>
              resolve(content.user_expressions.pid.data['text/plain']);
          });
          panel.context.model.sharedModel.insertCell(0, {cell_type: 'code', source: 'unsaved'});
        }"""
    )
    fake.set(f"0 proc {page.evaluate('pid')} 20480", "0 util 0")
    owner = sidebar.wait(".pl-owner.pl-mod-current")
    assert "课堂.ipynb" in owner.inner_text()
    assert "20.0" in owner.inner_text()
    sidebar.shot("owners")
    owner.get_by_role("button", name="Shut down").click()
    dialog = sidebar.wait(".jp-Dialog-content").inner_text()
    for word in ("课堂.ipynb", "20.0 GiB", "idle", "unsaved"):
        assert word in dialog
    sidebar.shot("shut-down")
    page.locator(".jp-Dialog-button.jp-mod-reject").click()
    (kernel,) = [
        session["kernel"]["id"]
        for session in lab.get("api/sessions")
        if session["path"] == "课堂.ipynb"
    ]  # still there: cancel changes nothing
    owner.get_by_role("button", name="Shut down").click()
    page.locator(".jp-Dialog-button.jp-mod-warn").click()
    page.wait_for_function(
        "async id => !(await (await fetch(`${document.baseURI.split('/lab')[0]}/api/kernels"
        f"?token={lab.token}`)).json()).some(kernel => kernel.id === id)",
        arg=kernel,
    )
    fake.set()


def test_memory_nearly_full_is_a_notification_with_the_action_that_helps(page, machine):
    sidebar = sidebar_in(page, machine.lab).open()
    sidebar.wait(".pl-gpu")
    machine.fake.set("1 used 79000")
    sidebar.wait(".pl-status-button.pl-mod-warning")
    sidebar.command("apputils:display-notifications")
    notification = sidebar.wait(".jp-Notification-List-Item >> text=96%")
    assert notification.count()
    page.get_by_role("button", name="Free memory…").first.click()
    assert "No idle notebook" in sidebar.wait(".jp-Dialog-content").inner_text()
    page.keyboard.press("Escape")
    machine.fake.set()


def test_diagnostics_are_copied(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    sidebar.wait(".pl-gpu")
    page.get_by_role("button", name="Copy diagnostics").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('GPU 7')")


def test_the_server_goes_and_comes_back_without_a_reload(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:1xT4")
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-gpu")
    lab.stop()
    sidebar.wait("[data-code=connection-lost]")
    assert page.locator(".pl-gpu").count() == 1, "the last numbers stay"
    lab.start(PADDLE_LAB_GPUS="simulated:1xT4")
    page.wait_for_selector("[data-code=connection-lost]", state="detached", timeout=15_000)


def test_works_in_notebook_7_too(page, workshop):
    workshop.notebook("seven.ipynb", "1")
    sidebar = sidebar_in(page, workshop)
    page.goto(f"{workshop.url}notebooks/seven.ipynb?token={workshop.token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('paddle-lab:open-panel')")
    sidebar.command("paddle-lab:open-panel")
    sidebar.wait(".pl-gpu:visible")
    sidebar.shot("notebook7")
    assert sidebar.errors == []


def test_high_contrast_and_reduced_motion(chromium, workshop):
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, forced_colors="active", reduced_motion="reduce"
    )
    try:
        sidebar = sidebar_in(context.new_page(), workshop).open()
        sidebar.wait(".pl-gpu")
        fill = sidebar.page.locator(".pl-meter-fill").first
        assert fill.evaluate("node => getComputedStyle(node).transitionDuration") == "0s"
        sidebar.shot("high-contrast")
    finally:
        context.close()
