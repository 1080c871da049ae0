"""Automatic differentiation: analyses, forward mode, reverse mode."""
