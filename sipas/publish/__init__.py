"""What leaves the office: the round's workbook, in Vietnamese, from plain frozen values to bytes."""
