"""What travels to the nodes is plain, and what a person may ask for on Ray."""

from __future__ import annotations

import json
import sys

import pytest

from paddle_lab.commands.context import Context
from paddle_lab.commands.serve import build_parser, execute
from paddle_lab.commands.serve_ray import plans_of
from paddle_lab.errors import EnvError, UsageError
from paddle_lab.serving.models import Place
from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan, Replicas, Served
from paddle_lab.serving.processes import How
from paddle_lab.serving.requests import Bounds


def test_plans_are_the_same_after_a_journey_as_json() -> None:
    model = ModelPlan("/srv/bundle", "a1", How("onnx", "cpu", 2), Replicas(2, 6))
    assert ModelPlan.from_json(json.loads(json.dumps(model.to_json()))) == model
    served = (Served("app-1", "reviews", "/srv/bundle", "2", "a1"),)
    front = FrontPlan(served, 6, 3, Bounds(rows=9), rows=4, token="x" * 16, log_requests=True)
    assert FrontPlan.from_json(json.loads(json.dumps(front.to_json()))) == front


def test_a_manifest_may_leave_out_what_is_as_by_default() -> None:
    assert ModelPlan.from_json({"folder": "/srv/bundle"}) == ModelPlan("/srv/bundle")
    one = {"app": "a", "name": "reviews", "folder": "/srv/bundle"}
    assert FrontPlan.from_json({"models": [one]}).models == (Served(**one),)


def test_options_become_plans() -> None:
    words = ["last", "--ray", "--replicas", "2..6", "--threads", "2", "--max-texts", "9",
             "--runtime", "onnx", "--batch-rows", "4", "--host", "0.0.0.0"]  # fmt: skip
    args = build_parser("paddle-lab serve").parse_args(words)
    assert args.ray == "auto"
    model, front = plans_of(args, "x" * 16, models=1, cores=8, nodes=3)
    assert (model.replicas, model.how) == (Replicas(2, 6), How("onnx", "auto", 2))
    assert (front.batches, front.fronts, front.bounds.rows, front.rows) == (6, 3, 9, 4)
    assert (front.token, front.loopback) == ("x" * 16, False)
    args = build_parser("paddle-lab serve").parse_args(["last", "--ray", "--threads", "2"])
    model, front = plans_of(args, None, models=2, cores=16, nodes=1)
    assert model.replicas == Replicas(1, 4) and front.loopback
    words = ["last", "--ray", "--scale-up", "1", "--scale-down", "20"]
    model, _ = plans_of(build_parser("paddle-lab serve").parse_args(words), None, 1, 4, 1)
    assert model.replicas == Replicas(1, 4, more_after_s=1, fewer_after_s=20)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--replicas", "2"], "usage.conflict", "without --ray"),
        (["--ray", "--workers", "2"], "usage.conflict", "--replicas"),
        (["--ray", "--grpc-port", "9000"], "usage.conflict", "no gRPC"),
        (["--ray", "--device", "gpu"], "usage.conflict", "on the CPU"),
        (["--ray", "--replicas", "6..2"], "usage.value", "smaller"),
        (["--scale-up", "2"], "usage.conflict", "without --ray"),
        (["--ray", "--replicas", "3", "--scale-down", "9"], "usage.conflict", "one number"),
        (["--ray", "reviews"], "usage.value", "HOST:PORT"),
    ],
)
def test_options_that_say_nothing_are_refused(words: list[str], code: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        execute(build_parser("paddle-lab serve").parse_args(["last", *words]), Context())
    assert refused.value.code == code and said in str(refused.value)


def test_in_a_notebook_it_is_refused() -> None:
    args = build_parser().parse_args(["last", "--ray"])
    with pytest.raises(UsageError) as refused:
        execute(args, Context(notebook=True))
    assert refused.value.code == "usage.conflict"


def test_without_ray_it_says_what_to_install(words: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "paddle_lab.serving.on_ray.running", raising=False)
    args = build_parser("paddle-lab serve").parse_args([str(words.folder), "--ray"])
    with pytest.raises(EnvError) as refused:
        execute(args, Context())
    assert refused.value.code == "env.no_ray" and "paddle-lab[ray]" in str(refused.value)
