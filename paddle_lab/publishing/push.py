"""Send a planned version, then load it from the hub in a fresh process, and see that it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.manifest import CARD_FILE
from paddle_lab.errors import BundleError, PaddleLabError
from paddle_lab.hubs import HUBS, HubName, RepoState
from paddle_lab.hubs.api import Progress, Push
from paddle_lab.i18n import T
from paddle_lab.publishing.plan import PushPlan
from paddle_lab.untrusted import UnusableFile, read_object

_TIMEOUT_S: Final = 1800


@dataclass(frozen=True)
class Pushed:
    """A version that is on the hub; ``proofs`` by runtime are what it answered from there."""

    state: RepoState
    name: HubName
    proofs: dict[str, Any]


def publish(plan: PushPlan, progress: Progress | None = None) -> Pushed:
    """Send the version and prove it. Raises HubError, and BundleError where it does not answer."""
    with tempfile.TemporaryDirectory(prefix="paddle-lab-push-") as place:
        card = Path(place, CARD_FILE)
        card.write_text(plan.card, encoding="utf-8")
        files = {path: plan.bundle / path for path in plan.files} | {CARD_FILE: card}
        push = Push(files, plan.message, plan.tag, plan.note, plan.public, progress)
        state = HUBS.get(plan.name.hub).push(plan.name, push)
    if progress:
        progress(T("Loading it from the hub in a fresh process", "正在新进程中从模型库加载"))
    name = plan.name.at(state.commit)
    return Pushed(state, plan.name.at(plan.tag), proven(name))


def proven(name: HubName) -> dict[str, Any]:
    """Download a bundle anew in a process of its own, with caches of its own, and let it answer.

    The proofs by runtime. Raises BundleError, and what the process was told by the hub.
    """
    with tempfile.TemporaryDirectory(prefix="paddle-lab-proof-") as place:
        result = Path(place, "result.json")
        caches = {"HF_HUB_CACHE": f"{place}/hf", "PADDLE_LAB_CACHE_DIR": f"{place}/cache",
                  "MODELSCOPE_CACHE": f"{place}/ms"}  # fmt: skip
        command = [sys.executable, "-m", "paddle_lab.publishing.prove", str(name), str(result)]
        try:
            ended = subprocess.run(
                command, env={**os.environ, **caches}, capture_output=True, timeout=_TIMEOUT_S,
                check=False, cwd=place,
            )  # fmt: skip
            content = read_object(result)
        except (OSError, UnusableFile, subprocess.TimeoutExpired) as error:
            raise _died(name, error) from error
    if "error" in content:
        raise _from(content["error"])
    if ended.returncode != 0 or not content.get("ok"):
        raise BundleError(
            T("{name} does not answer as the trained model did.",
              "{name} 的答案与训练好的模型不同。", name=name.shown),
            T("{proofs}", "{proofs}", proofs=json.dumps(content.get("proofs"))[:300]),
            T("It is on the hub, but do not use it: export it again and push once more.",
              "它已在模型库中，但请勿使用：请重新导出并再次推送。"),
            code="bundle.check_failed",
        )  # fmt: skip
    return dict(content["proofs"])


def _from(error: Any) -> PaddleLabError:
    """The error that the process was given, under its own name."""
    from paddle_lab import errors

    kind = getattr(errors, str(error.get("type")), None)
    known = isinstance(kind, type) and issubclass(kind, PaddleLabError)
    return (kind if known else PaddleLabError).from_json(error)  # type: ignore[union-attr]


def _died(name: HubName, error: Exception) -> BundleError:
    return BundleError(
        T("{name} was pushed, but could not be tried from there.",
          "{name} 已推送，但未能从模型库验证。", name=name.shown),
        T("{error}", "{error}", error=f"{type(error).__name__}: {error}"[:200]),
        T("Try it: paddle_lab.load_bundle('{name}')", "请尝试：paddle_lab.load_bundle('{name}')",
          name=name),
        code="bundle.check_failed",
    )  # fmt: skip
