"""What is ModelScope's own in publishing: its login, its licence, its client that may be absent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bundle.making import make_bundle
from hub_server import HubServer

from paddle_lab.bundle.locate import find_bundle
from paddle_lab.errors import HubError
from paddle_lab.hubs import HUBS, HubName, hub_name
from paddle_lab.hubs.api import Push
from paddle_lab.publishing import plan_push

TOKEN = "hf_right"


def named(text: str) -> HubName:
    found = hub_name(text)
    assert found is not None
    return found


@pytest.fixture
def push(tmp_path: Path) -> Push:
    bundle = make_bundle(tmp_path / "b", base_model={"name": "x", "licence": "mit"})
    plan = plan_push(bundle, named(f"file:{tmp_path}/hub/x/y"))
    card, large = tmp_path / "card.md", tmp_path / "large.bin"
    card.write_text(plan.card, encoding="utf-8")
    large.write_bytes(bytes(range(256)) * 400)
    files = {path: bundle / path for path in plan.files}
    return Push({**files, "README.md": card, "large.bin": large}, "hotels", "v1", "accuracy 90%")


def test_the_repository_gets_the_cards_licence_and_the_commit_its_note(
    logged_in: HubServer, push: Push
) -> None:
    HUBS.get("ms").push(named("ms:somebody/shop"), push)
    repo = logged_in.store.repo("somebody/shop")
    assert repo.licence == "mit", "the client would have said Apache-2.0"
    commit = repo.commits[repo.tags["v1"]]
    assert commit.message == "hotels\n\nv1: accuracy 90%"
    assert ".gitattributes" in commit.files, "the hub's own file stays"


def test_a_private_model_is_read_with_the_clients_own_login_alone(
    logged_in: HubServer, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelscope_hub import HubConfig

    HUBS.get("ms").push(named("ms:somebody/shop"), push)
    monkeypatch.delenv("MODELSCOPE_API_TOKEN")
    with pytest.raises(HubError, match="modelscope login") as caught:
        find_bundle("ms:somebody/shop@v1")
    assert caught.value.code == "hub.not_found"
    HubConfig().save_token(TOKEN)
    assert (find_bundle("ms:somebody/shop@v1") / "manifest.json").is_file()


@pytest.mark.parametrize("token", [None, "hf_wrong"])
def test_nobody_who_is_not_known_makes_anything(
    hub: HubServer, push: Push, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    if token:
        monkeypatch.setenv("MODELSCOPE_API_TOKEN", token)
    with pytest.raises(HubError, match="modelscope login") as caught:
        HUBS.get("ms").push(named("ms:somebody/shop"), push)
    assert caught.value.code == "hub.denied"
    assert hub.store.repos == {}


def test_somebody_elses_name_is_refused(logged_in: HubServer, push: Push) -> None:
    logged_in.store.put("other/shop", {"a.txt": b"theirs"})
    before = dict(logged_in.store.repo("other/shop").commits)
    with pytest.raises(HubError) as caught:
        HUBS.get("ms").push(named("ms:other/shop"), push)
    assert caught.value.code == "hub.denied"
    assert logged_in.store.repo("other/shop").commits == before


def test_a_second_push_sends_no_large_file_again_and_makes_no_commit(
    logged_in: HubServer, push: Push
) -> None:
    hub, name = HUBS.get("ms"), named("ms:somebody/shop")
    logged_in.faults.refuse("/commit/", 400, times=1)
    with pytest.raises(HubError):
        hub.push(name, push)
    sent = [path for path in logged_in.paths("PUT") if "/upload/" in path]
    assert len(sent) == 1
    first = hub.push(name, push)
    assert [path for path in logged_in.paths("PUT") if "/upload/" in path] == sent
    commits = len(logged_in.store.repo("somebody/shop").commits)
    assert hub.push(name, push).commit == first.commit
    assert len(logged_in.store.repo("somebody/shop").commits) == commits


def test_without_its_client_what_to_install_is_said(
    logged_in: HubServer, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "modelscope_hub", None)
    with pytest.raises(HubError, match=r"paddle-lab\[modelscope\]") as caught:
        HUBS.get("ms").push(named("ms:somebody/shop"), push)
    assert caught.value.code == "hub.not_installed"


def test_the_clients_login_is_written_nowhere_and_told_in_no_error(
    hub: HubServer, push: Push, tmp_path: Path
) -> None:
    from modelscope_hub import HubConfig

    secret = "ms-plantedSecret0123456789abcdefghij"
    HubConfig().save_token(secret)
    hub.store.tokens[secret] = "somebody"
    hub.faults.refuse("/repo/tag", 400, times=1)
    with pytest.raises(HubError) as caught:
        HUBS.get("ms").push(named("ms:somebody/shop"), push)
    assert secret not in caught.value.in_language("en") + repr(caught.value.__cause__)
    HUBS.get("ms").push(named("ms:somebody/shop"), push)
    find_bundle("ms:somebody/shop@v1")
    assert any(token == secret for _, _, token in hub.asked), "it was used"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    found = [path.name for path in files if secret.encode() in path.read_bytes()]
    assert found == ["cookies"], "the client's own store"
    commits = hub.store.repo("somebody/shop").commits.values()
    assert not any(secret.encode() in data for one in commits for data in one.files.values())
