"""The shop as real processes: started, watched, killed, looked at."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

INTERNAL_KEY = "faults_internal_key_0123456789abcdef"
PARTS = ("user", "product", "order", "notification", "gateway")
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 40.0
ASK_SECONDS_MAX = 8.0

# Shorter than the defaults where a run would do nothing but wait for them.
SETTINGS = {
    "gateway.rate_limit": "0",
    "security.internal_key": INTERNAL_KEY,
    "log.format": "json",
    "log.level": "warn",
    "host.reactors": "1",
    "host.drain": "5s",
    "call.timeout": "3s",
    "http.request_timeout": "6s",
    "saga.lease": "3s",
    "saga.retry_max": "2s",
}


class Failed(Exception):
    """The system did not do what a run needs; says what."""


@dataclass
class Answer:
    """Status 0 where none came."""

    status: int
    body: bytes = b""

    def json(self) -> dict:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {"data": found}


class Line:
    """A connection that is kept, and made again after anything has gone wrong."""

    def __init__(self, host: str, port: int):
        self._connection = http.client.HTTPConnection(host, port, timeout=ASK_SECONDS_MAX)

    def ask(self, verb: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None
        if body is not None:
            content = json.dumps(body)
            sent["Content-Type"] = "application/json"
        try:
            self._connection.request(verb, path, content, sent)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return Answer(0)

    def close(self) -> None:
        self._connection.close()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that the system gives to outgoing connections."""
    ports: list[int] = []
    candidate = 15_000 + os.getpid() % 15_000
    while len(ports) < count:
        candidate = 15_000 + (candidate - 14_999) % 16_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        ports.append(candidate)
    return ports


