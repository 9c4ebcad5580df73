"""Whether the jobs of ``paddle-lab launch --kit k8s`` are what their published schemas ask for.

``python benchmarks/launch_schemas.py SCHEMA...`` compares a PaddleJob and a Job of Volcano, on CPUs
and on GPUs, with the CustomResourceDefinitions that the projects publish in their repositories:
``manifests/base/crds/kubeflow.org_paddlejobs.yaml`` (Kubeflow's training operator, 1.9.0) and
``config/crd/volcano/bases/batch.volcano.sh_jobs.yaml``. A field that a schema does not name is an
error, as for an API server that is asked to be strict. Needs jsonschema and PyYAML.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from jsonschema import Draft7Validator
from kit_schemas import schema_for, strict

from paddle_lab.training.schedulers import SCHEDULERS, Job

KINDS = ("PaddleJob", "Job")


def main() -> int:
    paths = [Path(name) for name in sys.argv[1:]]
    job = Job("reviews", "reviews", 2, 2, image="registry.example/lab:1", claim="runs")
    wrong, compared = 0, 0
    for gpus in (0, 4):
        given = Job(**{**vars(job), "gpus": gpus, "procs": 1 if gpus else 2})
        for name, text in SCHEDULERS.get("k8s").files(given).items():
            resource = yaml.safe_load(text)
            found = [one for path in paths if (one := schema_for(resource, path)) is not None]
            for schema in found:
                compared += 1
                content = {key: value for key, value in resource.items() if key != "metadata"}
                errors = list(Draft7Validator(strict(schema)).iter_errors(content))
                wrong += len(errors)
                print(f"{name} ({'GPUs' if gpus else 'CPUs'}): {len(errors)} errors")
                for error in errors:
                    print(f"  {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    print(f"{compared} manifests compared, {wrong} errors")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
