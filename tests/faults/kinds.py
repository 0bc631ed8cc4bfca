"""The faults. Each returns when it has ended, with a few words on what it did; the caller waits for
recovery."""

import os
import random
import resource
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from control import Action, Control, Family
from isolation import Network
from system import PARTS, Failed, Shop

GONE_SECONDS_MAX = 40.0  # for a process to end after SIGTERM, and to be started again
STOP_SECONDS = 10.0
UPLOADS = 60  # that a process short of memory has to take in at a time
UPLOAD_BYTES = 1_000_000
DISK_OPERATIONS_MAX = 40  # until which sync an injected failure waits


@dataclass
class Context:
    """What a fault may touch."""

    shop: Shop
    draw: random.Random
    control: Control | None
    network: Network | None
    disk: Path | None  # the small disk that the data is on
    ended: float = 0  # when the fault was over and recovery began, where that is before the function returns

    def hit(self, pid: int, number: signal.Signals) -> None:
        """A signal that the system has to recover from."""
        self.ended = time.monotonic()
        send(pid, number)

    def victim(self) -> tuple[str, int]:
        return self.draw.choice(sorted(self.shop.processes().items()))


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def await_end(shop: Shop, part: str, pid: int) -> None:
    """Until another process serves for the part. What has no supervisor is started by the harness."""
    deadline = time.monotonic() + GONE_SECONDS_MAX
    while time.monotonic() < deadline:
        shop.collect()
        if shop.topology != "split":
            shop.start_missing()
        if shop.processes().get(part, pid) != pid:
            return
        time.sleep(0.01)
    raise Failed(f"{part} is not replaced {GONE_SECONDS_MAX:.0f} s after it was to end")


def kill(context: Context) -> str:
    """kill -9 of one process, sometimes again while it comes back."""
    told = []
    for _ in range(context.draw.choice((1, 1, 2))):
        part, pid = context.victim()
        context.hit(pid, signal.SIGKILL)
        await_end(context.shop, part, pid)
        told.append(part)
        if context.draw.random() < 0.5:
            time.sleep(context.draw.random() * 0.3)
    return "kill -9 of " + ", ".join(told)


def kill_all(context: Context) -> str:
    """kill -9 of everything at once, and a start in random order."""
    context.shop.kill_everything()
    context.ended = time.monotonic()
    order = list(PARTS) if context.shop.topology == "apart" else ["shop"]
    context.draw.shuffle(order)
    for part in order:
        context.shop.start(part)
        time.sleep(context.draw.random() * 0.2)
    return "kill -9 of all, start of " + ", ".join(order)


def kill_supervisor(context: Context) -> str:
    """Who watches the processes dies; they must not stay behind."""
    orphans = list(context.shop.processes().values())
    context.hit(context.shop.supervisor(), signal.SIGKILL)
    deadline = time.monotonic() + GONE_SECONDS_MAX
    while any(lives(pid) for pid in orphans):
        if time.monotonic() > deadline:
            for pid in orphans:
                send(pid, signal.SIGKILL)
            raise Failed("the processes outlive their supervisor")
        time.sleep(0.02)
    context.shop.collect()
    context.shop.start_missing()
    return "kill -9 of the supervisor"


def lives(pid: int) -> bool:
    try:
        stat = Path("/proc", str(pid), "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat[stat.rindex(")") + 2] != "Z"


def stop(context: Context) -> str:
    """SIGSTOP, and SIGCONT after up to ten seconds."""
    part, pid = context.victim()
    seconds = context.draw.choice((0.5, 2.0, 5.0, 10.0))
    send(pid, signal.SIGSTOP)
    time.sleep(seconds)
    send(pid, signal.SIGCONT)
    return f"SIGSTOP of {part} for {seconds} s"


def stop_each(context: Context) -> str:
    """SIGSTOP of each process in turn, ten seconds each."""
    for _, pid in sorted(context.shop.processes().items()):
        send(pid, signal.SIGSTOP)
        time.sleep(STOP_SECONDS)
        send(pid, signal.SIGCONT)
        time.sleep(1)
    context.ended = time.monotonic() - 1
    return f"SIGSTOP of each in turn for {STOP_SECONDS} s"


def restart(context: Context) -> str:
    """SIGTERM to each process in turn."""
    for part, pid in sorted(context.shop.processes().items()):
        context.hit(pid, signal.SIGTERM)
        await_end(context.shop, part, pid)
        context.shop.wait_ready()
    return "SIGTERM of each in turn"


def disk_full(context: Context) -> str:
    """The disk of the data is full for a while."""
    assert context.disk
    ballast = context.disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    seconds = 1 + 2 * context.draw.random()
    time.sleep(seconds)
    ballast.unlink()
    return f"no room on the disk for {seconds:.1f} s"


