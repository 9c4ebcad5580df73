"""Fine-tuning with PaddleNLP's Trainer: the only room that imports it, inside functions."""
