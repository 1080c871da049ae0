"""The SSA IR: structure, types, operations, text form, verifier, interpreter."""
