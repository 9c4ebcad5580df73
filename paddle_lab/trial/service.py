"""A service beside the notebook as its cell shows it: state, a box to try it, a button to end it.

Made of ipywidgets, so that it works wherever they do, and again after a reload while the kernel
lives. The lines above it in the same output say the address for the time after.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import ipywidgets as widgets

from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T, Text, speaking
from paddle_lab.tasks import Task, get_task
from paddle_lab.tasks.marked import MarkedText
from paddle_lab.text.html import escape
from paddle_lab.text.html_table import QUIET, named_values

_MOST_BARS: Final = 8
_LOOK_S: Final = 1.0
_LONG: Final = ("context",)
_DOT: Final = "display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.5em"
_RUNS: Final = "background:var(--jp-success-color1,#388e3c)"
_WRONG: Final = "color:var(--jp-error-color1,#d32f2f)"


class Service(Protocol):
    """What the panel asks of a service."""

    @property
    def url(self) -> str:
        """Its address."""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""

    def ask(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a row as ``/predict`` gives it. Raises PaddleLabError."""

    def stop(self) -> None:
        """End it."""


class ServicePanel:
    """The widget of one service; ``models`` are those of ``/models``, ``language`` the cell's."""

    def __init__(
        self, service: Service, models: Sequence[Mapping[str, Any]], language: str
    ) -> None:
        self._service = service
        self._models = {f"{one['name']}:{one['version']}": one for one in models}
        self._language = language
        self._answered: tuple[Any, ...] | None = None
        self._state = widgets.HTML()
        self._which = widgets.Dropdown(options=list(self._models), description=self._say(_MODEL))
        self._fields: dict[str, Any] = {}
        self._place = widgets.VBox()
        self._ask = widgets.Button(description=self._say(_ASK), button_style="primary")
        self._stop = widgets.Button(description=self._say(_STOP), tooltip=self._say(_STOP_HINT))
        self._answer = widgets.HTML()
        several = [self._which] if len(self._models) > 1 else []
        buttons = widgets.HBox([self._ask, self._stop])
        self.widget = widgets.VBox([self._state, *several, self._place, buttons, self._answer])
        self._which.observe(self._choose, "value")
        self._ask.on_click(self._try)
        self._stop.on_click(lambda _: self._end())
        self._choose()
        self._show_state()

    def bundle(self) -> dict[str, Any]:
        """What the cell displays."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        state = T("Serving at {url}", "服务地址：{url}", url=self._service.url)
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "text/plain": self._say(state),
        }

    def watch(self, ended: Callable[[str], object]) -> None:
        """Say it when the service runs no more, and call ``ended`` with that, from another thread.

        A page that was loaded anew learns it from the widget alone.
        """
        threading.Thread(target=self._until_ended, args=(ended,), daemon=True).start()

    def _until_ended(self, ended: Callable[[str], object]) -> None:
        pause = threading.Event()
        while self._service.running:
            pause.wait(_LOOK_S)
        said = self._say(T("The service at {url} has ended.", "服务 {url} 已结束。",
                           url=self._service.url))  # fmt: skip
        self._state.value = f"<div role='status'>{escape(said)}</div>"
        self.widget.children = [self._state]
        ended(said)

    def _say(self, text: Text) -> str:
        return text.in_language(self._language)

    def _show_state(self) -> None:
        model = self._models[self._which.value]
        task = get_task(model["task"]) if model.get("task") else None
        facts = [self._which.value, task.title if task else None, model.get("runtime")]
        told = " · ".join(
            self._say(fact) if isinstance(fact, Text) else str(fact) for fact in facts if fact
        )
        url = escape(self._service.url)
        self._state.value = (
            f"<span style='{_DOT};{_RUNS}' aria-hidden='true'></span>{escape(self._say(_SERVES))} "
            f"<a href='{url}/docs' target='_blank' rel='noopener'>{url}</a> "
            f"<span style='{QUIET}'>{escape(told)}</span>"
        )

    def _choose(self, _: Any = None) -> None:
        """The fields are those that the chosen model reads."""
        model = self._models[self._which.value]
        task = _task_of(model)
        titles = {role.name: role.title for role in task.roles} if task is not None else {}
        self._fields = {}
        for role in model.get("reads") or ["text"]:
            kind = widgets.Textarea if role in _LONG else widgets.Text
            title = titles.get(role, Text(role, role))
            field = kind(
                description=self._say(title),
                placeholder=self._say(_PLACEHOLDER) if role not in _LONG else "",
                continuous_update=False,
                layout=widgets.Layout(width="auto", max_width="50em"),
            )
            # The key Enter, or leaving the field, sends what stands in it.
            field.observe(self._try, "value")
            self._fields[role] = field
        self._place.children = list(self._fields.values())
        self._answer.value = ""
        self._answered = None
        self._show_state()

    def _try(self, _: Any = None) -> None:
        """Ask what stands in the fields; the same is not asked twice."""
        given = {role: field.value for role, field in self._fields.items()}
        asked = (self._which.value, *given.values())
        if asked == self._answered or not all(text.strip() for text in given.values()):
            return
        model = self._models[self._which.value]
        request = {"model": model["name"], "version": model["version"], **given}
        with speaking(self._language):
            try:
                answer = self._service.ask(request)["answer"]
            except PaddleLabError as error:
                self._answer.value = _told(error, self._language)
                return
            self._answer.value = answer_html(_task_of(model), given, answer)
        self._answered = asked

    def _end(self) -> None:
        self._ask.disabled = self._stop.disabled = True
        self._service.stop()


def answer_html(task: Task | None, given: Mapping[str, str], answer: Mapping[str, Any]) -> str:
    """An answer of ``/predict`` as a table with bars; as it came, of a task that is not here."""
    if task is None:
        return f"<pre>{escape(str(dict(answer)))}</pre>"
    read = task.answer_from(answer)
    pairs: list[tuple[Any, Any]] = [
        (str(heading), cell)
        for heading, cell in zip(
            task.headings(_MOST_BARS), task.cells(read, _MOST_BARS), strict=True
        )
    ]
    pairs += [
        (role, MarkedText(given[role], marks))
        for role, marks in task.marks(read).items()
        if marks and role in given
    ]
    return f"<div role='status'>{named_values(pairs)}</div>"


def _task_of(model: Mapping[str, Any]) -> Task | None:
    return get_task(str(model["task"])) if model.get("task") else None


def _told(error: PaddleLabError, language: str) -> str:
    parts = [error.what, error.why, error.fix]
    lines = "<br>".join(escape(part.in_language(language)) for part in parts if part)
    return f"<div role='alert' style='{_WRONG}'>{lines}</div>"


_SERVES: Final = T("Serving at", "服务地址")
_MODEL: Final = T("Model", "模型")
_ASK: Final = T("Ask", "询问")
_STOP: Final = T("Stop service", "停止服务")
_STOP_HINT: Final = T("End the service; what it has begun is answered first",
                      "结束服务；已开始的请求会先得到回答")  # fmt: skip
_PLACEHOLDER: Final = T("A text to try; Enter asks", "输入文本，按回车询问")
