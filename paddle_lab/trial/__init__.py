"""Trying a finished run in its card: the page asks over a comm, the kernel's predictor answers.

``messages.schema.json`` describes the messages; TypeScript's types are generated from it. Nothing
here is imported before a page asks.
"""
