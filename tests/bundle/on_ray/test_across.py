"""Rows handed out by Ray Data, which is played here: order, answers, what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bundle.on_ray.conftest import Ray
from bundle.tiny import ROWS

from paddle_lab.bundle import Predictor
from paddle_lab.bundle.on_ray import answerer
from paddle_lab.errors import BundleError, PaddleLabError, ServerError

TEXTS = [f"{row} {number}" for number in range(60) for row in ROWS]


def across(predictor: Predictor, workers: int | None = None) -> Any:
    from paddle_lab.bundle.on_ray.across import AcrossNodes
    from paddle_lab.bundle.on_ray.cluster import connect

    return AcrossNodes(predictor, connect("auto"), workers)


def answers_of(answering: Any, texts: list[str], **how: Any) -> list[Any]:
    return [one.to_json() for part in answering.stream({"text": texts}, **how) for one in part]


def raised_by(act: Callable[[], Any]) -> PaddleLabError:
    with pytest.raises(PaddleLabError) as raised:
        act()
    return raised.value


def test_all_are_answered_in_their_order(predictor: Predictor, ray: Ray) -> None:
    expected = [one.to_json() for one in predictor.predict(TEXTS, batch_size=8)]
    found = answers_of(across(predictor), TEXTS, batch_size=8)
    assert [one["label"] for one in found] == [one["label"] for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-5)
    assert ray.context.execution_options.preserve_order


def test_how_long_texts_are_read_travels_too(predictor: Predictor, ray: Ray) -> None:
    (found,) = answers_of(across(predictor), ["很好" * 60], long_text="windows")
    assert not found["truncated"] and found["windows"] > 1


@pytest.mark.parametrize(
    ("workers", "cores", "most", "first"), [(None, 4, 2, 2), (1, 4, 1, 1), (9, 0, 2, 1)]
)
def test_there_are_as_many_processes_as_cores_or_as_asked_for(
    predictor: Predictor, ray: Ray, workers: int | None, cores: int, most: int, first: int
) -> None:
    ray.cores = cores
    answers_of(across(predictor, workers), TEXTS[: answerer.PART + 1])  # two parts
    assert ray.asked["compute"] == {"min_size": 1, "max_size": most, "initial_size": first}
    assert ray.asked["num_cpus"] == 1


def test_an_option_that_nobody_knows_is_the_error_of_the_predictor(
    predictor: Predictor, ray: Ray
) -> None:
    error = raised_by(lambda: answers_of(across(predictor), TEXTS, long_text="whole"))
    assert error.code == "usage.value" and "long_text" in str(error)


def test_a_node_with_another_version_answers_nothing(
    predictor: Predictor, ray: Ray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answerer, "__version__", "0.0.1")
    error = raised_by(lambda: answers_of(across(predictor), TEXTS))
    assert error.code == "bundle.ray_version" and "0.0.1" in str(error)


def lost(tables: Iterator[Any]) -> Iterator[Any]:
    yield next(tables)
    raise RuntimeError("a traceback\nof a node\nActorDiedError: The actor died.")


def exchanged(tables: Iterator[Any]) -> Iterator[Any]:
    first, second, *others = tables
    yield from (second, first, *others)


def shortened(tables: Iterator[Any]) -> Iterator[Any]:
    yield next(tables)


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [(lost, "The actor died."), (exchanged, "in place of part 0"), (shortened, "1 of 3 parts")],
)
def test_what_ray_does_not_bring_to_an_end_is_told_in_a_few_lines(
    predictor: Predictor, ray: Ray, meanwhile: Any, said: str
) -> None:
    ray.meanwhile = meanwhile
    error = raised_by(lambda: answers_of(across(predictor), TEXTS[: 2 * answerer.PART + 1]))
    assert isinstance(error, BundleError) and error.code == "bundle.ray_failed"
    assert said in str(error) and len(str(error).splitlines()) == 3


def test_an_address_at_which_nobody_listens_is_told_at_once(ray: Ray) -> None:
    from paddle_lab.bundle.on_ray.cluster import connect

    for address in ("127.0.0.1:1", "127.0.0.1:99999", "a..b:1"):
        error = raised_by(lambda where=address: connect(where))
        assert isinstance(error, ServerError) and error.code == "server.no_ray"
        assert address in str(error) and ray.address == ""


def test_where_none_runs_a_cluster_is_started(ray: Ray, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from paddle_lab.bundle.on_ray.cluster import connect

    asked: list[str] = []

    def init(address: str, **_: Any) -> None:
        asked.append(address)
        if address in refused:
            raise ConnectionError("none is here")

    monkeypatch.setattr(sys.modules["ray"], "init", init)
    refused = {"auto"}
    assert connect("auto").own and asked == ["auto", "local"]
    refused = {"auto", "local"}
    error = raised_by(lambda: connect("auto"))
    assert error.code == "server.ray_start" and "none is here" in str(error)
