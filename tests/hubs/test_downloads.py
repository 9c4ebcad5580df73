"""Files from a hub: cut, refused, damaged, from mirrors, and without any network."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from pathlib import Path

import pytest
from hub_server import HubServer

from paddle_lab.errors import HubError
from paddle_lab.hubs import DATA, HUBS, MODELS, HubName, fetch, hub_name, look
from paddle_lab.hubs.endpoints import forget_endpoint

FILE = "model.safetensors"
OVER_THE_NET = ["hf", "ms", "aistudio"]
CONTENT = random.Random(7).randbytes(3_000_000)


def named(text: str) -> HubName:
    found = hub_name(text)
    assert found is not None
    return found


def put(hub: HubServer, content: bytes = CONTENT, **how: object) -> str:
    card = b"---\nlicense: mit\n---\n# A model\n"
    return hub.store.put("org/m", {FILE: content, "README.md": card, "config.json": b"{}"}, **how)


@pytest.mark.parametrize("prefix", OVER_THE_NET)
def test_a_download_that_is_cut_goes_on_where_it_ended(hub: HubServer, prefix: str) -> None:
    put(hub)
    cuts = sorted(random.Random(prefix).sample(range(1, len(CONTENT)), 3))
    hub.faults.cuts = list(cuts)
    state = look(named(f"{prefix}:org/m"), MODELS)
    folder = fetch(state, [FILE])
    assert hashlib.sha256((folder / FILE).read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
    assert len(hub.faults.cuts) < 3, "it was cut"
    assert hub.ranges, "and asked for from where it ended"


@pytest.mark.parametrize("prefix", OVER_THE_NET)
def test_a_half_file_is_never_taken_for_whole(hub: HubServer, prefix: str, tmp_path: Path) -> None:
    put(hub)
    state = look(named(f"{prefix}:org/m"), MODELS)
    hub.faults.cuts = [1000] + [0] * 9
    with pytest.raises(HubError) as caught:
        fetch(state, [FILE])
    assert caught.value.code in ("hub.interrupted", "hub.unreachable")
    whole = [path for path in tmp_path.rglob(FILE) if path.is_file()]
    assert whole == []
    hub.faults.cuts = []
    assert (fetch(state, [FILE]) / FILE).read_bytes() == CONTENT


@pytest.mark.parametrize("prefix", OVER_THE_NET)
def test_bytes_that_are_not_the_hubs_are_refused_and_removed(
    hub: HubServer, prefix: str, tmp_path: Path
) -> None:
    put(hub)
    hub.faults.flipped.add(FILE)
    with pytest.raises(HubError) as caught:
        fetch(look(named(f"{prefix}:org/m"), MODELS), [FILE])
    assert caught.value.code == "hub.damaged"
    assert [path for path in tmp_path.rglob("*") if path.is_file()
            and path.stat().st_size >= len(CONTENT)] == []  # fmt: skip


def test_a_file_that_somebody_changed_in_the_cache_is_downloaded_again(hub: HubServer) -> None:
    put(hub)
    state = look(named("hf:org/m"), MODELS)
    path = fetch(state, [FILE]) / FILE
    path.resolve().write_bytes(CONTENT[:-1] + b"!")
    assert (fetch(state, [FILE]) / FILE).read_bytes() == CONTENT


def test_a_busy_hub_is_asked_again_after_the_time_that_it_names(hub: HubServer) -> None:
    put(hub)
    hub.faults.refuse("/api/models/", 429, times=2, Retry_After="0")
    hub.faults.refuse("/resolve/", 503, times=1, Retry_After="0")
    state = look(named("hf:org/m"), MODELS)
    assert (fetch(state, [FILE]) / FILE).read_bytes() == CONTENT


def test_a_hub_that_stays_busy_is_named(hub: HubServer) -> None:
    put(hub)
    hub.faults.refuse("/api/models/", 429, times=99, Retry_After="0")
    with pytest.raises(HubError, match="429") as caught:
        look(named("hf:org/m"), MODELS)
    assert caught.value.code == "hub.busy"


@pytest.mark.parametrize(
    ("name", "code"),
    [("hf:org/none", "hub.not_found"), ("hf:org/m@none", "hub.no_revision"),
     ("hf:org/secret", "hub.not_found"), ("hf:org/gated", "hub.denied"),
     ("ms:org/none", "hub.not_found"), ("ms:org/m@none", "hub.no_revision"),
     ("aistudio:org/none", "hub.not_found"), ("aistudio:org/m@none", "hub.no_revision"),
     ("aistudio:org/secret", "hub.not_found"), ("file:HERE/org/none", "hub.not_found")],
)  # fmt: skip
def test_what_there_is_not_or_may_not_be_read_is_said(
    hub: HubServer, name: str, code: str, tmp_path: Path
) -> None:
    put(hub)
    hub.store.put("org/secret", {FILE: CONTENT}, private=True)
    hub.store.put("org/gated", {FILE: CONTENT}, gated=True)
    with pytest.raises(HubError) as caught:
        fetch(look(named(name.replace("HERE", str(tmp_path))), MODELS), [FILE])
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert len(caught.value.in_language(language).splitlines()) == 3


def test_an_unknown_revision_is_answered_with_those_there_are(hub: HubServer) -> None:
    oid = put(hub)
    hub.store.repo("org/m").tags["v1"] = oid
    for prefix in OVER_THE_NET:
        with pytest.raises(HubError, match="v1"):
            look(named(f"{prefix}:org/m@v9"), MODELS)


@pytest.mark.parametrize("prefix", OVER_THE_NET)
def test_a_commit_gives_the_same_bytes_after_the_branch_moved(hub: HubServer, prefix: str) -> None:
    put(hub)
    before = look(named(f"{prefix}:org/m"), MODELS)
    assert before.name.pinned
    put(hub, b"other")
    assert look(named(f"{prefix}:org/m"), MODELS).commit != before.commit
    again = look(before.name, MODELS)
    assert again.commit == before.commit
    assert (fetch(again, [FILE]) / FILE).read_bytes() == CONTENT


def test_the_first_mirror_that_answers_is_used_and_gets_no_token(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hub)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    with HubServer() as dead, HubServer() as mirror:
        dead.faults.silent = True
        mirror.store = hub.store
        listed = f"{dead.address}, {mirror.address}/, {hub.address}"
        monkeypatch.setenv("PADDLE_LAB_HF_ENDPOINTS", listed)
        forget_endpoint()
        state = look(named("hf:org/m"), MODELS)
        assert state.endpoint == mirror.address
        assert state.silent is not None
        assert dead.address in state.silent.in_language("en")
        fetch(state, [FILE])
        assert mirror.asked
        assert {token for _, _, token in mirror.asked} == {None}
        assert hub.asked == []


def test_a_mirror_that_falls_silent_is_followed_by_the_next(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hub)
    with HubServer() as mirror:
        mirror.store = hub.store
        monkeypatch.setenv("PADDLE_LAB_HF_ENDPOINTS", f"{mirror.address} {hub.address}")
        forget_endpoint()
        assert look(named("hf:org/m"), MODELS).endpoint == mirror.address
        mirror.faults.silent = True
        assert look(named("hf:org/m"), MODELS).endpoint == hub.address


def test_the_hub_itself_gets_the_token_of_the_librarys_own_store(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.store.put("org/secret", {FILE: CONTENT}, private=True)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    assert look(named("hf:org/secret"), MODELS).private


@pytest.mark.parametrize("how", ["our setting", "the library's", "silence"])
def test_without_a_network_what_was_downloaded_before_is_found(
    hub: HubServer, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hub)
    for prefix in ("hf", "ms"):
        fetch(look(named(f"{prefix}:org/m"), MODELS), [FILE, "README.md"])
    if how == "silence":
        hub.faults.silent = True
        forget_endpoint()
    else:
        variable = "PADDLE_LAB_OFFLINE" if how == "our setting" else "HF_HUB_OFFLINE"
        monkeypatch.setenv(variable, "1")
        asked = len(hub.asked)
    for prefix in ("hf", "ms"):
        state = look(named(f"{prefix}:org/m"), MODELS)
        assert state.endpoint is None
        assert state.silent is not None
        assert (fetch(state, [FILE]) / FILE).read_bytes() == CONTENT
        with pytest.raises(HubError, match=r"config\.json") as caught:
            fetch(state, [FILE, "config.json"])
        assert caught.value.code == "hub.not_here"
    if how != "silence":
        assert len(hub.asked) == asked
    with pytest.raises(HubError, match="org/never"):
        look(named("hf:org/never"), MODELS)


def test_the_librarys_own_cache_is_the_one_that_is_used(hub: HubServer, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download

    put(hub)
    theirs = hf_hub_download("org/m", FILE, cache_dir=tmp_path / "hf", endpoint=hub.address)
    asked = len(hub.paths())
    ours = fetch(look(named("hf:org/m"), MODELS), [FILE]) / FILE
    assert ours == Path(theirs)
    assert not any("/large/" in path for path in hub.paths()[asked:])


def test_what_modelscopes_own_client_has_is_not_downloaded_again(
    hub: HubServer, tmp_path: Path
) -> None:
    put(hub)
    theirs = tmp_path / "ms-own" / "models" / "org" / "m" / FILE
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(CONTENT)
    assert (fetch(look(named("ms:org/m"), MODELS), [FILE]) / FILE).read_bytes() == CONTENT
    assert not any("FilePath" in path for path in hub.paths())


def test_progress_names_what_has_arrived_of_how_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.hubs import watch

    monkeypatch.setattr(watch, "MEGABYTE", 1000)
    told: list[str] = []
    with watch.watched(tmp_path, lambda text: told.append(text.in_language("en")), "org/m", 9000):
        (tmp_path / "part").write_bytes(b"x" * 5500)
        deadline = time.monotonic() + 20
        while not told and time.monotonic() < deadline:
            time.sleep(0.05)
    assert told == ["5 of 9 MB of org/m downloaded"]


def test_paths_of_a_hub_never_lead_out_of_its_folder(hub: HubServer, tmp_path: Path) -> None:
    hub.store.put("org/bad", {"../../out.txt": b"x", "/abs": b"x", "good.txt": b"x"})
    state = look(named("ms:org/bad"), MODELS)
    assert [file.path for file in state.files] == ["good.txt"]


def test_data_sets_have_a_place_of_their_own(hub: HubServer) -> None:
    hub.store.put("org/m", {"train.csv": b"text,label\na,b\n"}, kind="datasets")
    for prefix in ("hf", "ms"):
        folder = fetch(look(named(f"{prefix}:org/m"), DATA), ["train.csv"])
        assert (folder / "train.csv").read_bytes().startswith(b"text")
    assert HUBS.get("hf").kept(named("hf:org/m"), MODELS) is None


def test_a_machine_without_the_hubs_library_is_told_what_to_install(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("huggingface_hub", "yaml"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(HubError, match="pip install huggingface-hub"):
        look(named("hf:org/m"), MODELS)
    place = tmp_path / "share" / "models--org--m"
    (place / "snapshots" / "a1").mkdir(parents=True)
    (place / "snapshots" / "a1" / "README.md").write_text("---\nlicense: mit\n---\n")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("a1")
    state = look(named(f"file:{tmp_path}/share/org/m"), MODELS)
    assert fetch(state, ["README.md"]) == place / "snapshots" / "a1"


def test_of_ai_studio_the_pointers_of_large_files_are_followed_and_the_tag_is_a_commit(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    oid = put(hub, private=True)
    hub.store.repo("org/m").tags["v1"] = oid
    monkeypatch.setenv("AISTUDIO_ACCESS_TOKEN", "hf_right")
    state = look(named("aistudio:org/m@v1"), MODELS)
    file = state.file(FILE)
    assert file is not None
    assert (state.commit, file.size, file.sha256) == (
        oid, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(),
    )  # fmt: skip
    assert state.facts["license"] == "mit"
    assert (fetch(state, [FILE]) / FILE).read_bytes() == CONTENT
    monkeypatch.delenv("AISTUDIO_ACCESS_TOKEN")
    stored = Path(os.environ["AISTUDIO_CACHE_HOME"], ".cache", "aistudio", ".auth", "token")
    stored.parent.mkdir(parents=True)
    stored.write_text("hf_right", encoding="utf-8")
    assert look(named("aistudio:org/m"), MODELS).commit == oid, "its own program's login"
