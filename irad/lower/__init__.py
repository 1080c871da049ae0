"""Lowering: a module of the IR becomes LLVM IR, as text."""
