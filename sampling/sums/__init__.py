"""One pass over rows to small sums by (domain, unit, item), from which shares, means, ratios and combinations follow.

Only non-empty (domain, unit) pairs are kept. With calibrated weights the sums that residuals need are kept as well
(docs/methods.md, section 5: V = t'Mt - 2 t'MXB + B'X'MXB).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from errors import DesignError
from sampling.arguments import check_kind, column_names
from sampling.design import Design
from sampling.sums.calibration import calibration_part
from sampling.sums.merge import merge_parts
from sampling.sums.model import CalibrationSums, Totals, TotalsPart
from sampling.sums.rows import By, row_totals

__all__ = ["By", "CalibrationSums", "Totals", "totals"]


def totals(design: Design | Iterable[Design], variables: str | Sequence[str], by: By = None) -> Totals:
    """Make the Totals of `variables` (numeric columns, NaN = not observed) for every value of `by`.

    design: one design, or the designs of the parts of a table (chunks, partitions), taken one after the other: the same
    Totals to the byte, with the memory of one part. The order of rows changes nothing either, but for the last bit of
    errors of calibrated weights (docs/methods.md, section 5). by: a column, several (every combination that occurs,
    labels joined by " | "), or None: one domain "all".
    Raises DesignError `totals.variable` (absent, repeated, not numeric or not finite), `totals.missing_domain`,
    `totals.parts` (parts of different designs), `design.pop_size` (parts disagree), `arguments.*` for an argument of
    another kind.

    >>> import pandas as pd
    >>> from sampling import Design
    >>> data = pd.DataFrame({"unit": list("aab"), "w": [1.0, 2.0, 3.0], "y": [1, 0, 1]})
    >>> sums = totals(Design(data, weight="w"), ["y"], by="unit")
    >>> sums.domains, sums.domain_wy.tolist()
    (('a', 'b'), [[1.0], [3.0]])
    """
    variables = column_names("variables", variables)
    parts = [_part(part, variables, by) for part in _designs(design)]
    if not parts:
        raise DesignError("totals.parts", got=0, expected=">= 1")
    return merge_parts(parts)


def _designs(design: Design | Iterable[Design]) -> Iterable[Design]:
    """The designs of the parts; what is neither a design nor a list of them (a table, say) is refused."""
    if not isinstance(design, Iterable) or isinstance(design, pd.DataFrame | Mapping | str):
        check_kind("design", design, Design)
    return [design] if isinstance(design, Design) else design


def _part(design: Design, variables: Sequence[str], by: By) -> TotalsPart:
    check_kind("design", design, Design)
    part, row_domain, read = row_totals(design, variables, by)
    return replace(part, calibration=calibration_part(design, row_domain, len(part.domains), read))
