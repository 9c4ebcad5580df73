"""A run's model as a version on a hub: planned, sent whole or not at all, found again."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from bundle.making import make_bundle
from hub_server import HubServer
from model_builders import CONFIG

from paddle_lab.bundle import load_manifest
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.cli import main
from paddle_lab.errors import BundleError, HubError, PaddleLabError, UsageError
from paddle_lab.hubs import HubName, hub_name
from paddle_lab.publishing import plan_push, publish
from paddle_lab.publishing.model_card import metadata

TESTS = Path(__file__).parents[1]
TARGETS = ["hf:somebody/shop", "ms:somebody/shop", "file:{here}/share/somebody/shop"]
SOURCE = {"name": "hotel reviews", "run": "abc", "licences": []}


def named(text: str) -> HubName:
    found = hub_name(text)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def no_proof(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[HubName]:
    """These bundles hold no program: what would be proven is noted. One slow test proves."""
    proven: list[HubName] = []
    monkeypatch.setattr(
        "paddle_lab.publishing.push.proven",
        lambda name: proven.append(name) or {"paddle": {"rows": 3}},  # type: ignore[func-returns-value]
    )
    return proven


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle", source=SOURCE,
                       base_model={"name": "ernie-lab-mini", "licence": "Apache-2.0"})  # fmt: skip


def head(hub: HubServer, name: str = "somebody/shop") -> dict[str, bytes]:
    repo = hub.store.repo(name)
    return {path: data for path, data in repo.commits[repo.branches["main"]].files.items()
            if path != ".gitattributes"}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_pushed_is_found_again_by_its_name(
    logged_in: HubServer, bundle: Path, target: str, tmp_path: Path, no_proof: list[HubName]
) -> None:
    name = named(target.format(here=tmp_path))
    pushed = publish(plan_push(bundle, name))
    assert pushed.name == name.at("v1")
    assert no_proof == [name.at(pushed.state.commit)]
    for again in (str(name), f"{name}@v1", str(name.at(pushed.state.commit))):
        folder = find_bundle(again)
        assert load_manifest(folder).source == SOURCE
        for file in ("model.pdiparams", "manifest.json"):
            assert (folder / file).read_bytes() == (bundle / file).read_bytes()


@pytest.mark.parametrize("prefix", ["hf", "ms"])
def test_a_repository_is_private_unless_it_is_asked_to_be_public(
    logged_in: HubServer, bundle: Path, prefix: str
) -> None:
    publish(plan_push(bundle, named(f"{prefix}:somebody/shop")))
    publish(plan_push(bundle, named(f"{prefix}:somebody/open"), public=True))
    assert logged_in.store.repo("somebody/shop").private
    assert not logged_in.store.repo("somebody/open").private


@pytest.mark.parametrize("target", TARGETS)
def test_versions_are_counted_and_stay(
    logged_in: HubServer, bundle: Path, target: str, tmp_path: Path
) -> None:
    name = named(target.format(here=tmp_path))
    publish(plan_push(bundle, name, message="the first"))
    same = plan_push(bundle, name)
    assert (same.tag, same.known) == ("v1", True)
    assert publish(same).state.commit == find_bundle(f"{name}@v1").name
    other = make_bundle(tmp_path / "other", source=SOURCE, metrics={"accuracy": 0.95})
    second = publish(plan_push(other, name))
    assert second.name.revision == "v2"
    assert load_manifest(find_bundle(f"{name}@v1")).metrics["accuracy"] == 0.9
    assert load_manifest(find_bundle(str(name))).metrics["accuracy"] == 0.95
    with pytest.raises(HubError) as caught:
        publish(plan_push(bundle, name, tag="v2"))
    assert caught.value.code == "hub.tag"
    assert load_manifest(find_bundle(f"{name}@v2")).metrics["accuracy"] == 0.95


def test_the_tag_says_what_the_version_is(logged_in: HubServer, bundle: Path) -> None:
    publish(plan_push(bundle, named("hf:somebody/shop"), tag="2026-01", message="hotels"))
    repo = logged_in.store.repo("somebody/shop")
    assert "accuracy 90" in repo.notes["2026-01"]
    assert repo.commits[repo.tags["2026-01"]].message == "hotels"


@pytest.mark.parametrize("prefix", ["hf", "ms"])
def test_files_that_a_version_has_no_more_are_gone_from_it(
    logged_in: HubServer, bundle: Path, prefix: str
) -> None:
    logged_in.store.put("somebody/shop", {"old.bin": b"x", ".gitattributes": b"y"})
    name = named(f"{prefix}:somebody/shop")
    publish(plan_push(bundle, name))
    assert set(head(logged_in)) == set(plan_push(bundle, name).files)
    assert len(logged_in.store.repo("somebody/shop").commits) == 2, "in the same commit"


@pytest.mark.parametrize("prefix", ["hf", "ms"])
def test_a_dry_run_shows_every_file_and_byte_and_sends_nothing(
    logged_in: HubServer, bundle: Path, capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    target = f"{prefix}:somebody/shop"
    assert main(["push", str(bundle), target, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {method for method, _, _ in logged_in.asked} <= {"GET", "HEAD"}
    assert logged_in.store.repos == {}
    publish(plan_push(bundle, named(target)))
    sent = {path: len(data) for path, data in head(logged_in).items()}
    assert {one["path"]: one["bytes"] for one in told["files"]} == sent
    assert told["bytes"] == sum(sent.values())
    assert head(logged_in)["README.md"].decode() == told["card"]


def test_the_card_says_what_hubs_show_models_by(tmp_path: Path) -> None:
    licences = [{"name": "hf:org/data", "licence": "cc-by-nc-4.0", "use": "noncommercial"}]
    folder = make_bundle(
        tmp_path / "b", source={**SOURCE, "licences": licences},
        base_model={"name": "hf:org/base@" + "a" * 40, "licence": "apache-2.0"},
    )  # fmt: skip
    proof = {"rows": {"text": ["今天天气很好。", "x", "服务很差，不会再来。", "第三句话也很好。"]}}
    (folder / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    found = metadata(load_manifest_unchecked(folder), folder, named("hf:me/shop"))
    assert found["library_name"] == "paddlenlp"
    assert found["language"] == ["zh"]
    assert found["pipeline_tag"] == "text-classification"
    assert found["license"] == "cc-by-nc-4.0", "that of the data leaves less freedom"
    assert found["base_model"] == "org/base"
    assert found["datasets"] == ["org/data"]
    assert found["widget"] == [{"text": "今天天气很好。"}, {"text": "服务很差，不会再来。"}]
    result = found["model-index"][0]["results"][0]
    assert result["metrics"] == [{"type": "accuracy", "value": 0.9, "name": "accuracy"}]
    assert result["dataset"]["name"] == "hf:org/data"


def load_manifest_unchecked(folder: Path) -> Any:
    from paddle_lab.bundle.manifest import parse_manifest

    return parse_manifest(json.loads((folder / "manifest.json").read_text("utf-8")), folder)


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        (None, {"license": "other", "license_name": "unknown"}),
        ("research and teaching only",
         {"license": "other", "license_name": "research-and-teaching-only"}),
        ("Apache-2.0", {"license": "apache-2.0"}),
    ],
)  # fmt: skip
def test_a_licence_that_nobody_says_is_not_made_up(
    licence: str | None, told: dict[str, str], tmp_path: Path
) -> None:
    folder = make_bundle(tmp_path / "b", base_model={"name": "x", "licence": licence})
    found = metadata(load_manifest_unchecked(folder), folder, named("hf:me/shop"))
    assert {key: value for key, value in found.items() if key.startswith("license")} == told


def test_names_in_a_bundle_are_data_and_no_markup_of_the_card(
    logged_in: HubServer, tmp_path: Path
) -> None:
    nasty = "---\nlicense: mit\n---\n# x"
    bundle = make_bundle(
        tmp_path / "b", source={"name": nasty}, codec={"labels": ["a", nasty]},
        base_model={"name": nasty, "licence": nasty},
    )  # fmt: skip
    card = plan_push(bundle, named("hf:somebody/shop")).card
    front = yaml.safe_load(card[4:].partition("\n---\n")[0])
    assert front["license"] == "other"


def test_without_a_login_nothing_is_made(hub: HubServer, bundle: Path) -> None:
    for _ in range(2):
        with pytest.raises(HubError, match="huggingface-cli login") as caught:
            publish(plan_push(bundle, named("hf:somebody/shop")))
        assert caught.value.code == "hub.denied"
    assert hub.store.repos == {}


@pytest.mark.parametrize(
    ("target", "error", "code"),
    [
        ("aistudio:a/b", HubError, "hub.unsupported"),
        ("hf:a/b@v1", UsageError, "usage.value"),
        ("hf:a/b:train", UsageError, "usage.value"),
    ],
)
def test_what_cannot_be_pushed_to_is_said(
    logged_in: HubServer, bundle: Path, target: str, error: type[PaddleLabError], code: str
) -> None:
    with pytest.raises(error) as caught:
        plan_push(bundle, named(target))
    assert caught.value.code == code


def test_a_bundle_that_is_damaged_or_was_never_proven_is_not_pushed(
    logged_in: HubServer, tmp_path: Path
) -> None:
    unproven = make_bundle(tmp_path / "a", proof=None)
    damaged = make_bundle(tmp_path / "b")
    (damaged / "model.pdiparams").write_bytes(b"?")
    for folder in (unproven, damaged):
        with pytest.raises(BundleError):
            plan_push(folder, named("hf:somebody/shop"))


def test_a_push_that_somebody_else_overtook_changes_nothing(
    logged_in: HubServer, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged_in.store.put("somebody/shop", {"a.txt": b"theirs"})
    plan = plan_push(bundle, named("hf:somebody/shop"))
    logged_in.faults.refuse("/commit/main", 412, times=1)
    with pytest.raises(HubError) as caught:
        publish(plan)
    assert caught.value.code == "hub.changed"
    assert head(logged_in) == {"a.txt": b"theirs"}
    publish(plan)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_push_that_is_killed_leaves_the_old_version_or_the_new(
    logged_in: HubServer, tmp_path: Path, target: str
) -> None:
    place = target.format(here=tmp_path)
    name = named(place)
    bundles = [make_bundle(tmp_path / f"b{n}", source=SOURCE, metrics={"accuracy": n / 10})
               for n in range(4)]  # fmt: skip
    publish(plan_push(bundles[0], name, tag="v0"))
    chance, before = random.Random(3), 0.0
    for number, bundle in enumerate(bundles[1:], start=1):
        killed_push(bundle, place, f"v{number}", chance.uniform(0, 0.25))
        seen = load_manifest(find_bundle(place)).metrics["accuracy"]
        assert seen in (before, number / 10), "the old version or the new"
        publish(plan_push(bundle, name, tag=f"v{number}"))
        assert load_manifest(find_bundle(f"{place}@v{number}")).metrics["accuracy"] == number / 10
        before = number / 10


def killed_push(bundle: Path, target: str, tag: str, after_s: float) -> None:
    from huggingface_hub import constants

    command = [sys.executable, str(TESTS / "publishing" / "pusher.py"), str(bundle), target, tag]
    environment = {**os.environ, "HF_HUB_CACHE": str(constants.HF_HUB_CACHE)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        time.sleep(after_s)
        process.kill()


def test_a_model_of_a_hub_is_no_bundle_and_says_so(hub: HubServer) -> None:
    hub.store.put("org/m", {"config.json": json.dumps(CONFIG).encode()})
    hub.store.put("org/odd", {"manifest.json": b"[]"})
    for name in ("hf:org/m", "hf:org/odd"):
        with pytest.raises(BundleError):
            find_bundle(name)


def test_a_manifest_of_a_hub_chooses_no_files_of_this_machine(
    logged_in: HubServer, bundle: Path
) -> None:
    content = json.loads((bundle / "manifest.json").read_text("utf-8"))
    content["files"]["../../secret"] = {"sha256": "0" * 64, "bytes": 1}
    logged_in.store.put("org/bad", {"manifest.json": json.dumps(content).encode()})
    with pytest.raises(BundleError):
        find_bundle("hf:org/bad")