def descriptors(context: Context) -> str:
    """No further file or socket for one process, and peers that want some."""
    part, pid = context.victim()
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 2, before[1]))
    port = "gateway" if context.shop.topology == "single" else part
    peers = []
    for _ in range(40):
        peer = socket.socket()
        peer.settimeout(0.2)
        peers.append(peer)
        try:
            peer.connect((context.shop.host(port), context.shop.ports[port]))
        except OSError:
            continue
    time.sleep(1 + context.draw.random())
    for peer in peers:
        peer.close()
    if lives(pid):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    return f"{used + 2} descriptors for {part}"


def memory(context: Context) -> str:
    """No further memory for one process; it may end, as if killed."""
    part, pid = context.victim()
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    size = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmSize:"))
    room = context.draw.choice((0, 64 << 10, 1 << 20))
    resource.prlimit(pid, resource.RLIMIT_AS, (size + room, before[1]))
    port = "gateway" if context.shop.topology == "single" else part
    head = f"POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Length: {UPLOAD_BYTES}\r\n\r\n".encode()
    peers = []
    for _ in range(UPLOADS):
        peer = socket.socket()
        peer.settimeout(0.2)
        peers.append(peer)
        try:
            peer.connect((context.shop.host(port), context.shop.ports[port]))
            peer.sendall(head + bytes(UPLOAD_BYTES - 1))
        except OSError:
            continue
    time.sleep(1)
    for peer in peers:
        peer.close()
    if lives(pid):
        resource.prlimit(pid, resource.RLIMIT_AS, before)
        return f"{room >> 10} KiB more for {part}"
    return f"{room >> 10} KiB more for {part}, which ended{context.shop.how_it_ended(part)}"


def clock(context: Context) -> str:
    """The wall clock of one process or of all jumps, and back."""
    assert context.control
    part, pid = context.victim() if context.draw.random() < 0.5 else ("all", -1)
    jump = context.draw.choice((-3600, -60, 60, 3600))
    context.control.shift_clock(pid, jump)
    time.sleep(1 + 2 * context.draw.random())
    context.control.shift_clock(0, 0)
    return f"clock of {part} {jump:+} s and back"


def disk_error(context: Context) -> str:
    """A sync fails. Nobody knows then what is on the disk: the process ends, and is to be started again."""
    assert context.control
    stores = {part: pid for part, pid in context.shop.processes().items() if part != "gateway"}
    part, pid = context.draw.choice(sorted(stores.items()))
    number = context.draw.randint(1, DISK_OPERATIONS_MAX)
    context.control.set_up(pid, Family.SYNC, Action.IO_ERROR, number)
    deadline = time.monotonic() + 3
    while not context.control.fired and time.monotonic() < deadline:
        time.sleep(0.01)
    fired = context.control.fired
    context.control.clear()
    context.ended = time.monotonic()
    if not fired:
        return f"{part} had fewer than {number} syncs"
    time.sleep(0.5)
    ended = "" if lives(pid) else f", which ended{context.shop.how_it_ended(part)}"
    return f"sync {number} of {part} failed{ended}"


def partition(context: Context) -> str:
    """Two processes cannot reach each other, or one of them cannot reach the other."""
    assert context.network
    one, other = context.draw.sample(PARTS, 2)
    ways = [(one, other), (other, one)] if context.draw.random() < 0.6 else [(one, other)]
    seconds = context.draw.choice((1.0, 3.0, 8.0))
    for sender, receiver in ways:
        context.network.cut(sender, receiver)
    time.sleep(seconds)
    for sender, receiver in ways:
        context.network.heal(sender, receiver)
    return f"no way from {one} to {other}{' and back' if len(ways) == 2 else ''} for {seconds} s"


@dataclass(frozen=True)
class Kind:
    act: Callable[[Context], str]
    topologies: tuple[str, ...]
    needs: str = ""  # control, network or disk
    alone: bool = False  # on data of its own: lists that are sorted by time mix what was written meanwhile
    weight: int = 2  # 0: only where it is asked for by name


EVERYWHERE = ("single", "split", "apart")
KINDS = {
    "kill": Kind(kill, EVERYWHERE, weight=8),
    "kill_all": Kind(kill_all, EVERYWHERE, weight=4),
    "supervisor": Kind(kill_supervisor, ("split",)),
    "stop": Kind(stop, EVERYWHERE, weight=3),
    "stop_each": Kind(stop_each, EVERYWHERE, weight=0),
    "restart": Kind(restart, EVERYWHERE),
    "disk": Kind(disk_full, EVERYWHERE, "disk", weight=3),
    "disk_error": Kind(disk_error, EVERYWHERE, "control"),
    "descriptors": Kind(descriptors, EVERYWHERE),
    "memory": Kind(memory, EVERYWHERE),
    "clock": Kind(clock, EVERYWHERE, "control", alone=True),
    "partition": Kind(partition, ("apart",), "network", weight=6),
}
