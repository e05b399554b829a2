"""What every workbook is built of: cells, formats, tables, matrices, A4 pages, official heads."""