def children_of(parent: int) -> dict[int, str]:
    """The processes that one has started and that live, with their command lines."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = Path("/proc", name, "stat").read_text(encoding="utf-8")
            fields = stat[stat.rindex(")") + 2 :].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                command = Path("/proc", name, "cmdline").read_bytes()
                found[int(name)] = command.replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@dataclass
class Setup:
    """Where and as what a shop runs."""

    program: Path
    folder: Path
    data: Path
    topology: str  # single, split, or apart: a process a service without a supervisor
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)  # of apart: the address of each part
    spaces: dict[str, str] = field(default_factory=dict)  # of apart: the network namespace of each part


class Shop:
    """One system on one data folder, over many lives of its processes."""

    def __init__(self, setup: Setup):
        self.setup = setup
        self.ports = dict(zip(PARTS, free_ports(len(PARTS))))
        self.log = setup.folder / "log"
        self._roots: dict[str, subprocess.Popen] = {}

    @property
    def topology(self) -> str:
        return self.setup.topology

    def host(self, part: str) -> str:
        return self.setup.hosts.get(part, "127.0.0.1")

    def line(self, part: str) -> Line:
        return Line(self.host(part), self.ports[part])

    def _arguments(self, part: str | None) -> list[str]:
        settings = dict(SETTINGS)
        settings["host.data"] = str(self.setup.data)
        for name, port in self.ports.items():
            settings[f"{name}.port"] = str(port)
        if part:
            settings["host.address"] = self.host(part)
            for name in PARTS[:-1]:
                settings[f"{name}.url"] = f"http://{self.host(name)}:{self.ports[name]}"
        settings.update(self.setup.settings)
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        program = str(self.setup.program)
        if part:
            space = self.setup.spaces.get(part)
            inside = ["ip", "netns", "exec", space] if space else []
            return [*inside, program, "run", "shop", part, *words]
        return [program, "up", "shop", *(["--split"] if self.topology == "split" else []), *words]

    def _roots_wanted(self) -> tuple[str, ...]:
        return PARTS if self.topology == "apart" else ("shop",)

    def start(self, part: str) -> None:
        """A process that the harness itself looks after: a part of `apart`, else the whole."""
        with open(self.log, "ab") as output:
            self._roots[part] = subprocess.Popen(
                self._arguments(part if part in PARTS else None),
                cwd=self.setup.folder,
                env={"PATH": os.environ["PATH"], **self.setup.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_missing(self, order: tuple[str, ...] | None = None) -> list[str]:
        """Starts what does not run; says which."""
        missing = [part for part in order or self._roots_wanted() if not self.runs(part)]
        for part in missing:
            self.start(part)
        return missing

    def runs(self, root: str) -> bool:
        return root in self._roots and self._roots[root].poll() is None

    def up(self) -> None:
        """Starts all and waits until all are ready."""
        # The first makes the keys that the others find.
        for part in self._roots_wanted():
            if not self.runs(part):
                self.start(part)
            if part == PARTS[0]:
                self.wait_ready((part,))
        self.wait_ready()

    def is_ready(self, parts: tuple[str, ...] = PARTS) -> bool:
        for part in parts:
            line = self.line(part)
            ready = line.ask("GET", "/readyz").status == 200
            line.close()
            if not ready:
                return False
        return True

    def wait_ready(self, parts: tuple[str, ...] = PARTS, seconds_max: float = START_SECONDS_MAX) -> None:
        """Starts again what ends meanwhile: a port may still be taken by who is being shut down."""
        deadline = time.monotonic() + seconds_max
        while not self.is_ready(parts):
            if time.monotonic() > deadline:
                raise Failed(f"not ready after {seconds_max:.0f} s: {self.tail()}")
            time.sleep(0.02)
            if not all(self.runs(root) for root in self._roots):
                time.sleep(0.2)
                self.start_missing(tuple(self._roots))

    def processes(self) -> dict[str, int]:
        """The ids of what serves: the parts, or the one process of `single`."""
        if self.topology != "split":
            return {name: root.pid for name, root in self._roots.items() if root.poll() is None}
        found = {}
        for pid, command in children_of(self._roots["shop"].pid).items():
            for part in PARTS:
                if f" run shop {part} " in command:
                    found[part] = pid
        return found

    def supervisor(self) -> int:
        return self._roots["shop"].pid

    def everything(self) -> list[int]:
        """The ids of all processes, the supervisor first."""
        roots = [root.pid for root in self._roots.values() if root.poll() is None]
        return roots + [pid for root in roots for pid in children_of(root)]

    def how_it_ended(self, part: str) -> str:
        """Of what the harness itself has started."""
        root = self._roots.get("shop" if self.topology == "single" else part)
        code = root.poll() if root else None
        return "" if code is None else f" by signal {-code}" if code < 0 else f" with {code}"

    def collect(self) -> None:
        """Takes note of what has ended."""
        for root in self._roots.values():
            root.poll()

    def stop(self) -> None:
        """In order. Raises where that takes too long, after having ended it by force."""
        for root in self._roots.values():
            if root.poll() is None:
                root.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        late = []
        for name, root in self._roots.items():
            try:
                root.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                late.append(name)
        if late:
            self.kill_everything()
            raise Failed(f"{', '.join(late)} did not stop within {STOP_SECONDS_MAX:.0f} s of SIGTERM")
        self._roots.clear()

    def kill_everything(self) -> None:
        for pid in self.everything():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for root in self._roots.values():
            root.wait()
        self._roots.clear()

    def verify(self) -> list[str]:
        """What the program itself finds in the data of the stopped system."""
        done = subprocess.run(
            [str(self.setup.program), "doctor", "shop", "--verify", "--json", "--data", str(self.setup.data)],
            cwd=self.setup.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        try:
            verdicts = json.loads(done.stdout)["verdicts"]
        except (ValueError, KeyError):
            return [f"doctor ended with {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"]
        return [
            f"{verdict['name']}: {'; '.join(verdict['findings'][:3])}"
            for verdict in verdicts
            if not verdict["ok"] and verdict["severity"] == "violation"
        ]

    def tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-600:] if self.log.exists() else ""
