"""irad differentiates ordinary Python loops and compiles them to native code."""

from irad import _layout  # noqa: F401  (has to come first: it lets a checkout find irad.passes and irad.runtime)
from irad.api.ahead import Compiled, compile, load
from irad.api.annotations import Active, Annotation, Const, Duplicated, DuplicatedNoNeed
from irad.api.autodiff import autodiff
from irad.api.compiled import clear_caches
from irad.api.cotangents import vjp
from irad.api.jacobians import diaghessian, hessian, hessian_reverse, jacobian, withjacobian
from irad.api.modes import (
    Forward,
    ForwardMode,
    ForwardWithPrimal,
    Mode,
    Reverse,
    ReverseHolomorphic,
    ReverseHolomorphicWithPrimal,
    ReverseMode,
    ReverseWithPrimal,
)
from irad.api.signature import c64, c128, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64
from irad.api.sweeps import onehot
from irad.api.transforms import grad, hvp, jit, jvp, value_and_grad
from irad.api.vectors import flatten
from irad.api.zeros import make_zero, make_zero_into, remake_zero
from irad.api.zygote import gradient, gradient_into, pullback, withgradient
from irad.errors import IradError, LoadError, NonScalarReturnError, RuntimeActivityError, UnsupportedError
from irad.frontend import unroll
from irad.inspect.dump import dump
from irad.ir.parser import parse
from irad.options import Options, options
from irad.pytree import register_pytree

__version__ = "0.1.0"

__all__ = [
    "Active",
    "Annotation",
    "Compiled",
    "Const",
    "Duplicated",
    "DuplicatedNoNeed",
    "Forward",
    "ForwardMode",
    "ForwardWithPrimal",
    "IradError",
    "LoadError",
    "Mode",
    "NonScalarReturnError",
    "Options",
    "Reverse",
    "ReverseHolomorphic",
    "ReverseHolomorphicWithPrimal",
    "ReverseMode",
    "ReverseWithPrimal",
    "RuntimeActivityError",
    "UnsupportedError",
    "autodiff",
    "c64",
    "c128",
    "clear_caches",
    "compile",
    "diaghessian",
    "dump",
    "f32",
    "f64",
    "flatten",
    "grad",
    "gradient",
    "gradient_into",
    "hessian",
    "hessian_reverse",
    "hvp",
    "i8",
    "i16",
    "i32",
    "i64",
    "jacobian",
    "jit",
    "jvp",
    "load",
    "make_zero",
    "make_zero_into",
    "onehot",
    "options",
    "parse",
    "pullback",
    "register_pytree",
    "remake_zero",
    "u8",
    "u16",
    "u32",
    "u64",
    "unroll",
    "value_and_grad",
    "vjp",
    "withgradient",
    "withjacobian",
]
