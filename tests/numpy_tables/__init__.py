"""What is checked of NumPy's functions on traced values: one table a family, each a list of `numpy_rows.Row`."""
