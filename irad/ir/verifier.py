"""Verifier: what must hold of every function and module.

Structure
    1. A block's operations form a doubly linked list; each names the block as its parent, as a region names its operation and a body
       its function.
    2. Results and arguments name their owner and their position in it.
    3. A block is not empty; its last operation, and no other, is a terminator, and one that fits the place: `func.return` ends a function,
       `scf.condition` the first region of `scf.while`, `scf.yield` every other region.
    4. An operand is defined earlier in the same block or in a block around it, in the same function.
    5. A value's `uses` counts exactly the operands that are the value, and all users are in the function.
Functions and modules
    6. A module lists a function under its own name; a call's operands and results have the types of a function of the module.
    7. `func.return` has operands of the function's result types.
Types, per operation (`verifier_ops.py`, a function each)
    8. Numbers of operands, results and regions, and their types, are as the operation's docstring says; a family checks its members.
    9. Attributes are present and of their kind: constants fit their type, predicates and fast-math flags are known, axes exist.
   10. `scf.if` yields its results from both regions; what `scf.for` and `scf.while` carry has one type from inits to results.
   11. A contiguous memref type is never mixed with a strided one: `memref.cast` converts.
   12. The region of `irad.map` holds pure operations and structured control flow only.

The verifier is linear in the number of operations and operands. What it finds is a bug of irad, hence an InternalError.
"""

from __future__ import annotations

from irad.errors import InternalError
from irad.ir.core import Block, Func, Module, Op, Value
from irad.ir.ops import func, scf
from irad.ir.types import Type
from irad.ir.verifier_ops import check_op, describe


def verify(root: Module | Func) -> None:
    """Check a module, or one function (whose calls cannot be looked up then).

    Raises
    ------
    InternalError
        Naming the operation, its function and location, what was expected and what was found.
    """
    if isinstance(root, Func):
        _FuncVerifier(root, None).run()
        return
    for name, function in root.funcs.items():
        if function.name != name:
            raise InternalError(f"the module lists @{function.name} as @{name}")
        _FuncVerifier(function, root).run()


class _FuncVerifier:
    """Walks one function."""

    def __init__(self, function: Func, module: Module | None) -> None:
        self._function = function
        self._module = module
        self._visible: set[Value] = set()
        self._ops: set[Op] = set()
        self._values: list[Value] = []

    def run(self) -> None:
        """Check the function."""
        body = self._function.body
        if body.parent is not self._function:
            raise InternalError(f"the body of @{self._function.name} names {body.parent!r} as its parent")
        self._block(body, None)
        self._uses()

    def _fail(self, op: Op, what: str) -> InternalError:
        return InternalError(f"{op.name} in @{self._function.name} at {op.loc}: {what}")

    def _block(self, block: Block, owner: Op | None) -> None:
        own: list[Value] = []
        self._define(block.args, block, own)
        previous: Op | None = None
        op = block.first
        while op is not None:
            self._link(block, op, previous)
            self._op(op)
            self._define(op.results, op, own)
            previous, op = op, op.next
        if block.last is not previous:
            raise InternalError(f"a block of @{self._function.name} ends in {previous!r}, but its last operation is {block.last!r}")
        self._ending(block, owner)
        self._visible.difference_update(own)

    def _link(self, block: Block, op: Op, previous: Op | None) -> None:
        if op.parent is not block or op.prev is not previous:
            raise self._fail(op, "not linked into the block in which it stands")
        if op in self._ops:
            raise self._fail(op, "stands in two places")
        self._ops.add(op)

    def _define(self, values: list[Value], owner: Op | Block, own: list[Value]) -> None:
        for i, value in enumerate(values):
            if value.owner is not owner or value.index != i:
                raise InternalError(f"{value!r} in @{self._function.name} is number {i} of {owner!r}, but names {value.owner!r}")
        self._visible.update(values)
        own.extend(values)
        self._values.extend(values)

    def _op(self, op: Op) -> None:
        for i, value in enumerate(op.operands):
            if value not in self._visible:
                raise self._fail(op, f"{describe(op, i)} is used where it is not defined")
            if value.uses.get(op) is None:
                raise self._fail(op, f"{describe(op, i)} does not list the operation among its users")
        for region in op.regions:
            if region.parent is not op:
                raise self._fail(op, f"its region names {region.parent!r} as its parent")
            self._block(region, op)
        found = check_op(op)
        if found:
            raise self._fail(op, found)
        if isinstance(op, func.Call) and self._module is not None:
            self._call(op, self._module)

    def _ending(self, block: Block, owner: Op | None) -> None:
        place = f"a region of {owner!r}" if owner is not None else "the body"
        last = block.last
        if last is None:
            raise InternalError(f"{place} in @{self._function.name} is empty")
        expected = func.Return if owner is None else scf.Yield
        if isinstance(owner, scf.While) and block is owner.regions[0]:
            expected = scf.Condition
        if not isinstance(last, expected):
            raise self._fail(last, f"ends {place}, expected {expected.name}")
        for op in block.ops:
            if op.terminator and op is not last:
                raise self._fail(op, f"stands before the end of {place}")
        if owner is None:
            self._same_types(last, "operands", [v.type for v in last.operands], self._function.result_types)

    def _call(self, op: func.Call, module: Module) -> None:
        callee = module.funcs.get(op.callee)
        if callee is None:
            raise self._fail(op, f"calls @{op.callee}, which the module does not have")
        self._same_types(op, "operands", [v.type for v in op.operands], callee.arg_types)
        self._same_types(op, "results", [v.type for v in op.results], callee.result_types)

    def _same_types(self, op: Op, what: str, found: list[Type], expected: tuple[Type, ...]) -> None:
        if tuple(found) != expected:
            raise self._fail(op, f"{what} have types ({_list(found)}), expected ({_list(expected)})")

    def _uses(self) -> None:
        counts: dict[Op, dict[Value, int]] = {}
        for op in self._ops:
            count = counts[op] = {}
            for value in op.operands:
                count[value] = count.get(value, 0) + 1
        for value in self._values:
            for user, n in value.uses.items():
                found = counts.get(user, {}).get(value)
                if user not in self._ops:
                    raise self._fail(user, f"is listed as a user of {value!r}, but is not in the function")
                if found != n:
                    raise self._fail(user, f"{value!r} lists {n} uses by it, found {found or 0}")


def _list(types: list[Type] | tuple[Type, ...]) -> str:
    return ", ".join(str(t) for t in types)
