"""Numerical programs as plain Python loops, each differentiated by irad."""
