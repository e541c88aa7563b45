"""Logistic regressions, one a label against the rest, several at once: folds cost hardly more than one model.

The inner loop is `solver.c`, compiled when it is first used: what libraries offer knows no goals between 0 and 1, and
takes an hour for what this does in a minute.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PROBLEMS, LABELS, _WIDTH = 5, 3, 16
PASSES = 12
"""By the twelfth the weights of posts move by a hundredth of their length."""

SEED = 0
LOOSE = ("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math")
"""What lets sums be vectorised. `-ffast-math` would also have the whole process take the smallest numbers for zero."""

SOURCE = Path(__file__).parent / "solver.c"

Array = npt.NDArray[np.float64]


def solve(rows: Any, goals: Array, costs: Array, passes: int = PASSES) -> tuple[Array, Array]:
    """Weights (problems, columns, LABELS) and intercepts (problems, LABELS) of the least loss, for each problem.

    The loss: |w|² / 2 + sum over rows and labels of cost * cross-entropy of the goal; an intercept counts as a weight.
    `rows` is a scipy.sparse.csr_matrix, `goals` (rows, LABELS) are probabilities, `costs` (rows, up to PROBLEMS) are
    zero where a problem leaves a row out. Raises OSError without a C compiler, `cc`.
    """
    from scipy.sparse import csr_matrix, hstack

    whole = hstack([rows, csr_matrix(np.ones((rows.shape[0], 1)))], format="csr", dtype=np.float32)
    given = [
        whole.indptr.astype(np.int64),
        whole.indices.astype(np.int32),
        whole.data,
        np.asarray(whole.multiply(whole).sum(axis=1), np.float32).ravel(),
        np.ascontiguousarray(goals, np.float32),
        np.zeros((len(goals), PROBLEMS), np.float32),
    ]
    given[-1][:, : costs.shape[1]] = costs
    duals, weights = np.zeros((len(goals), _WIDTH), np.float32), np.zeros((whole.shape[1], _WIDTH), np.float32)
    random, used = np.random.default_rng(SEED), np.flatnonzero(costs.any(axis=1))
    one_pass = _compiled().one_pass
    for _ in range(passes):
        order = random.permutation(used)
        one_pass(ctypes.c_int64(len(order)), *(ctypes.c_void_p(a.ctypes.data) for a in [order, *given, duals, weights]))
    parts = weights[:, : LABELS * PROBLEMS].reshape(-1, PROBLEMS, LABELS).transpose(1, 0, 2).astype(np.float64)
    return parts[: costs.shape[1], :-1], parts[: costs.shape[1], -1]


@lru_cache(maxsize=1)
def _compiled() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "solver.so"
        options = ["-O3", "-march=native", *LOOSE, "-shared", "-fPIC"]
        subprocess.run(["cc", *options, str(SOURCE), "-o", str(library), "-lm"], check=True)
        return ctypes.CDLL(str(library))
