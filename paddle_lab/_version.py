"""The one version of Paddle Lab; `labextension/package.json` is tested to agree."""

__version__ = "0.1.0"
