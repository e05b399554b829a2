"""The field: lists, reserves, mergers of units, returns, values of other agencies."""
