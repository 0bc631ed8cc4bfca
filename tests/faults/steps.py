"""One order, with the process that serves it ended at its first sync, its second, ... and so for every
write and every send, until an order passes that has no further one."""

import argparse
import time
from dataclasses import dataclass, field

import checks
from control import Action, Family
from load import Customer, Intent, Stage, cancel, make_products, place, register, worth_repeating
from session import Machine, Session
from system import PARTS, Answer, Failed

STEPS_MAX = 200  # of one sweep; those of an order are less than half
SECONDS_MAX = 30.0  # of one step
STOCK = 1000

# What is done at a call.
ACTIONS = {
    (Family.SYNC, Action.KILL_BEFORE),
    (Family.SYNC, Action.KILL_AFTER),
    (Family.SYNC, Action.IO_ERROR),
    (Family.WRITE, Action.KILL_BEFORE),
    (Family.WRITE, Action.KILL_AFTER),
    (Family.WRITE, Action.TEAR),
    (Family.WRITE, Action.IO_ERROR),
    (Family.WRITE, Action.NO_SPACE),
    (Family.SEND, Action.KILL_BEFORE),
    (Family.SEND, Action.KILL_AFTER),
}
QUICK = {
    "shop": {(Family.SYNC, Action.IO_ERROR)},
    "order": {(Family.SYNC, Action.KILL_AFTER), (Family.SEND, Action.KILL_BEFORE)},
}


@dataclass
class Sweep:
    """All steps of one process, one kind of call and one action."""

    part: str
    family: Family
    action: Action
    steps: int = 0
    longest_ms: int = 0
    unmailed: int = 0  # orders whose confirmation was given up
    findings: list[str] = field(default_factory=list)


class Walker:
    """Places one order a step, and cancels the one of the step before."""

    def __init__(self, session: Session):
        self.session, self.shop, self.control = session, session.shop, session.control
        self.shop.up()
        self.customer: Customer = register(self.shop, "walker")
        self.stage = Stage([self.customer], make_products(self.shop, [STOCK, STOCK]))
        self.intents: list[Intent] = []
        self.dead_letters = 0

    def sweep(self, part: str, family: Family, action: Action) -> Sweep:
        sweep = Sweep(part, family, action)
        try:
            while self._step(sweep):
                if sweep.steps == STEPS_MAX:
                    raise Failed(f"an order has more than {STEPS_MAX} steps")
            self._check(sweep)
        except Failed as failure:
            sweep.findings.append(f"step {sweep.steps + 1}: {failure}")
        return sweep

    def _step(self, sweep: Sweep) -> bool:
        """Whether the order was hit."""
        wanted = {product: 2 for product in self.stage.products}
        intent = Intent(self.customer, f"step-{time.time_ns()}", wanted)
        before = self.intents[-1] if self.intents else None
        pid = self.shop.processes()[sweep.part]
        began = time.monotonic()
        self.control.set_up(pid, sweep.family, sweep.action, sweep.steps + 1)
        sweep.unmailed += not self._live(intent, before, began + SECONDS_MAX)
        hit = self.control.fired
        self.control.clear()
        self.intents.append(intent)
        if hit:
            sweep.steps += 1
            sweep.longest_ms = max(sweep.longest_ms, int((time.monotonic() - began) * 1000))
        self._compare(intent, before)
        return hit

    def _live(self, intent: Intent, before: Intent | None, deadline: float) -> bool:
        """Until the order is confirmed and the one before it cancelled; whether a mail has told of it."""
        gateway, notification = self.shop.line("gateway"), self.shop.line("notification")
        mailed = False
        answer: Answer | None = None
        while intent.unknown or not mailed or (before and not before.cancelled):
            if time.monotonic() > deadline:
                if not intent.unknown and (not before or before.cancelled):
                    break
                raise Failed(f"the order does not come to an end: {answer}")
            if self.shop.start_missing():
                self.shop.wait_ready()
            if intent.unknown:
                answer = place(gateway, intent)
                # What was undone because a neighbour was away has cost nothing; the customer orders anew.
                if intent.refusal and answer.status == 409:
                    intent.key, intent.refusal = f"{intent.key}+", ""
            elif before and not before.cancelled:
                answer = cancel(gateway, before)
                # The first try may have done it without being able to say so.
                if not worth_repeating(answer):
                    before.cancelled = True
            else:
                path = f"/dev/mail?to={self.customer.email}&limit=5"
                mailed = intent.order_id.encode() in notification.ask("GET", path).body
            time.sleep(0.01)
        gateway.close()
        notification.close()
        if intent.refusal:
            raise Failed(f"the order is refused: {intent.refusal}")
        return mailed

    def _compare(self, intent: Intent, before: Intent | None) -> None:
        """Of the two orders and the stock."""
        if self.shop.start_missing():
            self.shop.wait_ready()
        checks.wait_sagas(self.shop)
        orders, products = self.shop.line("order"), self.shop.line("product")
        for one, wanted in ((intent, "confirmed"), (before, "cancelled")):
            if one is None:
                continue
            token = f"Bearer {self.customer.token}"
            read = checks.patient(orders, "GET", f"/api/orders/{one.order_id}", Authorization=token)
            if (status := read.json()["data"]["order"]["status"]) != wanted:
                raise Failed(f"order {one.order_id} is {status}, not {wanted}")
        for product in self.stage.products:
            read = checks.patient(products, "GET", f"/api/products/{product}").json()
            if (stock := read["data"]["product"]["stock"]) != STOCK - 2:
                raise Failed(f"product {product} has a stock of {stock}, not {STOCK - 2}")
        orders.close()
        products.close()

    def _check(self, sweep: Sweep) -> None:
        """All that the campaign checks, then everything is started anew."""
        picture = checks.take_picture(self.shop, self.stage, wait=False)
        sweep.findings += [f"lost: {order}" for order in checks.lost(picture, self.intents)]
        sweep.findings += checks.violations(picture, self.stage, self.intents)
        self.shop.stop()
        findings, dead_letters = self.shop.verify()
        sweep.findings += findings
        if sweep.unmailed > dead_letters - self.dead_letters:
            sweep.findings.append(f"notification.once: {sweep.unmailed} confirmations did not come")
        self.dead_letters = dead_letters
        self.shop.up()


