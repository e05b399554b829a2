"""The workbook of a round."""
