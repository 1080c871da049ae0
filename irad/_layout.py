"""In a checkout, `passes/` and `runtime/` lie beside the package folder; an installation has them inside it."""

import sys
from pathlib import Path

_checkout = Path(__file__).parent.parent
if (_checkout / "passes" / "pipeline.py").is_file():
    sys.modules["irad"].__path__.append(str(_checkout))
