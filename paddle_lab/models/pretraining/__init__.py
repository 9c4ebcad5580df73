"""Pre-training of ``ernie-lab-mini``; see ``python -m paddle_lab.models.pretraining --help``."""
