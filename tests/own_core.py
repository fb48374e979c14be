"""A core for each of the processes that share the tests, where there are as many processes as cores.

The main thread and the thread of a connection take turns many thousand times: what one gives the other to do wakes it,
and to wake it on another core costs more than most statements do. So a process of ours stays on one core, with all its
threads. The programs that tests start may use every core, as anywhere.
"""

from __future__ import annotations

import os
import subprocess
from typing import Any


def stay_on_own_core(number: int, processes: int) -> None:
    """Keep this process, one of ``processes``, on a core of its own, if there is one for each and no core to spare.

    The numbers go on where a process has died and another one takes its place.
    """
    if not hasattr(os, "sched_setaffinity"):  # macOS, where a process cannot choose
        return
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) != processes:
        return
    own = {cores[number % processes]}
    begin = subprocess.Popen._execute_child  # type: ignore[attr-defined]

    def begin_anywhere(program: subprocess.Popen[Any], *given: Any, **more: Any) -> None:
        os.sched_setaffinity(0, cores)  # of this thread, and of what it starts
        try:
            begin(program, *given, **more)
        finally:
            os.sched_setaffinity(0, own)

    subprocess.Popen._execute_child = begin_anywhere  # type: ignore[attr-defined]
    os.sched_setaffinity(0, own)
