"""Which texts share so much wording that they must not stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Two texts overlap when they share 30 % of all their 4-grams, or when the shorter, unless it is a
# mere phrase, lies for the most part inside the longer (a fragment of it).
GRAM = 4
MIN_JACCARD = 0.3
MIN_CONTAINED = 0.6
MIN_GRAMS_CONTAINED = 8


def cluster_overlapping(texts: Sequence[str]) -> list[list[int]]:
    """Group texts that overlap, directly or through others.

    ``texts`` are normalised already (letters only). Exact, not sampled: all pairs that share a
    character 4-gram are compared. Returns clusters as ascending indices, in order of their first.
    """
    import numpy as np
    from scipy.sparse.csgraph import connected_components

    left, right = _overlapping_pairs(texts)
    _, component = connected_components(_adjacency(left, right, len(texts)), directed=False)
    order = np.argsort(component, kind="stable")
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    clusters = [group.tolist() for group in np.split(order, starts[1:])] if len(order) else []
    return sorted(clusters, key=lambda cluster: int(cluster[0]))


def _overlapping_pairs(texts: Sequence[str]) -> tuple[Any, Any]:
    import numpy as np

    table = _gram_table(texts)
    sizes = np.asarray(table.sum(axis=1)).ravel()
    common = table[:, np.asarray(table.sum(axis=0)).ravel() > 1]
    shared = (common @ common.T).tocoo()
    above = shared.row < shared.col
    left, right, both = shared.row[above], shared.col[above], shared.data[above]
    smaller = np.minimum(sizes[left], sizes[right])
    alike = both >= MIN_JACCARD * (sizes[left] + sizes[right] - both)
    contained = (both >= MIN_CONTAINED * smaller) & (smaller >= MIN_GRAMS_CONTAINED)
    keep = alike | contained
    return left[keep], right[keep]


def _gram_table(texts: Sequence[str]) -> Any:
    """Texts x distinct 4-grams, 1 where the text has it (scipy CSR); a shorter text has none."""
    import numpy as np
    from scipy import sparse

    joined = np.frombuffer("\0".join(texts).encode("utf-32-le"), dtype=np.uint32)
    owner = np.cumsum(joined == 0)
    length = max(len(joined) - GRAM + 1, 0)
    gram = np.zeros(length, dtype=np.uint64)
    whole = np.ones(length, dtype=bool)
    for offset in range(GRAM):
        piece = joined[offset : offset + length]
        # 16 bits a character: beyond the basic plane two grams can meet, which is on the safe side.
        gram = (gram << np.uint64(16)) | (piece.astype(np.uint64) & np.uint64(0xFFFF))
        whole &= piece != 0
    names, column = np.unique(gram[whole], return_inverse=True)
    cells = np.ones(len(column), dtype=np.int64)
    table = sparse.csr_matrix(
        (cells, (owner[:length][whole], column)), shape=(len(texts), len(names))
    )
    table.data[:] = 1  # a gram that a text repeats counts once
    return table


def _adjacency(left: Any, right: Any, size: int) -> Any:
    import numpy as np
    from scipy import sparse

    return sparse.coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
