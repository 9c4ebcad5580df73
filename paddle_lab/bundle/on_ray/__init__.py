"""Many rows answered on a cluster of Ray, by Ray Data.

``cluster.py`` connects, ``parcel.py`` is what of a bundle travels to the nodes, ``answerer.py``
what answers there, ``across.py`` lets Ray Data hand out the rows. The first and the last need Ray.
"""
