"""Cells of people's tables, one way to read each: text as it is compared, numbers, days, the clock of Viet Nam."""
