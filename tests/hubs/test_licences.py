"""Licences: read from what a publisher wrote, told before training, and refused where asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from hubs.test_models import files_of_a_model

from paddle_lab.api import specify
from paddle_lab.errors import DataError, ModelError, PaddleLabError, UsageError
from paddle_lab.hubs.licences import Licence, identifier_of, of_folder, of_metadata
from paddle_lab.hubs.review import company_review, required
from paddle_lab.models import resolve_model
from paddle_lab.training.hub_pins import pinned
from paddle_lab.training.licences import data_of, level_of, notices, used_by
from paddle_lab.training.plan import make_plan
from paddle_lab.training.preflight import read_first
from paddle_lab.training.tables import prepare_for


@pytest.mark.parametrize(
    ("written", "identifier", "use"),
    [
        ("apache-2.0", "apache-2.0", "free"),
        ("Apache License 2.0", "apache-2.0", "free"),
        ("MIT License", "mit", "free"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0", "free"),
        ("cc-by-nc-4.0", "cc-by-nc-4.0", "noncommercial"),
        ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0", "noncommercial"),
        ("research and teaching only", "research-and-teaching-only", "noncommercial"),
        ("gpl-3.0", "gpl-3.0", "conditions"),
        ("openrail", "openrail", "conditions"),
        ("other", None, "unknown"),
        ("", None, "unknown"),
        ("<script>", None, "unknown"),
    ],
)
def test_a_licence_is_known_however_it_is_written(
    written: str, identifier: str | None, use: str
) -> None:
    assert identifier_of(written) == identifier
    licence = Licence(identifier)
    assert licence.use == use
    assert (licence.notice("x") is None) == (use == "free")
    assert level_of(licence) == ("warning" if use == "noncommercial" else "info")


def test_metadata_with_another_licence_name_it_beside() -> None:
    assert of_metadata({"license": "other", "license_name": "qwen-research"}).use == "noncommercial"
    assert of_metadata({"license": ["mit"]}).id == "mit"
    assert of_metadata({"license": ["mit", "gpl-3.0"]}).id is None
    assert of_metadata({"license": {"a": 1}}).id is None


@pytest.mark.parametrize(
    ("name", "text", "identifier"),
    [
        ("README.md", "---\nlicense: mit\n---\n", "mit"),
        ("LICENSE", "          Apache License\n        Version 2.0, January 2004", "apache-2.0"),
        ("LICENSE", "Permission is hereby granted, free of charge, to any person", "mit"),
        ("LICENSE.txt", "Attribution-NonCommercial 4.0 International", "cc-by-nc-4.0"),
        ("LICENSE", "GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June", "gpl-3.0"),
        ("LICENSE", "All rights reserved.", None),
        ("README.md", "---\nlicense: [\n---\n", None),
    ],
)  # fmt: skip
def test_the_licence_of_a_folder_stands_in_its_readme_or_its_text(
    tmp_path: Path, name: str, text: str, identifier: str | None
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert of_folder(tmp_path).id == identifier


@pytest.fixture(autouse=True)
def own_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the person's own, whose licence nobody judges."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{'很好' if n % 2 else '很差'}{n}\t{n % 2}\n" for n in range(30)]
    (tmp_path / "own.tsv").write_text("text\tlabel\n" + "".join(lines), encoding="utf-8")


def begun(given: dict[str, Any]) -> Any:
    asked, _ = pinned({"train": "own.tsv", "dev": None, **given}, {})
    spec, tables = specify(asked.pop("train"), asked.pop("dev"), {}, asked)
    read_first(spec, tables)
    return spec


def two_models(hub: HubServer, tmp_path: Path) -> None:
    hub.store.put("org/free", files_of_a_model(tmp_path / "a"))
    hub.store.put("org/nc", files_of_a_model(tmp_path / "b", card="license: cc-by-nc-4.0"))
    hub.store.put("org/none", files_of_a_model(tmp_path / "c", card="tags: [x]"))


def test_only_the_licences_that_are_asked_for_are_trained_under(
    hub: HubServer, tmp_path: Path
) -> None:
    two_models(hub, tmp_path)
    begun({"model": "hf:org/free", "require_licence": "Apache-2.0, MIT", "max_len": 16})
    for name in ("nc", "none"):
        with pytest.raises(ModelError) as caught:
            begun({"model": f"hf:org/{name}", "require_licence": "apache-2.0,mit", "max_len": 16})
        assert caught.value.code == "model.licence"
    begun({"model": "hf:org/none", "require_licence": "apache-2.0,mit,unknown", "max_len": 16})
    assert not any("safetensors" in path for path in hub.paths()), "nothing was downloaded for it"


def test_the_licence_of_data_counts_as_well(hub: HubServer) -> None:
    rows = b"text,label\n" + b"".join(b"t%d,%d\n" % (n, n % 2) for n in range(30))
    card = b"---\nlicense: cc-by-nc-4.0\n---\n"
    hub.store.put("org/d", {"train.csv": rows, "README.md": card}, kind="datasets")
    with pytest.raises(DataError, match="cc-by-nc") as caught:
        begun({"train": "hf:org/d", "require_licence": "apache-2.0"})
    assert caught.value.code == "data.licence"
    spec = begun({"train": "hf:org/d"})
    used = data_of(prepare_for(spec, {}).provenance)
    assert [(one.name, one.licence.use) for one in used] == [("hf:org/d", "noncommercial")]
    assert [level for level, _ in notices(used)] == ["warning"]


def test_a_companys_list_decides_by_licence_and_by_name(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_models(hub, tmp_path)
    listed = tmp_path / "licences.yaml"
    listed.write_text(
        "allowed: [apache-2.0, mit]\nnames:\n  hf:org/nc: allowed\n  hf:org/free: refused\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PADDLE_LAB_LICENCES", str(listed))
    begun({"model": "hf:org/nc", "max_len": 16})
    begun({"model": "ernie-lab-mini"})
    for name in ("org/free", "hf:org/none"):
        with pytest.raises(ModelError, match=r"licences\.yaml"):
            begun({"model": name, "max_len": 16})
    monkeypatch.setenv("PADDLE_LAB_LICENCES", str(tmp_path / "gone.yaml"))
    with pytest.raises(UsageError, match="nothing is trained"):
        begun({"model": "ernie-lab-mini"})


@pytest.mark.parametrize(
    "text",
    ["", "7", "alowed: [mit]", "names: {a: perhaps}", "names: [a]", "allowed: ['<x>']",
     "allowed: {", "allowed: [3]"],
)  # fmt: skip
def test_a_list_that_is_no_list_permits_nothing(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "l.yaml"
    listed.write_text(text, encoding="utf-8")
    monkeypatch.setenv("PADDLE_LAB_LICENCES", str(listed))
    with pytest.raises(UsageError):
        company_review()


def test_what_is_no_licence_cannot_be_required() -> None:
    with pytest.raises(UsageError, match="apache-2"):
        required("apache-2.0,,<b>")
    assert required("unknown").permits("x", Licence(None))


def test_the_plan_shows_the_licences_before_anything_is_trained(
    hub: HubServer, tmp_path: Path
) -> None:
    two_models(hub, tmp_path)
    spec = begun({"model": "hf:org/nc", "max_len": 16})
    plan = make_plan(spec, {})
    assert "cc-by-nc-4.0 (non-commercial use only)" in plan.text()
    assert [one["use"] for one in plan.to_json()["licences"]] == ["noncommercial"]
    used = used_by(spec, prepare_for(spec, {}))
    assert [one.is_model for one in used] == [True]


def test_a_sample_says_its_licence() -> None:
    (used,) = data_of({"train": {"sample": "reviews"}, "dev": {"sample": "reviews"}})
    assert (used.name, used.licence.id) == ("reviews", "mit")
    assert data_of({"train": {"file": "own.tsv"}, "dev": {"variable": "df"}}) == []


def test_an_own_folder_without_a_word_is_of_unknown_licence(hub: HubServer, tmp_path: Path) -> None:
    files_of_a_model(tmp_path / "m", card="tags: []")
    resolved = resolve_model(str(tmp_path / "m"))
    assert resolved.licence is None
    assert resolved.licence_notice is not None
    with pytest.raises(PaddleLabError, match="unknown"):
        begun({"model": str(tmp_path / "m"), "max_len": 16, "require_licence": "mit"})
    assert json.dumps(resolved.licence_notice.to_json())
