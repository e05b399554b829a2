"""A rulebook as a workbook that scoring staff edit."""
