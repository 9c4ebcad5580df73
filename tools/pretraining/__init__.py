"""Pre-training of ``ernie-lab-mini``; see ``PYTHONPATH=tools python -m pretraining --help``."""
