"""What the harness is worth: its checks find what a broken shop would show."""

import tempfile
import unittest
from pathlib import Path

import checks
from control import Action, Control, Family
from kinds import EVERYWHERE, KINDS
from load import Customer, Intent, Stage, worth_repeating
from system import Answer, children_of, free_ports


def order(name: str, status: str = "confirmed", quantity: int = 2) -> dict:
    return {"id": name, "status": status, "items": [{"productId": "p", "quantity": quantity}]}


class Checks(unittest.TestCase):
    def setUp(self):
        self.customer = Customer("a@example.com", "c", "token")
        self.stage = Stage([self.customer], {"p": 10})
        self.intent = Intent(self.customer, "key", {"p": 2}, order_id="o1")
        self.picture = checks.Picture({"c": [order("o1")]}, {"p": 8}, {"o1": 1})

    def found(self, *intents: Intent) -> list[str]:
        found = checks.violations(self.picture, self.stage, list(intents or [self.intent]))
        return [finding.split(":")[0] for finding in found]

    def test_a_sound_shop_has_no_findings(self):
        self.assertEqual(self.found(), [])
        self.assertEqual(checks.lost(self.picture, [self.intent]), [])

    def test_an_acknowledged_order_that_is_gone_is_lost(self):
        self.picture.orders["c"] = []
        self.assertEqual(checks.lost(self.picture, [self.intent]), ["o1"])

    def test_an_acknowledged_order_that_is_cancelled_by_nobody_is_lost(self):
        self.picture.orders["c"] = [order("o1", "cancelled")]
        self.assertEqual(checks.lost(self.picture, [self.intent]), ["o1"])
        self.intent.cancel_asked = True
        self.assertEqual(checks.lost(self.picture, [self.intent]), [])

    def test_an_acknowledged_order_of_other_items_is_lost(self):
        self.picture.orders["c"] = [order("o1", quantity=1)]
        self.assertEqual(checks.lost(self.picture, [self.intent]), ["o1"])

    def test_stock_that_was_taken_twice_or_not_at_all_is_found(self):
        for stock in (6, 10):
            self.picture.stocks["p"] = stock
            self.assertEqual(self.found(), ["stock.conserved"])

    def test_more_than_there_was_is_found(self):
        self.picture.orders["c"] = [order("o1", quantity=12)]
        self.picture.stocks["p"] = -2
        self.assertIn("stock.conserved", self.found())

    def test_a_mail_that_came_twice_is_found(self):
        self.picture.mails = {"o1": 2}
        self.assertEqual(self.found(), ["notification.once"])

    def test_a_mail_that_is_missing_is_found_unless_it_was_given_up(self):
        self.assertEqual(checks.unmailed_violations(self.picture, 0), [])
        self.picture.mails = {}
        self.assertEqual(len(checks.unmailed_violations(self.picture, 0)), 1)
        self.assertEqual(checks.unmailed_violations(self.picture, 1), [])

    def test_an_order_that_stays_pending_is_found(self):
        self.picture.orders["c"].append(order("o2", "pending"))
        self.assertEqual(self.found(), ["order.half_done"])

    def test_a_second_order_of_one_key_is_found(self):
        self.picture.orders["c"].append(order("o2"))
        self.picture.stocks["p"] = 6
        self.picture.mails["o2"] = 1
        self.assertEqual(self.found(), ["order.once"])

    def test_an_order_of_which_the_customer_knows_nothing_yet_may_be_there(self):
        self.picture.orders["c"].append(order("o2"))
        self.picture.stocks["p"] = 6
        self.picture.mails["o2"] = 1
        self.assertEqual(self.found(self.intent, Intent(self.customer, "other", {"p": 2})), [])

    def test_an_order_that_was_refused_and_is_confirmed_is_found(self):
        self.intent.order_id, self.intent.refusal = "", "409 order.cancelled"
        self.assertEqual(self.found(), ["order.once"])

    def test_a_cancellation_that_was_acknowledged_and_forgotten_is_found(self):
        self.intent.cancel_asked = self.intent.cancelled = True
        self.assertEqual(self.found(), ["order.cancelled"])

    def test_two_keys_that_were_told_one_order_are_found(self):
        other = Intent(self.customer, "k2", {"p": 2}, order_id="o1")
        self.assertIn("order.keys", self.found(self.intent, other))


class Clients(unittest.TestCase):
    def test_an_answer_of_the_moment_is_asked_for_again(self):
        for status, body in ((0, b""), (503, b"{}"), (409, b'{"code":"idempotency.running"}')):
            self.assertTrue(worth_repeating(Answer(status, body)))
        for status, body in ((201, b"{}"), (409, b'{"code":"stock.insufficient"}'), (403, b'{"code":"x"}')):
            self.assertFalse(worth_repeating(Answer(status, body)))


class Machinery(unittest.TestCase):
    def test_orders_reach_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            control = Control(Path(folder) / "control")
            control.shift_clock(-1, 60)
            control.set_up(7, Family.SYNC, Action.IO_ERROR, 3)
            self.assertEqual(len(control.path.read_bytes()), 48)
            self.assertFalse(control.fired)
            control.clear()
            self.assertEqual(int.from_bytes(control.path.read_bytes()[40:48], "little"), 60_000)

    def test_ports_differ(self):
        self.assertEqual(len(set(free_ports(5))), 5)

    def test_a_process_without_children_has_none(self):
        self.assertEqual(children_of(2**30), {})

    def test_every_topology_has_faults_of_its_own(self):
        for topology in EVERYWHERE:
            self.assertTrue(any(topology in kind.topologies for kind in KINDS.values()))


if __name__ == "__main__":
    unittest.main()
