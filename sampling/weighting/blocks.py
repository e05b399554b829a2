"""Many small symmetric systems at once, one a partition, with sums always in the same order (see sampling.linear)."""

from __future__ import annotations

import numpy as np

from sampling.linear import product, symmetric_inverse
from sampling.numbers import BoolArray, FloatArray, IntArray

_WIDE = 48  # columns from which the sparse-aware elimination of one matrix beats the batched one
_DEPENDENT = 1e-11  # pivot, relative to the diagonal, below which a column depends on those before it


def gram(
    codes: list[IntArray], values: list[FloatArray | None], weight: FloatArray, shape: tuple[int, int]
) -> FloatArray:
    """sum h x x' by block, shape (P, q, q). codes: place block * q + column of each entry of a row, shape (n,)."""
    n_blocks, width = shape
    found = np.zeros(n_blocks * width * width)
    for first, one in enumerate(codes):
        weighted = weight if (value := values[first]) is None else weight * value
        for second in range(first, len(codes)):
            other = values[second]
            h = weighted if other is None else weighted * other
            place = one * width + codes[second] % width
            sums = np.bincount(place, h, len(found))
            found += sums
            if second != first:
                found += sums.reshape(n_blocks, width, width).transpose(0, 2, 1).ravel()
    return found.reshape(n_blocks, width, width)


def inverses(matrices: FloatArray, active: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Generalised inverses G of symmetric matrices, shape (P, q, q), over their active columns, shape (P, q).

    G has zeros for columns that are not active or depend on earlier ones; also says which columns took part.
    """
    work = matrices * (active[:, :, None] & active[:, None, :])
    width = work.shape[1]
    if width > _WIDE:
        found = np.stack([symmetric_inverse(one, _DEPENDENT) for one in work]) if len(work) else work
        return found, np.diagonal(found, axis1=1, axis2=2) > 0
    scale = np.diagonal(work, axis1=1, axis2=2).copy()
    inverse = np.broadcast_to(np.eye(width), work.shape).copy()
    used = np.zeros(active.shape, dtype=bool)
    for pivot in range(width):
        value = work[:, pivot, pivot]
        good = (value > _DEPENDENT * scale[:, pivot]) & (value > 0)
        used[:, pivot] = good
        divisor = np.where(good, value, 1.0)[:, None]
        row, own = work[:, pivot] / divisor, inverse[:, pivot] / divisor
        factor = work[:, :, pivot] * good[:, None]
        factor[:, pivot] = 0.0
        work -= factor[:, :, None] * row[:, None, :]
        inverse -= factor[:, :, None] * own[:, None, :]
        work[:, pivot], inverse[:, pivot] = row, own
    inverse *= used[:, :, None] & used[:, None, :]
    return (inverse + inverse.transpose(0, 2, 1)) / 2, used


def times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Every matrix (P, q, q) times its vector (P, q)."""
    if matrices.shape[1] > _WIDE:
        return np.stack([product(one, v[:, None])[:, 0] for one, v in zip(matrices, vectors, strict=True)])
    return np.asarray((matrices * vectors[:, None, :]).sum(axis=2))
