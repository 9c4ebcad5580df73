"""Runs that wait in line: one file of this user, and one process that starts them in order.

``line.py`` is who comes when, ``store.py`` the file, ``supervisor.py`` the process, ``asking.py``
what people ask of the queue. A run in it is a run folder like any other.
"""
