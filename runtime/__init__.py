"""The native side: from LLVM IR to functions that Python calls."""
