"""How long `homeward up` takes until it can work, and how much memory it holds: the first start, and the next one.

Both in a scratch directory: the first makes the tables and plays the history of the demonstration, the next finds them.
What `make run` does before, installing the locked dependencies, is not in it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks._goals import Goal, under
from homeward.leash import Leash
from tests.servers import free_port

NEXT_START = 5.0  # seconds
LONGEST = 600.0

Say = Callable[[str], object]


def family(pid: int) -> Iterator[int]:
    """Name a process and all that it has started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            yield from family(int(child))


def own_megabytes(pid: int) -> float:
    """Give the memory that a process holds, what it shares divided among those who share it."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


def is_ready(port: int) -> bool:
    """Say whether the house can work."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def start(var: Path, log: Path) -> tuple[float, float, int]:
    """Start the house and end it: seconds until it was ready, megabytes then, and how many processes it is.

    Raises:
        RuntimeError: it did not come up; with the end of what it wrote.
    """
    port = free_port()
    environment = {**os.environ, "HOMEWARD_VAR": str(var), "PORT": str(port)}
    with log.open("wb") as written, Leash() as leash:
        begun = monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "homeward", "up"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        leash.hold(process.pid, signal.SIGTERM)
        try:
            while not is_ready(port):
                if process.poll() is not None or monotonic() - begun > LONGEST:
                    raise RuntimeError(f"the house did not come up:\n{log.read_text(errors='replace')[-2_000:]}")
                sleep(0.05)
            took = monotonic() - begun
            everybody = list(family(process.pid))
            return took, sum(map(own_megabytes, everybody)), len(everybody)
        finally:
            process.terminate()
            process.wait(30)
            leash.release(process.pid)


def measure(say: Say) -> list[Goal]:
    """Start twice, and say how it went."""
    with tempfile.TemporaryDirectory(prefix="homeward-start-") as scratch:
        var, log = Path(scratch) / "var", Path(scratch) / "up.log"
        say(f"{'':12} {'seconds':>8} {'MB':>7} {'processes':>10}")
        for name in ("first start", "next start"):
            took, megabytes, processes = start(var, log)
            say(f"{name:12} {took:>8.1f} {megabytes:>7.0f} {processes:>10}")
    return [under("seconds of a start that is not the first", took, NEXT_START)]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks start_up", description=__doc__)
    parser.parse_args(arguments)
    return measure(print)
