"""Nothing that is not whole is taken for whole, and each error names the file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bundle.making import FILES, make_bundle, rewrite

from paddle_lab.bundle.manifest import MANIFEST_FILE, load_manifest
from paddle_lab.bundle.schema import manifest_schema
from paddle_lab.errors import BundleError

NEEDED = [name for name in FILES if name != "README.md"]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle")


def refused(folder: Path, **options: Any) -> str:
    with pytest.raises(BundleError) as caught:
        load_manifest(folder, **options)
    assert caught.value.fix is not None
    return caught.value.in_language("en")


def test_a_whole_bundle_loads(bundle: Path) -> None:
    manifest = load_manifest(bundle)
    assert manifest.labels == ["差评", "好评"]
    assert manifest.metrics == {"accuracy": 0.9, "loss": None}


def test_it_conforms_to_the_published_schema(bundle: Path) -> None:
    content = json.loads((bundle / MANIFEST_FILE).read_text(encoding="utf-8"))
    jsonschema.validate(content, manifest_schema())


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert f"damaged: {name}" in refused(bundle)


@pytest.mark.parametrize("name", NEEDED)
def test_a_folder_in_place_of_a_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    (bundle / name).mkdir()
    assert f"damaged: {name}" in refused(bundle)


@pytest.mark.parametrize("name", NEEDED)
def test_a_truncated_file_is_named_even_without_hashing(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(FILES[name][:-1])
    assert name in refused(bundle, check_hashes=False) and "expected" in refused(bundle)


@pytest.mark.parametrize("name", NEEDED)
def test_one_flipped_byte_is_found(bundle: Path, name: str) -> None:
    content = bytearray(FILES[name])
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert "SHA-256" in refused(bundle) and name in refused(bundle)


def test_any_flipped_byte_of_the_manifest_is_found_or_changes_nothing(bundle: Path) -> None:
    whole = load_manifest(bundle)
    content = (bundle / MANIFEST_FILE).read_bytes()
    for place in range(0, len(content), 7):
        spoilt = bytearray(content)
        spoilt[place] ^= 1
        (bundle / MANIFEST_FILE).write_bytes(spoilt)
        try:
            found = load_manifest(bundle)
        except BundleError:
            continue
        assert found == whole, f"byte {place} changed the meaning unseen"


@pytest.mark.parametrize("length", [0, 1, 100, 1000])
def test_a_truncated_manifest_is_refused(bundle: Path, length: int) -> None:
    path = bundle / MANIFEST_FILE
    path.write_bytes(path.read_bytes()[:length])
    assert MANIFEST_FILE in refused(bundle)


def test_without_a_manifest_it_is_no_bundle(bundle: Path, tmp_path: Path) -> None:
    (bundle / MANIFEST_FILE).unlink()
    assert "not a bundle" in refused(bundle)
    assert "not a bundle" in refused(tmp_path / "nowhere")


def test_somebody_elses_manifest_is_no_bundle(bundle: Path) -> None:
    (bundle / MANIFEST_FILE).write_text('{"name": "a web app", "icons": []}')
    assert "not a bundle" in refused(bundle)


def test_an_unproven_bundle_is_refused_except_by_its_own_check(bundle: Path) -> None:
    rewrite(bundle, lambda content: content.update(proof=None))
    assert "never checked" in refused(bundle)
    assert load_manifest(bundle, allow_unproven=True).proof is None


def test_a_later_major_version_asks_for_an_upgrade_and_a_minor_one_is_read(bundle: Path) -> None:
    rewrite(bundle, lambda content: content.update(format_version="1.9", novelty={"x": 1}))
    assert load_manifest(bundle).task == "classify"
    rewrite(bundle, lambda content: content.update(format_version="3.0"))
    assert "format 3.0" in refused(bundle) and "pip install -U" in refused(bundle)


def _set(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda content: content.update(values)


def _file(name: str, **entry: Any) -> Callable[[dict[str, Any]], Any]:
    good = {"sha256": "0" * 64, "bytes": 1}
    return lambda content: content["files"].update({name: {**good, **entry}})


def _dims(dims: list[Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda content: content["signature"]["outputs"][0].update(dims=dims)


HOSTILE = {
    "path upwards": _file("../../etc/passwd"),
    "hidden path upwards": _file("serve/../../x"),
    "absolute path": _file("/etc/passwd"),
    "windows path": _file("C:\\x"),
    "backslashes": _file("..\\x"),
    "empty name": _file(""),
    "dot": _file("."),
    "hidden file": _file(".bashrc"),
    "newline": _file("a\nb"),
    "NUL": _file("a\0b"),
    "very long name": _file("a" * 5000),
    "itself": _file(MANIFEST_FILE),
    "no hash": _file("x", sha256="abc"),
    "negative size": _file("x", bytes=-1),
    "size as text": _file("x", bytes="1"),
    "program not among files": _set(program="other.json"),
    "program upwards": _set(program="../model.json"),
    "program no text": _set(program=["model.json"]),
    "no labels": _set(format_version="1.0", labels=[]),
    "one label": _set(format_version="1.0", labels=["a"]),
    "labels twice": _set(format_version="1.0", labels=["a", "a"]),
    "label no text": _set(format_version="1.0", labels=["a", 1]),
    "labels no list": _set(format_version="1.0", labels="ab"),
    "another task in 1.0": _set(format_version="1.0", task="tag"),
    "codec no object": _set(codec=["a", "b"]),
    "no signature": lambda content: content.pop("signature"),
    "signature no object": _set(signature=[]),
    "no outputs": lambda content: content["signature"].update(outputs=[]),
    "no inputs": lambda content: content["signature"].update(inputs=[]),
    "an input twice": lambda content: content["signature"].update(
        inputs=content["signature"]["inputs"][:1] * 2
    ),
    "a tensor no object": lambda content: content["signature"].update(outputs=["logits"]),
    "a dimension of text": _dims(["rows", "x"]),
    "a negative dimension": _dims(["rows", -2]),
    "a huge dimension": _dims(["rows", 1 << 60]),
    "no dimensions": _dims([]),
    "a thousand dimensions": _dims(["rows"] * 1000),
    "max_len too large": _set(max_len=1 << 40),
    "max_len a truth value": _set(max_len=True),
    "max_len negative": _set(max_len=-1),
    "pad_id negative": _set(pad_id=-1),
    "no inputs in 1.0": _set(format_version="1.0", inputs=[]),
    "files no object": _set(files=[]),
    "file no object": lambda content: content["files"].update({"x": None}),
    "metrics with text": _set(metrics={"accuracy": "very good"}),
    "failed proof": _set(proof={"ok": False}),
    "proof no object": _set(proof="yes"),
    "proof with text": _set(proof={"ok": "true"}),
    "parameters no count": _set(parameters=-3),
    "version no text": _set(format_version=1),
    "version nonsense": _set(format_version="1.0; rm -rf /"),
    "task missing": lambda content: content.pop("task"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_manifest_with_a_right_checksum_is_refused(bundle: Path, kind: str) -> None:
    rewrite(bundle, HOSTILE[kind])
    assert MANIFEST_FILE in refused(bundle)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "[]",
        "1",
        '"x"',
        "[" * 100_000,
        '{"format": "paddle-lab-bundle"}',
        "\ufeff{}",
        "NaN",
    ],
    ids=["empty", "null", "list", "number", "text", "deep", "bare", "bom", "nan"],
)
def test_any_other_json_is_refused(bundle: Path, content: str) -> None:
    (bundle / MANIFEST_FILE).write_text(content, encoding="utf-8")
    refused(bundle)


@pytest.mark.parametrize("store", ["blobs beside", "sibling folder", "link to a link"])
def test_links_into_a_store_load_as_hub_caches_have_them(
    bundle: Path, tmp_path: Path, store: str
) -> None:
    blobs = tmp_path / "models--org--name" / "blobs"
    snapshot = tmp_path / "models--org--name" / "snapshots" / "0a1b2c"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(bundle.iterdir())):
        if store == "blobs beside":
            blob = Path(shutil.copy(path, blobs / f"{number:064x}"))
            (snapshot / path.name).symlink_to(Path("../../blobs") / blob.name)
        elif store == "sibling folder":
            (snapshot / path.name).symlink_to(path)
        else:
            (blobs / path.name).symlink_to(path)
            (snapshot / path.name).symlink_to(blobs / path.name)
    assert load_manifest(snapshot) == load_manifest(bundle)
    assert load_manifest(snapshot, check_hashes=False) == load_manifest(bundle)


@pytest.mark.parametrize("check_hashes", [True, False])
def test_what_a_link_leads_to_is_known_by_its_hash(
    bundle: Path, tmp_path: Path, check_hashes: bool
) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(FILES["model.json"][::-1])
    (bundle / "model.json").unlink()
    (bundle / "model.json").symlink_to(outside)
    assert "SHA-256" in refused(bundle, check_hashes=check_hashes)
    outside.unlink()
    assert "a link to nothing" in refused(bundle, check_hashes=check_hashes)


@pytest.mark.parametrize("edit", ["appended", "emptied", "removed", "a folder"])
def test_the_model_card_is_free_to_edit(bundle: Path, edit: str) -> None:
    card = bundle / "README.md"
    if edit == "appended":
        card.write_text(card.read_text(encoding="utf-8") + "\nOurs since May.\n", encoding="utf-8")
    else:
        card.unlink()
        if edit == "emptied":
            card.touch()
        elif edit == "a folder":
            card.mkdir()
    assert load_manifest(bundle).labels == ["差评", "好评"]


def test_other_files_in_the_folder_are_not_looked_at(bundle: Path) -> None:
    (bundle / "tokenizer_config.json").write_text("{not even JSON")
    (bundle / "a_first.json").write_text("{}")
    assert load_manifest(bundle).tokenizer == "tokenizer.json"
