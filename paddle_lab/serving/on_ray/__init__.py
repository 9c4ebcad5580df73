"""The same service on a cluster of Ray: fronts and models are replicas of Ray Serve.

``plan.py`` says what is served, ``remote.py`` hands batches to replicas, ``replica.py`` is what
they are, ``application.py`` what Ray Serve builds, ``running.py`` brings it onto a cluster.
"""
