"""Processes on a given core: start, pause, stop, and what they cost (from /proc)."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STOP_SECONDS_MAX = 15.0


@dataclass(frozen=True)
class Stat:
    """The fields of /proc/<pid>/stat that are used here."""

    parent: int
    cpu_seconds: float  # user and system, of the process and of its children already waited for


def parse_stat(text: str) -> Stat:
    """Parses /proc/<pid>/stat. The name (field 2) may hold spaces and parentheses: the last ')' ends it."""
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(parent=int(fields[1]), cpu_seconds=sum(int(field) for field in fields[11:15]) / TICKS)


def stats() -> dict[int, Stat]:
    """All processes of the machine by pid; one that ends while being read is left out."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found[int(name)] = parse_stat(Path("/proc", name, "stat").read_text(encoding="utf-8"))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def tree(roots: list[int], known: dict[int, Stat]) -> list[int]:
    """The given processes that live and all their descendants."""
    children: dict[int, list[int]] = {}
    for pid, stat in known.items():
        children.setdefault(stat.parent, []).append(pid)
    found, waiting = [], [pid for pid in roots if pid in known]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, []))
    return found


def cpu_seconds(roots: list[int]) -> float:
    """CPU time of the trees so far. A child that ended counts in the parent that waited for it, so nothing is
    lost."""
    known = stats()
    return sum(known[pid].cpu_seconds for pid in tree(roots, known))


def parse_core_busy(text: str, core: int) -> float:
    """Seconds a core was not idle, from the text of /proc/stat: all but idle, waiting for disks, and guest
    time, which user time already holds."""
    for line in text.splitlines():
        fields = line.split()
        if fields and fields[0] == f"cpu{core}":
            user, nice, system, _, _, irq, softirq, steal = (int(field) for field in fields[1:9])
            return (user + nice + system + irq + softirq + steal) / TICKS
    raise ValueError(f"no core {core}")


def core_busy(core: int) -> float:
    """Seconds the core has been busy since the machine started, by whomever."""
    return parse_core_busy(Path("/proc/stat").read_text(encoding="utf-8"), core)


def _kilobytes(path: Path, key: str) -> int:
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


@dataclass(frozen=True)
class Memory:
    """Of a tree, in bytes. `resident` counts shared pages once a process, `proportional` once in all."""

    resident: int
    proportional: int


def memory(roots: list[int]) -> Memory:
    """VmRSS and PSS of the trees."""
    pids = tree(roots, stats())
    resident = sum(_kilobytes(Path(f"/proc/{pid}/status"), "VmRSS") for pid in pids)
    proportional = sum(_kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") for pid in pids)
    return Memory(resident * 1024, proportional * 1024)


class Process:
    """A started program, its output in a file. `stop` is safe to call twice."""

    def __init__(
        self,
        command: list[str],
        *,
        core: int,
        log: Path,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ):
        self.command = command
        self.log = log
        self._stop_signal = stop_signal
        with open(log, "ab") as output:
            self._process = subprocess.Popen(
                ["taskset", "--cpu-list", str(core), *command],
                env={**os.environ, **(env or {})},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def check_alive(self) -> None:
        """Raises with the end of the log when the program has ended."""
        if self._process.poll() is not None:
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{self.command[0]} ended with {self._process.returncode}:\n{tail}")

    def stop(self) -> None:
        if self._process.poll() is not None:
            return
        signal_tree([self.pid], signal.SIGCONT)
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            for pid in tree([self.pid], stats()):
                os.kill(pid, signal.SIGKILL)
            self._process.wait()


def signal_tree(roots: list[int], number: signal.Signals) -> None:
    """Sends a signal to the trees of processes this program started; for pausing and going on."""
    for pid in tree(roots, stats()):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def settle(roots: list[int], *, seconds_max: float = 10.0) -> None:
    """Waits until the trees use less than 5 % of a core over half a second, or for at most `seconds_max`."""
    deadline = time.monotonic() + seconds_max
    before = cpu_seconds(roots)
    while time.monotonic() < deadline:
        time.sleep(0.5)
        now = cpu_seconds(roots)
        if now - before < 0.025:
            return
        before = now
