"""What a function that irad cannot look into does to objects that it is given: their contents are compared, and changes logged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from irad.frontend.state import Contents, State, contents, has_state, set_contents

_LIMIT = 1000  # containers that are looked at
_COLLECTIONS = (list, dict, set, deque)

Watched = list[tuple[Any, Contents]]


def watched(given: Iterable[Any]) -> Watched:
    """The objects of the user's classes among some values, and all that they hold, as they are now."""
    if not any(has_state(x) for x in given):
        return []
    found: dict[int, tuple[Any, Contents]] = {}
    todo = list(given)
    while todo and len(found) < _LIMIT:
        x = todo.pop()
        if isinstance(x, tuple):
            todo.extend(x)
        elif id(x) not in found and (isinstance(x, _COLLECTIONS) or has_state(x)):
            found[id(x)] = x, contents(x)
            todo.extend(found[id(x)][1].values())
    return list(found.values())


def log_changes(now: State, before: Watched) -> None:
    """Log the objects that have changed, as if rewritten code had written them."""
    for obj, old in before:
        new = contents(obj)
        if old.keys() != new.keys() or any(old[k] is not v for k, v in new.items()):
            set_contents(obj, old)
            now.writes(obj)
            set_contents(obj, new)
