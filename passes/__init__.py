"""The optimiser and automatic differentiation: functions from IR to IR."""
