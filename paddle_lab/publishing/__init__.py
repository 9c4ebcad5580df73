"""Bundles to hubs: the files with a model card, one version whole or none, proven from there."""

from __future__ import annotations

from paddle_lab.publishing.plan import PushPlan, plan_push
from paddle_lab.publishing.push import Pushed, publish

__all__ = ["PushPlan", "Pushed", "plan_push", "publish"]
