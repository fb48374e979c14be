"""Run the benchmarks: ``python -m benchmarks`` all of them, ``python -m benchmarks publish_many --referrals 1000`` one.

A benchmark is a module here that has a function ``main(arguments)``, which measures and gives its goals. They are told
in one table at the end. Answers 1 if a goal was missed.
"""

from __future__ import annotations

import pkgutil
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from types import ModuleType

import benchmarks
from benchmarks._goals import Goal, kept, told


def known() -> dict[str, ModuleType]:
    """Give the benchmarks by name."""
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_"))
    modules = {name: import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def run(arguments: list[str]) -> int:
    """Run the benchmark that is named first, all of them if none is, or list them; answer the exit code."""
    found = known()
    name, *rest = arguments or ["all"]
    if name in {"-h", "--help", "list"}:
        print("Benchmarks (make bench for all, or make bench ARGS='name'):\n")
        for one, module in found.items():
            print(f"  {one:16} {(module.__doc__ or '').partition(chr(10))[0]}")
        return 0
    if name not in found and name != "all":
        print(f"There is no benchmark {name!r}. There are: {', '.join(found)}.", file=sys.stderr)
        return 2
    if name != "all":
        return told({name: found[name].main(rest)}, print)
    if rest:
        print("All of them are run as they are; options are for one.", file=sys.stderr)
        return 2
    return told({one: _run(one, module) for one, module in found.items()}, print)


def _run(name: str, module: ModuleType) -> Sequence[Goal]:
    """Run one of all, in a process of its own; if it breaks down, the others are still run and told.

    What one leaves behind (memory, statements that were put together for the other engine) is not for the next.
    """
    print(f"\n== {name}", flush=True)
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            goals: Sequence[Goal] = alone.submit(module.main, []).result()
    except Exception as fault:  # noqa: BLE001 - whatever it was, an hour of the others is not to be lost
        traceback.print_exc()
        return [kept("ran to its end", [repr(fault)])]
    return goals


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
