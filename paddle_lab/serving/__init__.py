"""Answering over HTTP: bundles in worker processes behind one front that batches by length.

The front (:mod:`paddle_lab.serving.app`) reads requests, makes tokens of rows and answers of
outputs with the codec that the bundle travels with; it never imports what a program runs on. A
worker (:mod:`paddle_lab.serving.worker`) is a process that loads one bundle and runs batches.
"""
