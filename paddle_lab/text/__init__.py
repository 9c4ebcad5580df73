"""Text as people see it: close names, widths, tables, shortening and escaping."""
