"""``python pusher.py BUNDLE TARGET``: says that it begins, and pushes; killed by who started it."""

from __future__ import annotations

import sys
from pathlib import Path

from paddle_lab.hubs import HUBS, hub_name
from paddle_lab.hubs.api import Push
from paddle_lab.publishing.plan import plan_push

bundle, target = Path(sys.argv[1]), hub_name(sys.argv[2])
assert target is not None
HUBS.get(target.hub)
import huggingface_hub.hf_api  # noqa: E402, F401  # seconds that are no part of a push
import modelscope_hub  # noqa: E402, F401

print("go", flush=True)
plan = plan_push(bundle, target, tag=sys.argv[3])
card = bundle.with_name(f"{bundle.name}-card.md")
card.write_text(plan.card, encoding="utf-8")
files = {path: bundle / path for path in plan.files} | {"README.md": card}
HUBS.get(target.hub).push(target, Push(files, plan.message, plan.tag, plan.note))
print("done", flush=True)
