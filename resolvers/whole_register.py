"""Know every use case: a process that serves a part of the house has imported only that part."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import resolvers


@cache
def know_every_use_case() -> None:
    """Import every module of use cases, once; without it the act of another process is taken for an unknown one."""
    for module in iter_modules(resolvers.__path__):
        import_module(f"resolvers.{module.name}")
