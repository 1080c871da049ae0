"""irad differentiates ordinary Python loops and compiles them to native code."""

from pathlib import Path

# In a checkout, `passes/` and `runtime/` lie beside this folder; an installation has them inside it.
_checkout = Path(__file__).parent.parent
if (_checkout / "passes" / "pipeline.py").is_file():
    __path__.append(str(_checkout))
