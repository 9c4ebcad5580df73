"""The hubs, one module each with a ``HUB``; see :class:`paddle_lab.hubs.api.Hub`."""
