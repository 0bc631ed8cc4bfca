#!/usr/bin/env python3
"""Real faults against the real program: a shop under load loses processes, disk, memory, network or time,
and has to come back with everything that it has acknowledged.

    python3 tests/faults/faults.py --program build/release/portico --runs 300
    python3 tests/faults/faults.py --program build/release/portico --steps

A run is one fault; all of it but the scheduling of the machine follows from its seed. Exit code 1 when
anything was lost or did not hold.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from isolation import enter
from kinds import KINDS
from session import Machine, Result, Session
from steps import run_steps

RUNS_A_SESSION = 12  # on one data folder
TOPOLOGIES = {"single": 4, "split": 5, "apart": 3}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", type=Path, default=Path("build/release/portico"))
    parser.add_argument("--preload", type=Path, help="the library built of tests/faults/preload.cpp")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, help="of the first run; each has the next")
    parser.add_argument("--only", default="", help="kinds of faults, with commas: " + ", ".join(KINDS))
    parser.add_argument("--topology", choices=list(TOPOLOGIES))
    parser.add_argument("--steps", action="store_true", help="instead: kill at every sync, write and send")
    parser.add_argument("--quick", action="store_true", help="of --steps: every third step")
    parser.add_argument("--seconds", type=float, default=0, help="begin no further run after this time")
    chosen = parser.parse_args()
    for kind in filter(None, chosen.only.split(",")):
        if kind not in KINDS:
            parser.error(f"there is no kind '{kind}'; there are: {', '.join(KINDS)}")
    chosen.program = chosen.program.resolve()
    chosen.preload = chosen.preload or chosen.program.parent / "tests/faults/faults_preload.so"
    if chosen.seed is None:
        chosen.seed = int(time.time()) * 1000
    return chosen


class Campaign:
    """Runs one after the other, grouped into sessions."""

    def __init__(self, chosen: argparse.Namespace, machine: Machine):
        self._chosen, self._machine = chosen, machine
        self._wanted = [kind for kind in chosen.only.split(",") if kind]
        self._wanted = self._wanted or [kind for kind in KINDS if KINDS[kind].weight > 0]
        self._session: Session | None = None
        self._runs_left = 0
        self.results: list[Result] = []

    def plan(self, seed: int) -> tuple[str, str]:
        """Topology and kind of a run; runs of one session share the topology."""
        topology = self._chosen.topology
        if not topology:
            draw = random.Random(f"topology {seed // RUNS_A_SESSION}")
            possible = [name for name in TOPOLOGIES if self._kinds(name)]
            topology = draw.choices(possible, [TOPOLOGIES[name] for name in possible])[0]
        kinds = self._kinds(topology)
        kind = random.Random(f"kind {seed}").choices(kinds, [max(1, KINDS[name].weight) for name in kinds])[0]
        return topology, kind

    def _kinds(self, topology: str) -> list[str]:
        fitting = [kind for kind in self._wanted if topology in KINDS[kind].topologies]
        return [kind for kind in fitting if not self.lacks(kind)]

    def lacks(self, kind: str) -> str:
        """Why a kind cannot be run here."""
        need = KINDS[kind].needs
        if need in ("network", "disk") and not self._machine.isolated:
            return "namespaces and mounts are not permitted here, or ip is not installed"
        if need == "control" and not self._machine.preload:
            return "the library of tests/faults is not built"
        return ""

    def run(self, seed: int) -> Result:
        topology, kind = self.plan(seed)
        if self._session and (self._runs_left == 0 or self._session.shop.topology != topology):
            self.close()
        if not self._session:
            # The small disk, which can be filled, is one of memory; a real one is slower, so syncs take time.
            often = kind == "disk" or random.Random(f"disk {seed}").random() < 0.6
            small = self._machine.isolated and often
            self._session = Session(self._machine, topology, small, f"seed-{seed}")
            self._runs_left = RUNS_A_SESSION
        elif not self._session.has(KINDS[kind].needs):
            self.close()
            return self.run(seed)
        self._runs_left -= 1
        result = self._session.run(seed, kind)
        self.results.append(result)
        if not result.ok:
            self.close(keep=True)
        return result

    def close(self, keep: bool = False) -> None:
        if self._session:
            self._session.close(keep)
            self._session = None


def show(result: Result, command: str) -> None:
    print(
        f"{result.seed} {result.topology:<6} {result.kind:<11} recovery {result.recovery_ms:>6} ms "
        f"orders {result.acknowledged:>4} acknowledged {result.unknown} unknown {len(result.lost)} lost, "
        f"{result.failed:>3} requests failed; {result.note}",
        flush=True,
    )
    for finding in [f"lost: {order}" for order in result.lost[:5]] + result.findings:
        print(f"    {finding}", flush=True)
    if not result.ok:
        print(f"    data and log: {result.folder}")
        print(f"    again: {command} --seed {result.seed} --runs 1", flush=True)


def summarize(results: list[Result], seconds: float) -> None:
    print("\nkind         runs  recovery median      max  acknowledged  unknown  lost  violations  failed")
    rows = [(kind, [result for result in results if result.kind == kind]) for kind in KINDS]
    for name, group in [*rows, ("all", results)]:
        if not group:
            continue
        times = [result.recovery_ms for result in group]
        print(
            f"{name:<11} {len(group):>5} {statistics.median(times):>13.0f} ms {max(times):>5} ms "
            f"{sum(result.acknowledged for result in group):>13} "
            f"{sum(result.unknown for result in group):>8} "
            f"{sum(len(result.lost) for result in group):>5} "
            f"{sum(len(result.findings) for result in group):>11} {sum(result.failed for result in group):>7}"
        )
    topologies = ", ".join(
        f"{sum(1 for result in results if result.topology == name)} {name}" for name in TOPOLOGIES
    )
    print(f"{len(results)} runs ({topologies}) in {seconds:.0f} s")


def run_campaign(chosen: argparse.Namespace, machine: Machine) -> tuple[int, int, int]:
    """Counts of runs that were good, bad, and of kinds that were left out."""
    campaign = Campaign(chosen, machine)
    skipped = 0
    for kind in KINDS:
        if (not chosen.only or kind in chosen.only.split(",")) and (why := campaign.lacks(kind)):
            print(f"{kind}: skipped: {why}")
            skipped += 1
    command = f"python3 tests/faults/faults.py --program {chosen.program}"
    command += f" --only {chosen.only}" if chosen.only else ""
    command += f" --topology {chosen.topology}" if chosen.topology else ""
    began = time.monotonic()
    for number in range(chosen.runs):
        if chosen.seconds and time.monotonic() - began > chosen.seconds:
            break
        show(campaign.run(chosen.seed + number), command)
    campaign.close()
    summarize(campaign.results, time.monotonic() - began)
    good = sum(1 for result in campaign.results if result.ok)
    return good, len(campaign.results) - good, skipped


def main() -> int:
    chosen = options()
    if not chosen.program.is_file():
        print(f"{chosen.program} is missing: build it")
        return 2
    isolated = enter()
    preload = chosen.preload.resolve() if chosen.preload.is_file() else None
    folder = Path(tempfile.mkdtemp(prefix="portico-faults-"))
    machine = Machine(chosen.program, preload, isolated, folder)
    print(f"first seed {chosen.seed}", flush=True)
    if chosen.steps:
        good, bad, skipped = run_steps(machine, chosen)
    else:
        good, bad, skipped = run_campaign(chosen, machine)
    if not bad:
        folder.rmdir()
    print(f"{good} passed, {bad} failed, {skipped} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
