"""The front end: from a Python function to the IR."""

from irad.frontend.iterables import unroll
from irad.frontend.trace import StaticNeeded, Trace, capture, trace

__all__ = ["StaticNeeded", "Trace", "capture", "trace", "unroll"]
