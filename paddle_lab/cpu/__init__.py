"""Fast training on a CPU: threads, memory and the layers of BERT and ERNIE by oneDNN.

It knows models of Paddle and nothing of runs, tasks or bundles: ``docs/speed.md`` shows its use in
a training loop of one's own. Importing it imports no paddle.
"""

from paddle_lab.cpu.clipping import speed_up_clipping
from paddle_lab.cpu.memory import keep_memory
from paddle_lab.cpu.switch import FastCpu
from paddle_lab.cpu.threads import Threads, set_threads

__all__ = ["FastCpu", "Threads", "keep_memory", "set_threads", "speed_up_clipping"]