def run_steps(machine: Machine, chosen: argparse.Namespace) -> tuple[int, int, int]:
    """Counts of sweeps that were good, bad and left out."""
    if not machine.preload:
        print("steps: skipped: the library of tests/faults is not built")
        return 0, 0, 1
    good = bad = steps = 0
    began = time.monotonic()
    for topology in [chosen.topology] if chosen.topology else ["single", "apart"]:
        # The harness starts processes again at once, where a supervisor would wait longer each time.
        topology = "apart" if topology == "split" else topology
        session = Session(machine, topology, machine.isolated, f"steps-{topology}")
        walker = Walker(session)
        failed = False
        parts = ["shop"] if topology == "single" else ["order"] if chosen.quick else list(PARTS)
        for part in parts:
            for family, action in sorted(QUICK[part] if chosen.quick else ACTIONS):
                sweep = walker.sweep(part, family, action)
                print(
                    f"{topology:<6} {part:<12} {family.name:<5} {action.name:<11} {sweep.steps:>3} steps "
                    f"longest {sweep.longest_ms:>5} ms"
                    + (f"  {sweep.unmailed} mails given up" if sweep.unmailed else ""),
                    flush=True,
                )
                for finding in sweep.findings:
                    print(f"    {finding}", flush=True)
                steps += sweep.steps
                good, bad = good + (not sweep.findings), bad + bool(sweep.findings)
                failed = failed or bool(sweep.findings)
                if sweep.findings:
                    walker.shop.kill_everything()
                    print(f"    data and log: {session.folder}")
                    session.close(keep=True)
                    session = Session(machine, topology, machine.isolated, f"steps-{topology}-{bad}")
                    walker = Walker(session)
        session.close(keep=False)
    print(f"{steps} steps in {time.monotonic() - began:.0f} s")
    return good, bad, 0
