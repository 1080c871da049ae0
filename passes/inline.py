"""Inlining of calls to functions that do not (indirectly) call themselves."""

from __future__ import annotations

from irad.ir.core import Func, Module, clone_op
from irad.ir.ops import func as f

SMALL = 200


def _calls(func: Func) -> list[f.Call]:
    return [op for op in func.walk() if isinstance(op, f.Call)]


def recursive_functions(module: Module) -> set[str]:
    """Names of the functions that may be running when they are called: members of a cycle of the call graph (Tarjan)."""
    graph = {name: {call.callee for call in _calls(func)} for name, func in module.funcs.items()}
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    cyclic: set[str] = set()

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for callee in graph[name]:
            if callee not in order:
                visit(callee)
                low[name] = min(low[name], low[callee])
            elif callee in stack:
                low[name] = min(low[name], order[callee])
        if low[name] == order[name]:
            members = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(members) > 1 or name in graph[name]:
                cyclic.update(members)

    for name in graph:
        if name not in order:
            visit(name)
    return cyclic


def _inline_call(call: f.Call, callee: Func) -> None:
    mapping = dict(zip(callee.args, call.operands, strict=True))
    assert call.parent is not None
    for op in callee.body.ops:
        if not op.terminator:
            call.parent.insert(clone_op(op, mapping), call)
    for result, value in zip(call.results, callee.body.terminator.operands, strict=True):
        result.replace_by(mapping.get(value, value))
    call.erase()


def inline(module: Module) -> bool:
    """Put the bodies of small functions, and of those called once, where they are called; never those of recursive ones.

    Callees first, so that what is copied is inlined already. Functions stay in the module, called or not.

    Before:
        func.func @square(%x: f64) -> f64 {
          %y = arith.mulf %x, %x : f64
          func.return %y : f64
        }
        func.func @f(%x: f64) -> f64 {
          %y = func.call @square(%x) : (f64) -> f64
          func.return %y : f64
        }
    After:
        func.func @square(%x: f64) -> f64 {
          %y = arith.mulf %x, %x : f64
          func.return %y : f64
        }
        func.func @f(%x: f64) -> f64 {
          %y = arith.mulf %x, %x : f64
          func.return %y : f64
        }
    """
    cyclic = recursive_functions(module)
    sites: dict[str, int] = {}
    for func in module.funcs.values():
        for call in _calls(func):
            sites[call.callee] = sites.get(call.callee, 0) + 1
    done: set[str] = set()
    if sites:
        for name in list(module.funcs):
            _inline_into(name, module, cyclic, sites, done)
    return bool(sites)


def _inline_into(name: str, module: Module, cyclic: set[str], sites: dict[str, int], done: set[str]) -> None:
    if name in done:
        return
    done.add(name)
    for call in _calls(module.funcs[name]):
        callee = call.callee
        if callee in cyclic:
            continue
        _inline_into(callee, module, cyclic, sites, done)
        if sites[callee] == 1 or _size(module.funcs[callee]) <= SMALL:
            _inline_call(call, module.funcs[callee])


def _size(func: Func) -> int:
    return sum(1 for _ in func.walk())
