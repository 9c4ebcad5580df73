"""Kits: every kind is whole, says what it was made for, and hardens what it starts."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

from paddle_lab.commands.serve import build_parser
from paddle_lab.kits import KITS, KitFacts, name_of
from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan, Replicas
from paddle_lab.serving.on_ray.replica import TOKEN

FACTS = KitFacts(
    bundle=Path("bundle"), name="reviews", image="registry.example/nlp/reviews:1",
    runtime="onnx-int8", extra="onnx", wheel=None, python="3.11", version="0.1.0", port=8080,
    replicas=3, most_replicas=5, workers=2, memory_mb=200,
)  # fmt: skip

IMAGES = [name for name in KITS.names() if KITS.get(name).in_container]


def documents(files: Any) -> dict[str, Any]:
    return {name: yaml.safe_load(text) for name, text in files.items() if name.endswith(".yaml")}


def texts(kind: str, facts: KitFacts = FACTS) -> dict[str, str]:
    files = KITS.get(kind).files(facts).items()
    return {name: text for name, text in files if isinstance(text, str)}


def entry_point(dockerfile: str) -> list[str]:
    line = next(line for line in dockerfile.splitlines() if line.startswith("ENTRYPOINT"))
    words: list[str] = yaml.safe_load(line.removeprefix("ENTRYPOINT "))
    return words


@pytest.fixture(params=IMAGES)
def files(request: pytest.FixtureRequest) -> dict[str, str]:
    return texts(request.param)


def test_every_image_runs_without_root(files: dict[str, str]) -> None:
    lines = files["Dockerfile"].splitlines()
    stages = [line for line in lines if line.startswith("FROM")]
    assert len(stages) == 2 and stages[0].endswith(" AS install")
    assert "USER 10001" in lines and any(line.startswith("HEALTHCHECK") for line in lines)
    extra = "onnx,ray" if "rayservice.yaml" in files else "onnx"
    assert files["requirements.txt"] == f"paddle-lab-serve[{extra}]==0.1.0\n"
    assert "!bundle" in files[".dockerignore"]
    assert all("{{" not in text and "{%" not in text for text in files.values())


def test_what_no_service_opens_goes_from_every_image(files: dict[str, str]) -> None:
    lines = [line.strip() for line in files["Dockerfile"].splitlines()]
    step = lines.index("&& /opt/serve/bin/python -m paddle_lab.serving.slim")
    assert step < lines.index("COPY --from=install /opt/serve /opt/serve")
    assert importlib.util.find_spec("paddle_lab.serving.slim") is not None


def test_the_command_of_the_image_is_one_that_the_service_knows(files: dict[str, str]) -> None:
    program, serve, *words = entry_point(files["Dockerfile"])
    assert program.endswith("/paddle-lab") and serve == "serve"
    args = build_parser("paddle-lab serve").parse_args(words)
    assert list(args.bundles) == ["reviews=/srv/bundle"]
    assert (args.host, args.port, args.runtime, args.workers) == ("0.0.0.0", 8080, "onnx-int8", 2)


def test_a_wheel_that_lies_beside_is_the_one_that_is_installed() -> None:
    wheel = "paddle_lab_serve-0.1.0-py3-none-any.whl"
    files = texts("docker", dataclasses.replace(FACTS, wheel=wheel))
    assert files["requirements.txt"] == f"./{wheel}[onnx]\n"
    assert f"COPY requirements.txt {wheel} ./" in files["Dockerfile"]


def test_compose_keeps_the_root_read_only_and_asks_for_a_token() -> None:
    found = documents(KITS.get("compose").files(FACTS))["compose.yaml"]
    service = found["services"]["reviews"]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]
    assert service["ports"] == ["127.0.0.1:8080:8080"]
    args = build_parser("paddle-lab serve").parse_args(service["command"])
    assert args.token_file == "/run/secrets/token" and "token" in found["secrets"]


@pytest.mark.parametrize("kind", [name for name in IMAGES if KITS.get(name).speaks_grpc])
def test_with_grpc_every_kind_opens_a_second_port(kind: str) -> None:
    facts = dataclasses.replace(FACTS, extra="onnx,grpc", grpc_port=9000)
    files = texts(kind, facts)
    assert files["requirements.txt"] == "paddle-lab-serve[onnx,grpc]==0.1.0\n"
    assert "EXPOSE 8080 9000" in files["Dockerfile"].splitlines()
    _, _, *words = entry_point(files["Dockerfile"])
    assert build_parser("paddle-lab serve").parse_args(words).grpc_port == 9000
    found = documents(files)
    if kind == "compose":
        ports = found["compose.yaml"]["services"]["reviews"]["ports"]
        assert ports == ["127.0.0.1:8080:8080", "127.0.0.1:9000:9000"]
    if kind == "docker":
        assert any("-p 127.0.0.1:9000:9000" in step for step in KITS.get(kind).steps(facts))
    if kind == "k8s":
        pod = found["k8s/deployment.yaml"]["spec"]["template"]["spec"]["containers"][0]
        assert pod["ports"][1] == {"name": "grpc", "containerPort": 9000}
        opened = found["k8s/service.yaml"]["spec"]["ports"][1]
        assert opened["targetPort"] == "grpc" and opened["appProtocol"] == "kubernetes.io/h2c"
    if kind == "kserve":
        (container,) = found["inferenceservice.yaml"]["spec"]["predictor"]["containers"]
        assert container["ports"] == [{"name": "h2c", "containerPort": 9000, "protocol": "TCP"}]
        assert container["readinessProbe"] == {"grpc": {"port": 9000}}


def test_manifests_of_kubernetes_fit_each_other() -> None:
    found = {one["kind"]: one for one in documents(KITS.get("k8s").files(FACTS)).values()}
    assert sorted(found) == ["Deployment", "HorizontalPodAutoscaler", "PodMonitor", "Service"]
    pod = found["Deployment"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert container["image"] == FACTS.image
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert found["Service"]["spec"]["selector"] == pod["metadata"]["labels"]
    assert found["PodMonitor"]["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    (port,) = container["ports"]
    assert port == {"name": "http", "containerPort": 8080}
    assert found["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    scaler = found["HorizontalPodAutoscaler"]["spec"]
    assert scaler["scaleTargetRef"]["name"] == found["Deployment"]["metadata"]["name"] == "reviews"
    assert scaler["minReplicas"] == found["Deployment"]["spec"]["replicas"] == 3
    assert scaler["maxReplicas"] == 5
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"].startswith("/health/")


def test_kserve_asks_the_protocol_that_the_service_speaks() -> None:
    found = documents(KITS.get("kserve").files(FACTS))["inferenceservice.yaml"]
    predictor = found["spec"]["predictor"]
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (3, 5)
    (container,) = predictor["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": 8080}
    assert container["securityContext"]["runAsNonRoot"] is True


def test_ray_serves_the_bundle_of_the_image_on_every_node() -> None:
    found = documents(texts("ray"))["rayservice.yaml"]["spec"]
    config = yaml.safe_load(found["serveConfigV2"])
    assert config["http_options"] == {"host": "0.0.0.0", "port": 8080}
    model, front = config["applications"]
    for one in (model, front):
        module, _, function = one["import_path"].partition(":")
        assert module == "paddle_lab.serving.on_ray.application"
        assert function in ("model", "front")
    plan = ModelPlan.from_json(model["args"])
    assert (plan.folder, plan.how.runtime, plan.replicas) == (
        "/srv/bundle", "onnx-int8", Replicas(3, 10),
    )  # fmt: skip
    fronts = FrontPlan.from_json(front["args"])
    assert fronts.models[0].app == model["name"] and fronts.fronts == 4
    assert not fronts.loopback and fronts.token is None
    cluster = found["rayClusterConfig"]
    (workers,) = cluster["workerGroupSpecs"]
    assert (workers["replicas"], workers["minReplicas"], workers["maxReplicas"]) == (3, 3, 5)
    assert fronts.batches == 10
    assert workers["rayStartParams"] == {"num-cpus": "2"}
    for group in (cluster["headGroupSpec"], workers):
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert container["image"] == FACTS.image and pod["securityContext"]["runAsNonRoot"]
        assert container["ports"] == [{"name": "serve", "containerPort": 8080}]
        assert container["env"][0]["name"] == TOKEN


def test_nodes_of_ray_come_and_go_where_their_number_is_not_fixed() -> None:
    def cluster(facts: KitFacts) -> Any:
        return documents(texts("ray", facts))["rayservice.yaml"]["spec"]["rayClusterConfig"]

    moving, fixed = cluster(FACTS), cluster(dataclasses.replace(FACTS, most_replicas=3))
    assert moving["enableInTreeAutoscaling"] is True and "enableInTreeAutoscaling" not in fixed
    # Its container is KubeRay's, and as confined as ours.
    confined = moving["autoscalerOptions"]["securityContext"]
    assert confined["allowPrivilegeEscalation"] is False
    assert confined["capabilities"] == {"drop": ["ALL"]}
    (theirs,), (ours,) = moving["workerGroupSpecs"], fixed["workerGroupSpecs"]
    assert (theirs["maxReplicas"], ours["maxReplicas"]) == (5, 3)

    def has_account(group: Any) -> bool:
        return bool(group["template"]["spec"]["automountServiceAccountToken"])

    # Who asks Kubernetes for nodes needs an account there; nobody else has one.
    assert has_account(moving["headGroupSpec"]) and not has_account(fixed["headGroupSpec"])
    assert not has_account(theirs) and not has_account(ours)


@pytest.mark.parametrize(
    ("given", "name"),
    [("Reviews_v2", "reviews-v2"), ("情感分析", "model"), ("2024 news", "model-2024-news"),
     ("a" * 80, "a" * 40), ("--x--", "x")],
)  # fmt: skip
def test_any_name_becomes_one_that_kubernetes_takes(given: str, name: str) -> None:
    assert name_of(given) == name
