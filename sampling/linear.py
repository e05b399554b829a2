"""Linear algebra whose sums always run in the same order.

Libraries of matrix routines split sums by threads and processor, so the last bits of a product differ from run to run.
A published standard error must not: here products are sums over stored entries in index order, and systems are solved
by elimination with element-wise steps only.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sampling.numbers import FloatArray


def product(left: FloatArray | sparse.csr_matrix, right: FloatArray) -> FloatArray:
    """left @ right, shapes (a, b) and (b, c): for every row the non-zero entries of `left` in column order."""
    return np.asarray(sparse.csr_matrix(left) @ np.ascontiguousarray(right))


def symmetric_inverse(matrix: FloatArray, tolerance: float = 1e-11) -> FloatArray:
    """A generalised inverse G of a symmetric positive semi-definite matrix A, A G A = A. Shape (p, p).

    Symmetric Gauss-Jordan elimination; a column that depends on those before it (pivot below `tolerance` times its own
    diagonal) gets zeros, which changes no projection x'G. Columns with few entries go first: the indicator columns of
    the widest margin touch nobody but the narrow ones.
    """
    size = len(matrix)
    work = matrix.astype(np.float64).copy()
    inverse = np.eye(size)
    scale = np.diag(matrix).copy()
    dependent = np.zeros(size, dtype=bool)
    for pivot in np.lexsort((np.arange(size), (matrix != 0).sum(axis=1))):
        value = work[pivot, pivot]
        if value <= tolerance * scale[pivot] or value <= 0:
            dependent[pivot] = True
            continue
        work[pivot] /= value
        inverse[pivot] /= value
        rows = np.flatnonzero(work[:, pivot])
        rows = rows[rows != pivot]
        factors = work[rows, pivot][:, None]
        work_columns, inverse_columns = np.flatnonzero(work[pivot]), np.flatnonzero(inverse[pivot])
        work[np.ix_(rows, work_columns)] -= factors * work[pivot, work_columns]
        inverse[np.ix_(rows, inverse_columns)] -= factors * inverse[pivot, inverse_columns]
    inverse[dependent] = 0.0
    inverse[:, dependent] = 0.0
    return (inverse + inverse.T) / 2
