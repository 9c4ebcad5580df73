"""Whether the custom resources of our kits are what their published schemas ask for.

``python benchmarks/kit_schemas.py BUNDLE SCHEMA...`` writes the kits ``k8s``, ``kserve`` and
``ray`` of a bundle, and compares PodMonitor, InferenceService and RayService with the schemas:
files that the projects publish, as a CustomResourceDefinition (KubeRay: ``ray.io_rayservices.yaml``
in its repository) or as JSON schema (the CRDs catalogue: ``podmonitor_v1.json``,
``inferenceservice_v1beta1.json``). A field that a schema does not name is an error, as for an API
server that is asked to be strict. Deployment, Service and HorizontalPodAutoscaler are checked by
``tests/kits/``. Needs jsonschema and PyYAML, which JupyterLab brings.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

KITS = ("k8s", "kserve", "ray")
KINDS = ("PodMonitor", "InferenceService", "RayService")


def schema_for(resource: dict[str, Any], path: Path) -> Any:
    """The schema in a file, or None where it is about another kind."""
    kind, version = resource["kind"], resource["apiVersion"].rpartition("/")[2]
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if content.get("kind") != "CustomResourceDefinition":
        return content if path.name.startswith(kind.lower()) else None
    spec = content["spec"]
    if spec["names"]["kind"] != kind:
        return None
    found = next(one for one in spec["versions"] if one["name"] == version)
    return found["schema"]["openAPIV3Schema"]


def strict(schema: Any) -> Any:
    """The schema with nothing allowed that it does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    found = {name: strict(value) for name, value in schema.items()}
    if (
        found.get("type") == "object"
        and "properties" in found
        and not found.get("x-kubernetes-preserve-unknown-fields")
    ):
        found.setdefault("additionalProperties", False)
    return found


def resources(bundle: str, folder: Path) -> Iterator[dict[str, Any]]:
    """What our kits say, of the kinds that clusters do not bring."""
    for kit in KITS:
        command = [sys.executable, "-m", "paddle_lab.cli", "kit", kit, bundle]
        command += ["--out", str(folder / kit), "--image", "registry.example/team/service:1"]
        subprocess.run(command, check=True, capture_output=True)
    for path in sorted(folder.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document.get("kind") in KINDS:
                yield document


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("schemas", nargs="+", type=Path)
    given = parser.parse_args()
    errors = 0
    with tempfile.TemporaryDirectory() as folder:
        for resource in resources(given.bundle, Path(folder)):
            for path in given.schemas:
                schema = schema_for(resource, path)
                if schema is None:
                    continue
                whole = strict(schema)
                # Every API server knows what may stand there; these schemas leave it out.
                whole["properties"]["metadata"] = {"type": "object"}
                found = list(Draft7Validator(whole).iter_errors(resource))
                errors += len(found)
                print(f"{resource['kind']}: {len(found)} errors against {path.name}")
                for error in found:
                    print(f"  {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    return min(errors, 1)


if __name__ == "__main__":
    raise SystemExit(main())
