"""The model card of a hub: the bundle's own, below the metadata that hubs show models by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from paddle_lab.bundle.card import card
from paddle_lab.bundle.manifest import Manifest
from paddle_lab.errors import HubError
from paddle_lab.hubs import HubName, hub_name
from paddle_lab.hubs.licences import Licence, identifier_of
from paddle_lab.runs.model_name import model_name
from paddle_lab.untrusted import UnusableFile, read_object

#: What hubs call the tasks; those of other packages have no such name.
_PIPELINES: Final = {
    "classify": "text-classification", "multilabel": "text-classification",
    "pair": "text-classification", "regress": "text-classification",
    "tag": "token-classification", "answer": "question-answering",
}  # fmt: skip
#: The names that hubs give metrics.
_METRICS: Final = {"macro_f1": "f1", "micro_f1": "f1", "exact_match": "exact_match"}
_ORDER: Final = ("noncommercial", "unknown", "conditions", "free")
_MOST_EXAMPLES: Final = 2


def hub_card(manifest: Manifest, folder: Path, name: HubName, version: str) -> str:
    """The README of a version on a hub."""
    facts = yaml.safe_dump(
        metadata(manifest, folder, name), allow_unicode=True, sort_keys=False, width=1000
    )
    use = (
        "```python\nimport paddle_lab\n\n"
        f'predictor = paddle_lab.load_bundle("{name.at(version)}")\n```'
    )
    return f"---\n{facts}---\n\n{card(manifest)}\n## From the hub / 从模型库使用\n\n{use}\n"


def metadata(manifest: Manifest, folder: Path, name: HubName) -> dict[str, Any]:
    """What stands at the head of the card; values of the manifest are data, quoted by YAML."""
    pipeline = _PIPELINES.get(manifest.task)
    base = manifest.base_model
    licence = licence_of_bundle(manifest)
    short = name.repo.rpartition("/")[2]
    found: dict[str, Any] = {
        "language": ["zh"],
        "library_name": "paddlenlp",
        **_licence(licence),
        **({"pipeline_tag": pipeline} if pipeline else {}),
        "tags": ["paddle-lab", "paddlepaddle", f"paddle-lab-{manifest.task}"],
    }
    on_hub = _on_hub(str(base.get("name")))
    if on_hub is not None and on_hub.hub == "hf":
        found["base_model"] = on_hub.repo
    data = [one for one in data_of(manifest) if (known := _on_hub(one)) and known.hub == "hf"]
    if data:
        found["datasets"] = [hub_name(one).repo for one in data]  # type: ignore[union-attr]
    metrics = {key: value for key, value in manifest.metrics.items() if value is not None}
    if metrics:
        found["metrics"] = sorted({_METRICS.get(key, key) for key in metrics})
        found["model-index"] = [{
            "name": short,
            "results": [{
                "task": {"type": pipeline or manifest.task},
                "dataset": {"name": _name_of_data(manifest), "type": _name_of_data(manifest)},
                "metrics": [
                    {"type": _METRICS.get(key, key), "value": round(float(value), 6), "name": key}
                    for key, value in metrics.items()
                ],
            }],
        }]  # fmt: skip
    examples = _examples(manifest, folder)
    if examples:
        found["widget"] = [{"text": text} for text in examples]
    return found


def licence_of_bundle(manifest: Manifest) -> Licence:
    """Of the model's and the data's licences the one that leaves least freedom."""
    given = manifest.base_model.get("licence")
    found = [Licence(identifier_of(given) if isinstance(given, str) else None)]
    for one in _licences(manifest):
        named = one.get("licence")
        found.append(Licence(identifier_of(named) if isinstance(named, str) else None))
    return min(found, key=lambda one: _ORDER.index(one.use))


def data_of(manifest: Manifest) -> list[str]:
    """Names of the data whose licence is known or asked for."""
    return [str(one["name"]) for one in _licences(manifest) if isinstance(one.get("name"), str)]


def _licences(manifest: Manifest) -> list[Mapping[str, Any]]:
    listed = manifest.source.get("licences")
    if not isinstance(listed, list):
        return []
    return [one for one in listed if isinstance(one, dict)]


def _licence(licence: Licence) -> dict[str, str]:
    if licence.id is None:
        return {"license": "other", "license_name": "unknown"}
    if licence.use == "noncommercial" and not licence.id.startswith("cc-"):
        return {"license": "other", "license_name": licence.id}
    return {"license": licence.id}


def _on_hub(name: str) -> HubName | None:
    try:
        return hub_name(name)
    except HubError:
        return None


def _name_of_data(manifest: Manifest) -> str:
    named = data_of(manifest) or [str(manifest.source.get("name") or "own data")]
    return model_name(named[0])[:100]


def _examples(manifest: Manifest, folder: Path) -> list[str]:
    """Neutral sentences of the bundle's proof, which are nobody's data."""
    try:
        rows = read_object(folder / manifest.proof_rows).get("rows")
    except (OSError, UnusableFile):
        return []
    texts = rows.get("text") if isinstance(rows, dict) else None
    if not isinstance(texts, list):
        return []
    fitting = [text for text in texts if isinstance(text, str) and 4 <= len(text) <= 60]
    return fitting[:_MOST_EXAMPLES]
