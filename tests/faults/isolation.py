"""Namespaces of its own for the harness, so that ports, mounts, networks and left-over processes are no
concern of the machine; and what is made in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from system import PARTS

_MARK = "FAULTS_ISOLATED"
_UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
_ROUTER = "10.77.0.1"
DISK_MEGABYTES = 64


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


def permitted() -> list[str]:
    """The command that gives namespaces here; empty where nothing does."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return []
    for command in (_UNSHARE, [*_UNSHARE, "--map-root-user"]):
        probe = "mount -t tmpfs none /run && ip link set lo up && ip netns add probe"
        done = subprocess.run([*command, "sh", "-c", probe], capture_output=True, check=False)
        if done.returncode == 0:
            return command
    return []


def enter() -> bool:
    """Goes on within namespaces where that is permitted; says whether it has."""
    if os.environ.get(_MARK):
        run("mount", "-t", "tmpfs", "none", "/run")  # of `ip netns`
        run("ip", "link", "set", "lo", "up")
        return True
    command = permitted()
    if command:
        os.environ[_MARK] = "yes"
        os.execvp(command[0], [*command, sys.executable, *sys.argv])
    return False


def mount_disk(folder: Path) -> None:
    """A small disk."""
    folder.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "none", str(folder))


def unmount_disk(folder: Path) -> None:
    run("umount", "--lazy", str(folder))


class Network:
    """A network namespace a part, joined by this one; any two can be parted."""

    def __init__(self) -> None:
        self.hosts = {part: f"10.77.0.{number}" for number, part in enumerate(PARTS, 2)}
        self.spaces = {part: part for part in PARTS}
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
        for part, address in self.hosts.items():
            run("ip", "netns", "add", part)
            run("ip", "link", "add", f"to-{part}"[:15], "type", "veth", "peer", "name", "out", "netns", part)
            run("ip", "link", "set", f"to-{part}"[:15], "up")
            run("ip", "route", "add", f"{address}/32", "dev", f"to-{part}"[:15])
            inside = ("ip", "-n", part)
            run(*inside, "link", "set", "lo", "up")
            run(*inside, "link", "set", "out", "up")
            run(*inside, "addr", "add", f"{address}/32", "dev", "out")
            run(*inside, "route", "add", _ROUTER, "dev", "out")
            run(*inside, "route", "add", "default", "via", _ROUTER, "dev", "out")
        run("ip", "addr", "add", f"{_ROUTER}/32", "dev", "lo")

    def close(self) -> None:
        for part in PARTS:
            run("ip", "netns", "del", part)
            subprocess.run(["ip", "link", "del", f"to-{part}"[:15]], capture_output=True, check=False)
        run("ip", "addr", "del", f"{_ROUTER}/32", "dev", "lo")

    def cut(self, sender: str, receiver: str) -> None:
        """What the one sends the other is lost, and nobody is told."""
        run("ip", "rule", "add", "from", self.hosts[sender], "to", self.hosts[receiver], "blackhole")

    def heal(self, sender: str, receiver: str) -> None:
        run("ip", "rule", "del", "from", self.hosts[sender], "to", self.hosts[receiver], "blackhole")
