"""The cell of a service: a person asks it, sees the answer with bars, and ends it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from paddle_lab.errors import ServerError
from paddle_lab.i18n import T
from paddle_lab.trial.service import ServicePanel

REVIEWS = {"name": "reviews", "version": "1", "task": "classify", "reads": ["text"],
           "runtime": "paddle"}  # fmt: skip
PAIRS = {"name": "pairs", "version": "2", "task": "pair", "reads": ["text", "text2"]}
PEOPLE = {"name": "people", "version": "1", "task": "tag", "reads": ["text"]}
GOOD = {"label": "好评", "probability": 0.9, "probabilities": {"好评": 0.9, "差评": 0.1},
        "truncated": False, "windows": 1, "empty": False}  # fmt: skip
SPANS = {"spans": [{"start": 1, "end": 3, "label": "LOC", "text": "北京"}], "truncated": False}


class FakeService:
    """Answers what it was given, and remembers what it was asked."""

    url = "http://127.0.0.1:9"

    def __init__(self, answer: Mapping[str, Any] = GOOD) -> None:
        self.asked: list[Any] = []
        self.answer = answer
        self.ended = threading.Event()

    @property
    def running(self) -> bool:
        return not self.ended.is_set()

    def ask(self, row: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(dict(row))
        if row.get("text") == "?":
            raise ServerError(T("It is busy.", "服务繁忙。"), code="server.busy")
        return {"answer": self.answer}

    def stop(self) -> None:
        self.ended.set()


def parts(panel: ServicePanel) -> list[Any]:
    """All widgets of the panel."""
    found, rest = [], [panel.widget]
    while rest:
        one = rest.pop(0)
        found.append(one)
        rest += getattr(one, "children", ())
    return found


def of(panel: ServicePanel, kind: str) -> list[Any]:
    return [one for one in parts(panel) if type(one).__name__ == kind]


def page(panel: ServicePanel) -> str:
    return "".join(one.value for one in of(panel, "HTML"))


def test_a_text_is_answered_with_bars_and_the_same_is_not_asked_twice() -> None:
    service = FakeService()
    panel = ServicePanel(service, [REVIEWS], "en")
    assert service.url in page(panel) and "reviews:1" in page(panel)
    (field,) = of(panel, "Text")
    field.value = "质量很好 <b>"
    assert service.asked == [{"model": "reviews", "version": "1", "text": "质量很好 <b>"}]
    assert "90.0%" in page(panel) and "10.0%" in page(panel) and "width:86px" in page(panel)
    ask, _ = of(panel, "Button")
    ask.click()
    field.value = "  "
    assert len(service.asked) == 1


def test_each_model_has_the_fields_that_it_reads() -> None:
    service = FakeService()
    panel = ServicePanel(service, [REVIEWS, PAIRS], "zh")
    (which,) = of(panel, "Dropdown")
    which.value = "pairs:2"
    first, second = of(panel, "Text")
    first.value = "一"
    assert service.asked == []
    second.value = "二"
    assert service.asked == [{"model": "pairs", "version": "2", "text": "一", "text2": "二"}]


def test_spans_are_marked_in_their_text() -> None:
    panel = ServicePanel(FakeService(SPANS), [PEOPLE], "en")
    of(panel, "Text")[0].value = "在北京"
    assert "<mark" in page(panel) and "LOC" in page(panel)


def test_what_the_service_refuses_is_said_and_may_be_asked_again() -> None:
    service = FakeService()
    panel = ServicePanel(service, [REVIEWS], "zh")
    (field,) = of(panel, "Text")
    field.value = "?"
    assert "服务繁忙" in page(panel) and "role='alert'" in page(panel)
    of(panel, "Button")[0].click()
    assert len(service.asked) == 2


def test_it_is_ended_by_its_button_and_its_cell_is_told() -> None:
    service = FakeService()
    panel = ServicePanel(service, [REVIEWS], "en")
    told: queue.Queue[str] = queue.Queue()
    panel.watch(told.put)
    of(panel, "Button")[1].click()
    said = told.get(timeout=10)
    assert not service.running and said == "The service at http://127.0.0.1:9 has ended."
    assert said in page(panel) and of(panel, "Button") == []


@pytest.mark.parametrize("model", [REVIEWS, PAIRS, PEOPLE])
def test_the_cell_shows_the_widget(model: dict[str, Any]) -> None:
    bundle = ServicePanel(FakeService(), [model], "en").bundle()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert bundle["text/plain"] == "Serving at http://127.0.0.1:9"
