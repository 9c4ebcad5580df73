"""Hangs the sidebar into the server: its service, its topics, its routes, its configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from traitlets import Bool, Unicode
from traitlets.config import Configurable

from paddle_lab.runs.board import RunsBoard
from paddle_lab.server.gpu_routes import CONFIG, SERVICE, routes
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.server.gpu_topics import AlertsTopic, GpuTopic, LinksTopic, OwnersTopic, RunsTopic
from paddle_lab.server.hub import Hub
from paddle_lab.server.readers import Readers


class PaddleLab(Configurable):
    """What an operator sets in ``jupyter_server_config``; the environment weighs more."""

    gpus = Unicode(
        "auto",
        help="Which GPUs are shown: auto, none, or simulated:8xA100 (PADDLE_LAB_GPUS).",
    ).tag(config=True)
    metrics = Bool(
        False,
        help="Offer Prometheus gauges at paddle-lab/metrics (PADDLE_LAB_METRICS=1).",
    ).tag(config=True)
    wall_dir = Unicode(
        "",
        help="A folder whose runs the wall shows beside this server's (PADDLE_LAB_WALL_DIR).",
    ).tag(config=True)


def add_sidebar(server: Any, hub: Hub, readers: Readers, board: RunsBoard) -> GpuService:
    """Add topics and routes to ``server`` (a ServerApp). Nothing is sampled yet.

    ``board`` is the list of runs that the sidebar shows, ``readers`` the threads it reads in.
    """
    settings = server.web_app.settings
    config = settings[CONFIG] = PaddleLab(parent=server)
    wanted = os.environ.get("PADDLE_LAB_GPUS", "").strip()
    if os.environ.get("PADDLE_LAB_METRICS", "").strip().lower() in ("1", "true", "yes", "on"):
        config.metrics = True
    service = settings[SERVICE] = GpuService(
        root=Path(server.root_dir),
        readers=readers,
        board=board,
        kernel_manager=server.kernel_manager,
        session_manager=server.session_manager,
        setting=wanted or config.gpus,
        fixed=bool(wanted) and wanted != "auto",
        log=server.log,
    )
    hub.register("gpu", lambda name, publish: GpuTopic(service, publish))
    hub.register("links", lambda name, publish: LinksTopic.open(name, service))
    hub.register("owners", lambda name, publish: OwnersTopic(service, publish))
    hub.register("runs", lambda name, publish: RunsTopic(service, publish))
    hub.register("alerts", lambda name, publish: AlertsTopic(service, publish))
    server.web_app.add_handlers(".*$", routes(settings["base_url"]))
    return service
