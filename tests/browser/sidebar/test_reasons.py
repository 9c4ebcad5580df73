"""The failures that only a page can see, names that mean harm, and a page that nobody looks at."""

from __future__ import annotations

import json

import run_writer
from sidebar_page import registry_of, sidebar_in

HOSTILE = '<img src=x onerror="window.harmed=1">**b**'
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_server_without_its_extension_is_said_to_lack_it(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:1xT4")
    lab.stop()
    config = {"ServerApp": {"jpserver_extensions": {"paddle_lab": False}}}
    path = lab.home / "config" / "jupyter_server_config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    lab.start(PADDLE_LAB_GPUS="simulated:1xT4")
    sidebar = sidebar_in(page, lab).open()
    box = sidebar.wait("[data-code=server-extension-missing]").first
    assert "pip install -U paddle-lab" in box.inner_text()
    path.unlink()
    lab.stop()
    lab.start(PADDLE_LAB_GPUS="simulated:1xT4")
    sidebar.wait(".pl-gpu")
    assert page.locator("[data-code]").count() == 0, "mended without a reload"


def test_who_may_not_look_is_told_so(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:1xT4")
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-gpu")
    lab.stop()
    sidebar.wait("[data-code=connection-lost]")
    page.context.clear_cookies()
    lab.token = "another"
    lab.start(PADDLE_LAB_GPUS="simulated:1xT4")
    box = sidebar.wait("[data-code=not-authorised]", timeout=40_000)
    assert "Log in again" in box.inner_text()


def test_a_hidden_page_is_told_nothing_and_catches_up(page, workshop):
    sidebar = sidebar_in(page, workshop).open()
    sidebar.wait(".pl-gpu")
    frames: list[str] = []
    (socket,) = sidebar.sockets
    socket.on("framereceived", lambda payload: frames.append(str(payload)))

    def silent() -> bool:
        """Whether nothing comes in a time in which a page in sight is told several things."""
        frames.clear()
        page.wait_for_timeout(4000)
        return not frames

    page.evaluate(HIDE, True)
    assert any(silent() for _ in range(8))
    with socket.expect_event("framereceived", timeout=30_000):
        page.evaluate(HIDE, False)


def test_names_that_mean_harm_are_only_names(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:1xT4")
    folder = run_writer.new_run(lab.root / "paddle_runs", registry_of(lab), name=HOSTILE)
    with folder.open_log() as log:
        dead = {"pid": 1 << 22, "started": 1.0, "host": __import__("socket").gethostname()}
        log.append("phase", phase="train", process=dead, total_steps=90)
        log.append("step", **run_writer.step_fields(1, 90))
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-run[data-state=crashed]")
    assert HOSTILE in page.inner_text(".pl-run")
    sidebar.wait(".pl-alert")
    assert HOSTILE in page.inner_text(".pl-alerts")
    sidebar.command("apputils:display-notifications")
    sidebar.wait(".jp-Notification-List-Item")
    page.locator(".pl-run").get_by_role("button", name="Resume").or_(
        page.locator(".pl-run").get_by_role("button", name="Begin")
    ).click()
    sidebar.wait(".jp-Dialog-content")
    page.wait_for_timeout(500)
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("window.harmed") is None
