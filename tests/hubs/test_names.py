"""What a person types for something on a hub, and what is no such name."""

from __future__ import annotations

import pytest

from paddle_lab.errors import HubError
from paddle_lab.hubs import HUBS, HubName, hub_name
from paddle_lab.models.resolve import model_on_hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hf:org/name", HubName("hf", "org/name")),
        (" hf:org/name@v1.0 ", HubName("hf", "org/name", "v1.0")),
        ("hf:bert-base-chinese", HubName("hf", "bert-base-chinese")),
        ("hf:a/b@refs/convert/parquet", HubName("hf", "a/b", "refs/convert/parquet")),
        ("ms:a/b-c_d.e@master", HubName("ms", "a/b-c_d.e", "master")),
        ("hf:a/b:train", HubName("hf", "a/b", split="train")),
        ("hf:a/b/tnews:validation@x", HubName("hf", "a/b", "x", "tnews", "validation")),
        ("file:/share/hub/org/name@v2", HubName("file", "org/name", "v2", root="/share/hub")),
        ("file:hub/org/name", HubName("file", "org/name", root="hub")),
        ("aistudio:a/b", HubName("aistudio", "a/b")),
    ],
)
def test_a_name_says_hub_repository_and_revision_and_is_written_as_it_is_read(
    text: str, name: HubName
) -> None:
    assert hub_name(text) == name
    assert str(name) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["hf:", "hf:/x", "hf:a/b@", "hf:a/b@../x", "hf:a/..", "hf:a/b/c/d", "hf:a b/c", "hf:a/b:",
     "ms:a/b\u202e", "hf:a/b@x@y", "file:org/name", "hf:" + "a" * 500],
)  # fmt: skip
def test_a_name_that_goes_on_wrong_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(HubError, match="hf:org/name") as caught:
        hub_name(text)
    assert caught.value.code == "hub.name"
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize("text", ["reviews", "reviews:dev", "C:/data/x.tsv", "a/b", "x.tsv", 3, ""])
def test_what_begins_with_no_hub_is_no_name_on_one(text: object) -> None:
    assert hub_name(text) is None


def test_a_commit_is_shown_short_and_known_as_one() -> None:
    name = hub_name(f"hf:org/name@{COMMIT}")
    assert name is not None
    assert name.pinned
    assert name.shown == "hf:org/name@01234567"
    assert not name.at("main").pinned


def test_a_model_without_a_prefix_is_of_hugging_face_unless_it_is_a_folder(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert model_on_hub("org/name@v1") == HubName("hf", "org/name", "v1")
    (tmp_path / "org" / "name").mkdir(parents=True)
    assert model_on_hub("org/name") is None
    assert model_on_hub("ernie-3.0-nano-zh") is None


def test_a_folder_as_a_hub_is_found_from_any_other_folder(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = hub_name("file:share/org/name@v1")
    assert name is not None
    assert str(name.absolute) == f"file:{tmp_path}/share/org/name@v1"
    other = hub_name("hf:org/name")
    assert other is not None
    assert other.absolute == other


def test_every_hub_says_how_it_is_called_and_whether_it_needs_a_network() -> None:
    assert HUBS.names() == sorted(HUBS.names())
    for name in HUBS.names():
        entry = HUBS.get(name)
        assert entry.title.en
        assert entry.local == (name == "file")
