"""Runs on one data folder: a system, its customers, and one fault after the other."""

import random
import shutil
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import checks
from control import Control
from isolation import Network, mount_disk, unmount_disk
from kinds import KINDS, Context
from load import Intent, Load, Stage, make_products, place, register
from system import Failed, Setup, Shop

RECOVERY_SECONDS_MAX = 60.0
CUSTOMERS = 6
STOCKS = (6, 12, 500, 500, 500)  # some run out


@dataclass
class Result:
    """One run: one fault."""

    seed: int
    topology: str
    kind: str
    note: str = ""
    recovery_ms: int = 0
    acknowledged: int = 0
    unknown: int = 0
    failed: int = 0  # answers that were none, or of a system in trouble
    lost: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    folder: str = ""

    @property
    def ok(self) -> bool:
        return not self.lost and not self.findings


@dataclass(frozen=True)
class Machine:
    """What the harness has to work with."""

    program: Path
    preload: Path | None
    isolated: bool
    folder: Path


class Session:
    """The system is started by the first run and ends each of them at rest and verified."""

    def __init__(self, machine: Machine, topology: str, small_disk: bool, name: str):
        self.folder = machine.folder / name
        self.folder.mkdir()
        self.disk = self.folder / "disk" if small_disk else None
        if self.disk:
            mount_disk(self.disk)
        self.control = Control(self.folder / "control") if machine.preload else None
        self.network = Network() if topology == "apart" and machine.isolated else None
        environment = {}
        if self.control:
            environment = {"LD_PRELOAD": str(machine.preload), "FAULTS_CONTROL": str(self.control.path)}
        self.shop = Shop(
            Setup(
                program=machine.program,
                folder=self.folder,
                data=(self.disk or self.folder) / "data",
                topology=topology,
                environment=environment,
                hosts=self.network.hosts if self.network else {},
                spaces=self.network.spaces if self.network else {},
            )
        )
        self._customers = []

    def has(self, need: str) -> bool:
        return not need or getattr(self, need) is not None

    def run(self, seed: int, kind: str) -> Result:
        """One fault. A result with findings leaves the session useless."""
        result = Result(seed, self.shop.topology, kind, folder=str(self.folder))
        try:
            self._live_through(random.Random(seed), result)
        except Failed as failure:
            result.findings.append(f"liveness: {failure}")
        except Exception:  # of the harness itself: it must not pass for a good run
            result.findings.append(f"harness: {traceback.format_exc(limit=-3)}")
        return result

    def _live_through(self, draw: random.Random, result: Result) -> None:
        self.shop.up()
        while len(self._customers) < CUSTOMERS + 1:
            self._customers.append(register(self.shop, f"customer{len(self._customers)}"))
        stage = Stage(self._customers, make_products(self.shop, list(STOCKS)))
        load = Load(self.shop, Stage(self._customers[:-1], stage.products), result.seed)
        load.start()
        time.sleep(0.2 + draw.random())
        context = Context(self.shop, draw, self.control, self.network, self.disk)
        try:
            result.note = KINDS[result.kind].act(context)
            began = context.ended or time.monotonic()
            probe = self._recover(stage)
            result.recovery_ms = int((time.monotonic() - began) * 1000)
            time.sleep(0.1 + 0.3 * draw.random())
        finally:
            load.stop()
        self.check(stage, [*load.intents, probe], result)
        result.failed = load.failed
        result.findings += load.violations

    def _recover(self, stage: Stage) -> Intent:
        """Until all is ready and an order succeeds. What has died of the fault is started again."""
        probe = Intent(self._customers[-1], f"probe-{time.time_ns()}", {list(stage.products)[-1]: 1})
        line = self.shop.line("gateway")
        deadline = time.monotonic() + RECOVERY_SECONDS_MAX
        answer = None
        while not probe.order_id:
            self.shop.start_missing()
            if self.shop.is_ready():
                answer = place(line, probe)
            if probe.refusal or time.monotonic() > deadline:
                raise Failed(f"no order succeeds {RECOVERY_SECONDS_MAX:.0f} s after the fault: {answer}")
            time.sleep(0.01)
        line.close()
        return probe

    def check(self, stage: Stage, intents: list[Intent], result: Result) -> None:
        """Lets the system come to rest, compares, stops and verifies it."""
        checks.wait_sagas(self.shop)
        picture = checks.take_picture(self.shop, stage)
        result.acknowledged = sum(1 for intent in intents if intent.order_id)
        result.unknown = sum(1 for intent in intents if intent.unknown)
        result.lost = checks.lost(picture, intents)
        result.findings += checks.violations(picture, stage, intents)
        if result.unknown:
            result.findings.append(f"liveness: the outcome of {result.unknown} orders stays unknown")
        for customer in stage.customers:
            customer.seen |= {order["id"] for order in picture.orders[customer.id]}
        self.shop.stop()
        result.findings += self.shop.verify()

    def close(self, keep: bool) -> None:
        self.shop.kill_everything()
        if self.network:
            self.network.close()
        if self.disk and keep:
            shutil.copytree(self.shop.setup.data, self.folder / "data")
        if self.disk:
            unmount_disk(self.disk)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


