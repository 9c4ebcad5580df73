"""Paddle Lab: a notebook workbench for Chinese NLP on PaddlePaddle."""

from paddle_lab._version import __version__

__all__ = ["__version__"]
