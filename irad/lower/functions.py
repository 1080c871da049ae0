"""Functions, calls, checks, and the whole module.

A function of the IR becomes `internal { i32, results… } @"py.name"(ptr %ctx, parameters…)`: its first result is a status, and a
caller leaves at once with a status that is not zero. The entry reads its arguments from 8-byte slots and writes the results behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from irad.errors import InternalError
from irad.ir.core import Block, Func, Module, Op
from irad.ir.ops import func, irad, scf
from irad.ir.types import MemRefType, Type
from irad.lower import context
from irad.lower.arrays import ARRAYS
from irad.lower.blocks import lower_for, lower_if, lower_while, poll
from irad.lower.emitter import CheckSite, Emitter, Unit, result_type
from irad.lower.plan import Plan
from irad.lower.scalars import SCALARS
from irad.lower.stacks import STACKS
from irad.lower.target import Target
from irad.lower.types import alignment, components, scalar

Row = Callable[[Emitter, Op], None]

RECURSION = "maximum recursion depth exceeded: the stack is used up"


@dataclass(frozen=True, slots=True)
class Interface:
    """What a caller of a compiled entry has to know, and what has to be there when its code is linked."""

    name: str
    symbol: str
    arguments: tuple[Type, ...]
    results: tuple[Type, ...]
    names: tuple[str, ...]
    written: frozenset[int]
    checks: tuple[CheckSite, ...]
    recursive: bool
    long: bool
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoweredModule:
    """LLVM IR of a module, and the interface of its entry."""

    text: str
    interface: Interface


def lower_module(module: Module, entry: str, target: Target | None = None, symbol: str = "irad_entry") -> LoweredModule:
    """Lower a function and all that it calls; `symbol` names the exported entry.

    Raises
    ------
    InternalError
        If the module holds an operation or type that never reaches the back end.
    """
    plan = Plan(module)
    unit = Unit(target or Target(), plan)
    root = module.funcs[entry]
    names = dict.fromkeys([entry, *plan.reachable(entry)])
    unit.functions = [_function(unit, module.funcs[name], is_root=name == entry) for name in names]
    unit.functions.append(_entry(unit, root, symbol))
    return LoweredModule(
        unit.text(),
        Interface(
            name=root.name,
            symbol=symbol,
            arguments=root.arg_types,
            results=root.result_types,
            names=tuple(value.hint or f"argument {i}" for i, value in enumerate(root.args)),
            written=frozenset(root.attrs.get("writes", ())),
            checks=tuple(unit.checks),
            recursive=any(name in plan.recursive for name in names),
            long=entry in plan.long,
            imports=tuple(unit.declarations),
        ),
    )


def _symbol(name: str) -> str:
    return '@"py.' + name.replace("\\", "\\5C").replace('"', "\\22") + '"'


def _parameter(type: Type, noalias: bool) -> list[str]:
    """LLVM parameters of one parameter, without names."""
    if not isinstance(type, MemRefType):
        return [f"{kind} noundef" for kind in components(type)]
    pointer = f"ptr {'noalias ' if noalias else ''}noundef align {alignment(type.element)}"
    return [pointer, *(f"{kind} noundef" for kind in components(type)[1:])]


def _function(unit: Unit, function: Func, is_root: bool) -> str:
    f = Emitter(unit, function)
    if function.name in unit.plan.recursive:
        _guard_stack(f, function)
    noalias = bool(function.attrs.get("noalias"))
    kinds = [kind for arg in function.args for kind in _parameter(arg.type, noalias)]
    names = [f"%a{i}" for i in range(len(kinds))]
    f.define(function.args, names)
    lower_block(f, function.body)
    result = result_type(function.result_types)
    parameters = [f"ptr noalias noundef align 8 dereferenceable({context.SIZE}) %ctx"]
    parameters += [f"{kind} {name}" for kind, name in zip(kinds, names, strict=True)]
    # Facts about arguments that do not overlap are kept best where the function stays one.
    separate = is_root and any(isinstance(t, MemRefType) for t in function.arg_types)
    attributes = unit.attributes("nounwind noinline" if separate else "nounwind")
    lines = ["entry:", *f.allocas, *f.lines, *f.finish(result)]
    head = f"define internal {result} {_symbol(function.name)}({', '.join(parameters)}) {attributes} {{"
    return "\n".join([head, *lines, "}", ""])


def _guard_stack(f: Emitter, function: Func) -> None:
    """Recursion ends with an exception before the stack does, and can be interrupted."""
    f.unit.declare("llvm.frameaddress.p0", "ptr @llvm.frameaddress.p0(i32 immarg)", "nounwind")
    here = f.emit("call ptr @llvm.frameaddress.p0(i32 0)")
    limit = f.emit(f"load ptr, ptr {f.field(context.STACK_LIMIT)}, align 8{f.tag('context')}")
    f.check(f.emit(f"icmp ugt ptr {here}, {limit}"), "RecursionError", RECURSION, [], function.loc)
    poll(f, 1 + f.unit.plan.cost(function.body))


def lower_block(f: Emitter, block: Block) -> None:
    """All operations of a block, its terminator included (a region's yield emits nothing)."""
    for op in block.ops:
        structured = STRUCTURED.get(type(op))
        if structured is not None:
            structured(f, op, lower_block)
            continue
        row = LLVM.get(type(op))
        if row is None:
            raise InternalError(f"{op.name} never reaches the back end: a pass lowers it before")
        row(f, op)


def _return(f: Emitter, op: Op) -> None:
    parts = f.parts(op.operands)
    if not parts:
        f.effect("ret i32 0")
        return
    types = [v.type for v in op.operands]
    type = result_type(types)
    value = f.emit(f"insertvalue {type} poison, i32 0, 0")
    kinds = [kind for t in types for kind in components(t)]
    for i, (kind, part) in enumerate(zip(kinds, parts, strict=True), 1):
        value = f.emit(f"insertvalue {type} {value}, {kind} {part}, {i}")
    f.effect(f"ret {type} {value}")


def _call(f: Emitter, op: Op) -> None:
    assert isinstance(op, func.Call)
    kinds = [kind for v in op.operands for kind in components(v.type)]
    arguments = ", ".join(["ptr %ctx", *(f"{kind} {part}" for kind, part in zip(kinds, f.parts(op.operands), strict=True))])
    types = [r.type for r in op.results]
    type = result_type(types)
    returned = f.emit(f"call {type} {_symbol(op.callee)}({arguments})")
    if not types:
        f.check_status(returned)
        return
    f.check_status(f.emit(f"extractvalue {type} {returned}, 0"))
    count = sum(len(components(t)) for t in types)
    f.define(op.results, [f.emit(f"extractvalue {type} {returned}, {i}") for i in range(1, count + 1)])


def _check(f: Emitter, op: Op) -> None:
    condition, *values = op.operands
    f.check(f[condition], op.attrs["error"], op.attrs["message"], [(scalar(v.type), f[v]) for v in values], op.loc)


def _index(f: Emitter, op: Op) -> None:
    """i + n for a negative i; then one unsigned comparison finds what is below 0 or beyond n."""
    i, n = (f[v] for v in op.operands)
    if i.startswith("%"):
        wrapped = f.emit(f"add i64 {i}, {n}")
        place = f.emit(f"select i1 {f.emit(f'icmp slt i64 {i}, 0')}, i64 {wrapped}, i64 {i}")
    else:
        place = i if int(i) >= 0 else f.emit(f"add i64 {i}, {n}")
    if f.unit.target.bounds_check:
        assert isinstance(op, irad.Index)
        f.check(f.emit(f"icmp ult i64 {place}, {n}"), "IndexError", op.message, [("i64", i), ("i64", n)], op.loc)
    f[op.result] = place


def _nothing(f: Emitter, op: Op) -> None:
    """Whoever lowers the region reads the terminator's operands."""


STRUCTURED = {scf.If: lower_if, scf.For: lower_for, scf.While: lower_while}

LLVM: dict[type[Op], Row | None] = {
    **SCALARS,
    **ARRAYS,
    **STACKS,
    func.Return: _return,
    func.Call: _call,
    irad.Check: _check,
    irad.Index: _index,
    scf.Yield: _nothing,
    scf.Condition: _nothing,
    irad.Map: None,
    irad.Reduce: None,
}


def _entry(unit: Unit, root: Func, symbol: str) -> str:
    """The exported function: a float travels in its slot as double, an integer as i64, a memref as its components."""
    lines: list[str] = []
    slots = iter(range(1 << 30))

    def slot() -> tuple[str, str]:
        n = next(slots)
        lines.append(f"  %slot{n} = getelementptr inbounds nuw i8, ptr %block, i64 {8 * n}")
        return f"%slot{n}", f"%x{n}"

    arguments = ["ptr %ctx"]
    for type in root.arg_types:
        for kind in components(type):
            place, name = slot()
            arguments.append(f"{kind} {_read_slot(lines, kind, place, name)}")
    type = result_type(root.result_types)
    lines.append(f"  %returned = call {type} {_symbol(root.name)}({', '.join(arguments)})")
    status = "%returned"
    kinds = [kind for t in root.result_types for kind in components(t)]
    if kinds:
        status = "%status"
        lines.append(f"  %status = extractvalue {type} %returned, 0")
    for i, kind in enumerate(kinds, 1):
        place, name = slot()
        lines.append(f"  {name} = extractvalue {type} %returned, {i}")
        _write_slot(lines, kind, place, name)
    head = f"define i32 @{symbol}(ptr noalias noundef align 8 %block, ptr noalias noundef align 8 %ctx) {unit.attributes('nounwind')} {{"
    return "\n".join([head, *lines, f"  ret i32 {status}", "}", ""])


def _read_slot(lines: list[str], kind: str, place: str, name: str) -> str:
    if kind == "float":
        lines += [f"  {name}.d = load double, ptr {place}, align 8", f"  {name} = fptrunc double {name}.d to float"]
    elif kind in ("double", "ptr", "i64"):
        lines.append(f"  {name} = load {kind}, ptr {place}, align 8")
    else:
        lines += [f"  {name}.w = load i64, ptr {place}, align 8", f"  {name} = trunc i64 {name}.w to {kind}"]
    return name


def _write_slot(lines: list[str], kind: str, place: str, name: str) -> None:
    if kind == "float":
        lines += [f"  {name}.d = fpext float {name} to double", f"  store double {name}.d, ptr {place}, align 8"]
    elif kind in ("double", "ptr", "i64"):
        lines.append(f"  store {kind} {name}, ptr {place}, align 8")
    else:
        lines += [f"  {name}.w = {'zext' if kind == 'i1' else 'sext'} {kind} {name} to i64", f"  store i64 {name}.w, ptr {place}, align 8"]


def all_slots(types: Sequence[Type]) -> int:
    """How many 8-byte slots values take."""
    return sum(len(components(t)) for t in types)
