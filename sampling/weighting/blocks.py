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
    grams = np.zeros(n_blocks * width * width)
    for first, code in enumerate(codes):
        weighted = weight if (value := values[first]) is None else weight * value
        for second in range(first, len(codes)):
            other = values[second]
            h = weighted if other is None else weighted * other
            place = code * width + codes[second] % width
            sums = np.bincount(place, h, len(grams))
            grams += sums
            if second != first:
                grams += sums.reshape(n_blocks, width, width).transpose(0, 2, 1).ravel()
    return grams.reshape(n_blocks, width, width)


def inverses(matrices: FloatArray, active: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Generalised inverses G of symmetric matrices, shape (P, q, q), over their active columns, shape (P, q).

    G has zeros for columns that are not active or depend on earlier ones; also says which columns took part.
    """
    work = matrices * (active[:, :, None] & active[:, None, :])
    width = work.shape[1]
    if width > _WIDE:
        inverted = np.stack([symmetric_inverse(matrix, _DEPENDENT) for matrix in work]) if len(work) else work
        return inverted, np.diagonal(inverted, axis1=1, axis2=2) > 0
    scale = np.diagonal(work, axis1=1, axis2=2).copy()
    inverse = np.broadcast_to(np.eye(width), work.shape).copy()
    used = np.zeros(active.shape, dtype=bool)
    for pivot in range(width):
        value = work[:, pivot, pivot]
        good = (value > _DEPENDENT * scale[:, pivot]) & (value > 0)
        used[:, pivot] = good
        divisor = np.where(good, value, 1.0)[:, None]
        row, inverse_row = work[:, pivot] / divisor, inverse[:, pivot] / divisor
        factor = work[:, :, pivot] * good[:, None]
        factor[:, pivot] = 0.0
        work -= factor[:, :, None] * row[:, None, :]
        inverse -= factor[:, :, None] * inverse_row[:, None, :]
        work[:, pivot], inverse[:, pivot] = row, inverse_row
    inverse *= used[:, :, None] & used[:, None, :]
    return (inverse + inverse.transpose(0, 2, 1)) / 2, used


def times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Every matrix (P, q, q) times its vector (P, q)."""
    if matrices.shape[1] > _WIDE:
        return np.stack([product(matrix, v[:, None])[:, 0] for matrix, v in zip(matrices, vectors, strict=True)])
    return np.asarray((matrices * vectors[:, None, :]).sum(axis=2))
