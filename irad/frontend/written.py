"""Which array parameters of a function may be written, found conservatively from its IR."""

from __future__ import annotations

from irad.ir.core import Func, Module, Op, Value
from irad.ir.ops import func as F
from irad.ir.ops import irad, memref, scf
from irad.ir.types import MemRefType


def written_arguments(module: Module, func: Func) -> set[int]:
    """Positions of the parameters whose memory a call of the function may write."""
    return _Written(module).of(func)


class _Written:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.known: dict[str, set[int]] = {}

    def of(self, func: Func) -> set[int]:
        """Parameters that a function writes; recursive calls are iterated to a fixpoint."""
        names = self.reachable(func)
        self.known.update({n: set() for n in names})
        changed = True
        while changed:
            changed = False
            for name in names:
                found = self.once(self.module.funcs[name])
                changed |= found != self.known[name]
                self.known[name] = found
        return self.known[func.name]

    def reachable(self, func: Func) -> list[str]:
        names, todo = [func.name], [func]
        while todo:
            for op in todo.pop().walk():
                if isinstance(op, F.Call) and op.callee not in names:
                    names.append(op.callee)
                    todo.append(self.module.funcs[op.callee])
        return names

    def once(self, func: Func) -> set[int]:
        """Parameters among the roots of what the function writes, with what is known of its callees."""
        sources: dict[Value, set[Value]] = {}
        targets: set[Value] = set()
        for op in func.walk():
            self.flow(op, sources)
            targets |= self.targets(op)
        roots: set[Value] = set()
        todo = list(targets)
        while todo:
            value = todo.pop()
            if value not in roots:
                roots.add(value)
                todo.extend(sources.get(value, ()))
        return {i for i, arg in enumerate(func.args) if arg in roots}

    def targets(self, op: Op) -> set[Value]:
        """Memrefs that an operation writes."""
        if isinstance(op, memref.Store):
            return {op.array}
        if isinstance(op, irad.Map):
            return {op.destination}
        if isinstance(op, F.Call):
            return {op.operands[i] for i in self.known.get(op.callee, ()) if i < len(op.operands)}
        return set()

    def flow(self, op: Op, sources: dict[Value, set[Value]]) -> None:
        """Which memrefs may share memory with which: results and block arguments with what flows into them."""
        arrays = [v for v in op.operands if isinstance(v.type, MemRefType)]
        if isinstance(op, scf.Yield | scf.Condition):
            self.leave(op, sources)
            return
        for i, region in enumerate(op.regions):
            for arg in region.args:
                if isinstance(arg.type, MemRefType):
                    sources.setdefault(arg, set()).update(arrays if i == 0 or not isinstance(op, scf.While) else ())
        for result in op.results:
            if isinstance(result.type, MemRefType) and not isinstance(op, memref.Alloc | memref.Alloca):
                sources.setdefault(result, set()).update(arrays)

    def leave(self, op: Op, sources: dict[Value, set[Value]]) -> None:
        """What a region yields flows into the results of its operation and into the arguments of its regions."""
        block = op.parent
        parent = block.parent if block is not None else None
        if not isinstance(parent, Op):
            return
        arrays = {v for v in op.operands if isinstance(v.type, MemRefType)}
        for value in (*parent.results, *(a for region in parent.regions for a in region.args)):
            if isinstance(value.type, MemRefType):
                sources.setdefault(value, set()).update(arrays)
