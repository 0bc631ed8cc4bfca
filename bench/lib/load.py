"""The load: wrk, closed loop, keep-alive, pinned to its core."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "load.lua"


@dataclass(frozen=True)
class Load:
    """What to send. Lines are requests of load.lua; all go to one host."""

    base: str
    requests: Path
    expected_status: int
    connections: int
    core: int
    every_status: bool = True  # look at each answer's status, not only at wrk's count of those above 399


@dataclass(frozen=True)
class Result:
    """One run of wrk. `requests` counts answers of every status; `wrong` those that do not count as
    served."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    wrong: int
    first_wrong_status: int
    socket_errors: int
    timeouts: int

    @property
    def served(self) -> int:
        return self.requests - self.wrong

    @property
    def per_second(self) -> float:
        return self.served / self.seconds

    @property
    def errors(self) -> int:
        return self.wrong + self.socket_errors + self.timeouts


def request_line(method: str, path: str, token: str | None = None, body: object = None) -> str:
    """One line of the request file; JSON text has neither tabs nor line ends."""
    return "\t".join(
        [method, path, token or "-", "-" if body is None else json.dumps(body, separators=(",", ":"))]
    )


def parse(output: str) -> Result:
    """The result line that load.lua prints."""
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    if len(lines) != 1:
        raise RuntimeError(f"wrk printed no result:\n{output[-2000:]}")
    data = json.loads(lines[0].removeprefix("RESULT "))
    return Result(
        requests=data["requests"],
        seconds=data["seconds"],
        p50_ms=data["p50_ms"],
        p99_ms=data["p99_ms"],
        max_ms=data["max_ms"],
        wrong=max(data["unexpected"], data["above_399"]),
        first_wrong_status=data["first_unexpected"],
        socket_errors=data["socket_errors"],
        timeouts=data["timeouts"],
    )


def run(load: Load, seconds: int) -> Result:
    """Sends for the given time; wrk itself is bounded by a minute more."""
    command = [
        "taskset",
        "--cpu-list",
        str(load.core),
        "wrk",
        "--threads",
        "1",
        "--connections",
        str(load.connections),
        "--duration",
        f"{seconds}s",
        "--timeout",
        "10s",
        "--script",
        str(SCRIPT),
        load.base,
        "--",
        str(load.requests),
        str(load.expected_status),
        "every" if load.every_status else "errors",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    return parse(done.stdout)
