"""irad differentiates ordinary Python loops and compiles them to native code."""

from pathlib import Path

# In a checkout, `passes/` and `runtime/` lie beside this folder; an installation has them inside it.
_checkout = Path(__file__).parent.parent
if (_checkout / "passes" / "pipeline.py").is_file():
    __path__.append(str(_checkout))

from irad.api.annotations import Active, Annotation, Const, Duplicated, DuplicatedNoNeed  # noqa: E402
from irad.api.autodiff import autodiff  # noqa: E402
from irad.api.compiled import clear_caches  # noqa: E402
from irad.api.modes import Forward, ForwardMode, ForwardWithPrimal, Mode, Reverse, ReverseMode, ReverseWithPrimal  # noqa: E402
from irad.api.signature import DTYPES, DType  # noqa: E402
from irad.api.transforms import grad, hvp, jit, jvp, value_and_grad, vjp  # noqa: E402
from irad.errors import IradError, NonScalarReturnError, RuntimeActivityError, UnsupportedError  # noqa: E402
from irad.frontend import unroll  # noqa: E402
from irad.inspect.dump import dump  # noqa: E402
from irad.ir.parser import parse  # noqa: E402
from irad.options import Options, options  # noqa: E402

globals().update({name: DType(name) for name in DTYPES if name != "bool"})
