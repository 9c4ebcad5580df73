"""One run worked on by several processes, its ranks: each computes a part of every batch.

A supervisor (``supervisor.py``) starts the ranks of one machine and ends with them. Rank 0 leads:
it is the run's session as in a process by itself, and alone writes the run's folder. The others
(``following.py``) do the same steps and tell nothing. What a step needs of the others goes through
``team.py``: numbers by Paddle's collectives, decisions through a connection of our own
(``channel.py``), which waits for as long as it takes.
"""
