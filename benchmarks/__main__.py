"""List and run the benchmarks: ``python -m benchmarks``, ``python -m benchmarks publish_many --referrals 1000``.

A benchmark is a module here that has a function ``main(arguments)``, which answers the exit code.
"""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from types import ModuleType

import benchmarks


def known() -> dict[str, ModuleType]:
    """Give the benchmarks by name."""
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_"))
    modules = {name: import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def run(arguments: list[str]) -> int:
    """Run the benchmark that is named first, all of them for ``all``, or list them."""
    found = known()
    if not arguments or arguments[0] in {"-h", "--help", "list"}:
        print("Benchmarks (make bench ARGS='name', or ARGS=all):\n")
        for name, module in found.items():
            print(f"  {name:16} {(module.__doc__ or '').partition(chr(10))[0]}")
        return 0
    name, *rest = arguments
    if name == "all":
        return max((_run_one(one, module, rest) for one, module in found.items()), default=0)
    if name not in found:
        print(f"There is no benchmark {name!r}. There are: {', '.join(found)}.", file=sys.stderr)
        return 2
    return int(found[name].main(rest))


def _run_one(name: str, module: ModuleType, arguments: list[str]) -> int:
    print(f"== {name}")
    return int(module.main(arguments))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
