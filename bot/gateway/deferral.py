"""Packages of which nothing is executed before it is needed."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from threading import RLock
from types import ModuleType

_executing = RLock()


def defer(package: str) -> None:
    """Let a package be there for whoever imports it, but be executed only when a name is first taken from it.

    Its submodules can be imported meanwhile as always. It is found by `from parent import package`, and as an
    attribute of a parent that does that itself. Does nothing where it was imported already, or can't be found: it
    is imported as any other then. Neither it nor its parent is executed here.
    """
    spec = None if package in sys.modules else _found(package)
    if spec is None or spec.loader is None:
        return
    module = sys.modules[package] = module_from_spec(spec)
    module.__dict__["__getattr__"] = _Execution(module, spec)
    parent, _, name = package.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], name, module)


class _Execution:
    """Asked for what a module does not have (PEP 562): executes it, once, and looks again."""

    def __init__(self, module: ModuleType, spec: ModuleSpec) -> None:
        self._module = module
        self._spec = spec
        self._begun = False

    def __call__(self, name: str) -> object:
        module = self._module
        with _executing:
            if not self._begun and self._spec.loader is not None:
                self._begun = True
                self._spec.loader.exec_module(module)
        if name in module.__dict__:
            return module.__dict__[name]
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")


def _found(package: str) -> ModuleSpec | None:
    where: Sequence[str] | None = None
    spec: ModuleSpec | None = None
    parts = package.split(".")
    for n in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: n + 1]), where)
        where = spec.submodule_search_locations if spec is not None else None
        if where is None:
            return None
    return spec
