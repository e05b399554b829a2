"""Results: weights, scores, merged points, workbook, releases, explanations, audit."""
