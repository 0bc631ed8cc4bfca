"""The peers keep the shop's contract: a peer that is fast because it skips the work would prove nothing."""

import tempfile
import threading
import unittest
from pathlib import Path

from lib import shop
from lib.api import Api
from lib.subjects import Seed, SeedTuned, Subject, Tuned


class PeerContract:
    """Tests of one peer; the subclasses name it."""

    kind: type[Subject]

    @classmethod
    def setUpClass(cls):
        if not (cls.kind.folder / "node_modules").is_dir():
            raise unittest.SkipTest("its dependencies are not installed")
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        Path(directory.name).chmod(0o755)
        cls.peer = cls.kind(Path(directory.name, "peer"), core=0)
        cls.addClassCleanup(cls.peer.stop)
        cls.peer.start()
        cls.catalogue = shop.fill(cls.peer, users=2, products=3)
        cls.token = cls.catalogue.tokens[0]

    def setUp(self):
        self.orders = Api(self.peer.endpoints.orders)
        self.addCleanup(self.orders.close)

    def order(self, items, token=None):
        return self.orders.call("POST", "/api/orders", {"items": items}, token=token or self.token)

    def product(self, stock, name="Scarce"):
        products = Api(self.peer.endpoints.products)
        category = products.call("POST", "/api/categories", {"name": f"Of {name}"}, internal=True)[1]
        answer = products.expect(
            201,
            "POST",
            "/api/products",
            {"name": name, "price": 0.1, "categoryId": category["data"]["category"]["id"], "stock": stock},
            internal=True,
        )
        products.close()
        return answer["data"]["product"]["id"]

    def stock(self, product):
        products = Api(self.peer.endpoints.products)
        answer = products.expect(200, "GET", f"/api/products/{product}")
        products.close()
        return answer["data"]["product"]["stock"]

    def test_order_of_two_products(self):
        first, second = self.catalogue.product_ids[:2]
        sold_before = shop.sold(self.peer, self.catalogue)
        status, answer = self.order(
            [{"productId": second, "quantity": 2}, {"productId": first, "quantity": 1}]
        )
        self.assertEqual(status, 201, answer)
        self.assertTrue(answer["success"])
        order = answer["data"]["order"]
        self.assertEqual(
            (order["status"], order["totalAmount"], len(order["items"])), ("confirmed", 59.97, 2)
        )
        for item in order["items"]:
            self.assertEqual(item["product"]["id"], item["productId"])
        self.assertEqual(shop.sold(self.peer, self.catalogue), sold_before + 3)

    def test_refusals(self):
        good = [{"productId": self.catalogue.product_ids[0], "quantity": 1}]
        for token in ("x", self.token[:-2] + "zz"):
            self.assertEqual(self.order(good, token)[0], 401)
        for items in ([], [{"productId": good[0]["productId"], "quantity": 0}], "all"):
            self.assertEqual(self.order(items)[0], 400)
        status, answer = self.order([{"productId": "987654", "quantity": 1}])
        self.assertEqual((status, answer["success"]), (404, False))
        self.assertIn("987654", answer["error"])
        self.assertEqual(self.orders.call("GET", "/nothing")[0], 404)

    def test_catalogue_needs_the_internal_key(self):
        products = Api(self.peer.endpoints.products)
        self.addCleanup(products.close)
        self.assertEqual(
            products.call("POST", "/api/categories", {"name": "No"}),
            (401, {"success": False, "error": "Internal authentication required"}),
        )

    def test_too_little_stock_changes_nothing(self):
        product = self.product(3, "Few")
        plenty = self.catalogue.product_ids[2]
        sold_before = shop.sold(self.peer, self.catalogue)
        status, answer = self.order(
            [{"productId": plenty, "quantity": 1}, {"productId": product, "quantity": 4}]
        )
        self.assertEqual(status, 409)
        self.assertIn("Few. Available: 3, Requested: 4", answer["error"])
        self.assertEqual((self.stock(product), shop.sold(self.peer, self.catalogue)), (3, sold_before))

    def test_many_buyers_of_the_last_pieces(self):
        product, buyers, pieces = self.product(10, "Last"), 40, 10
        statuses = []

        def buy():
            api = Api(self.peer.endpoints.orders)
            statuses.append(
                api.call(
                    "POST",
                    "/api/orders",
                    {"items": [{"productId": product, "quantity": 1}]},
                    token=self.token,
                )[0]
            )
            api.close()

        threads = [threading.Thread(target=buy) for _ in range(buyers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((statuses.count(201), statuses.count(409)), (pieces, buyers - pieces))
        self.assertEqual(self.stock(product), 0)


class SeedTest(PeerContract, unittest.TestCase):
    kind = Seed

    def test_each_confirmed_order_has_a_notification(self):
        self.order([{"productId": self.catalogue.product_ids[0], "quantity": 1}])
        orders = self.peer.postgres.query(
            "SELECT count(*) FROM orders WHERE status = 'confirmed'", database="order_service"
        )
        notifications = self.peer.postgres.query(
            "SELECT count(*) FROM notifications", database="notification_service"
        )
        self.assertEqual(orders, notifications)


class SeedTunedTest(PeerContract, unittest.TestCase):
    kind = SeedTuned


class TunedTest(PeerContract, unittest.TestCase):
    kind = Tuned

    def test_each_order_has_its_rows(self):
        self.order([{"productId": self.catalogue.product_ids[0], "quantity": 1}])
        counts = self.peer.postgres.query(
            "SELECT (SELECT count(*) FROM orders) = (SELECT count(*) FROM notifications), "
            "(SELECT count(*) FROM orders) = (SELECT count(DISTINCT order_id) FROM order_items)",
            database="shop",
        )
        self.assertEqual(counts, "t|t")


if __name__ == "__main__":
    unittest.main()
