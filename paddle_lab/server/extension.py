"""What the Jupyter server loads: routes, the hub, and the factories of its topics."""

from __future__ import annotations

from typing import Any

from paddle_lab.runs import Registry
from paddle_lab.runs.board import RunsBoard
from paddle_lab.server.base_handler import READERS
from paddle_lab.server.checking import add_checking
from paddle_lab.server.gpu import add_sidebar
from paddle_lab.server.gpu_routes import CONFIG
from paddle_lab.server.handlers import routes
from paddle_lab.server.hub import Hub
from paddle_lab.server.looking import add_looking
from paddle_lab.server.models_list import add_models
from paddle_lab.server.readers import Readers
from paddle_lab.server.run_handler import REGISTRY
from paddle_lab.server.run_table import TABLE
from paddle_lab.server.run_topic import RunTopic
from paddle_lab.server.wall import add_wall

HUB = "paddle_lab_hub"


def load(server: Any) -> None:
    """Register Paddle Lab with a running Jupyter server.

    The hub lives in the application's settings: nothing survives the server that made it.
    """
    settings = server.web_app.settings
    registry = settings[REGISTRY] = Registry()
    hub = settings[HUB] = Hub(server.log)
    readers = settings[READERS] = Readers()
    settings[TABLE] = RunsBoard(registry, limit=None)
    hub.register("run", lambda name, publish: RunTopic.open(name, publish, registry, readers))
    service = add_sidebar(server, hub, readers, RunsBoard(registry))
    add_wall(server, hub, readers, service, settings[CONFIG].wall_dir)
    add_looking(server)
    add_models(server)
    add_checking(server)
    # Last: its last route takes whatever no other does.
    server.web_app.add_handlers(".*$", routes(settings["base_url"]))
    server.log.info("paddle_lab: enabled")
