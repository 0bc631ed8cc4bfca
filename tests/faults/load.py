"""Customers that order, cancel and look, and remember what they were told."""

import random
import threading
import time
from dataclasses import dataclass, field

from system import INTERNAL_KEY, Answer, Failed, Line, Shop

PASSWORD = "correct horse battery"
LIST_PAGE = 100
ORDERS_MAX = 150  # of one customer in a run; the development outbox shows 200 mails of an address
PAUSE_SECONDS_MAX = 0.05  # between two actions of a customer
REPEAT_SECONDS = 0.15  # before a request is repeated whose outcome is unknown
UNKNOWN_SECONDS_MAX = 60.0  # after which a customer gives up asking what has become of an order


@dataclass
class Customer:
    email: str
    id: str
    token: str
    seen: set[str] = field(default_factory=set)  # ids of orders of earlier runs


@dataclass
class Intent:
    """One order as its customer sees it."""

    customer: Customer
    key: str
    items: dict[str, int]
    order_id: str = ""  # once it was acknowledged
    refusal: str = ""  # what was answered where the order was refused
    cancel_asked: bool = False
    cancelled: bool = False  # which was acknowledged

    @property
    def unknown(self) -> bool:
        return not self.order_id and not self.refusal


@dataclass
class Stage:
    """Who buys what in a run."""

    customers: list[Customer]
    products: dict[str, int]  # with the stock they began with


def expect(answer: Answer, status: int, what: str) -> dict:
    if answer.status != status:
        raise Failed(f"{what}: {answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer.json()


def register(shop: Shop, name: str) -> Customer:
    line = shop.line("gateway")
    person = {"firstName": "Fay", "lastName": "Fault", "email": f"{name}@example.com", "password": PASSWORD}
    made = expect(line.ask("POST", "/api/users/register", person), 201, "register")["data"]
    line.close()
    return Customer(person["email"], made["user"]["id"], made["token"])


def make_products(shop: Shop, stocks: list[int]) -> dict[str, int]:
    """Products of these stocks, with their ids."""
    line = shop.line("product")
    name = {"name": f"Of run {time.time_ns()}"}
    made = line.ask("POST", "/api/categories", name, X_Internal_Key=INTERNAL_KEY)
    category_id = expect(made, 201, "make a category")["data"]["category"]["id"]
    products = {}
    for stock in stocks:
        wanted = {"name": "Thing", "price": 12.5, "stock": stock, "categoryId": category_id}
        made = line.ask("POST", "/api/products", wanted, X_Internal_Key=INTERNAL_KEY)
        products[expect(made, 201, "make a product")["data"]["product"]["id"]] = stock
    line.close()
    return products


def worth_repeating(answer: Answer) -> bool:
    """Whether the outcome is unknown, or the answer is one of the moment."""
    if answer.status in (0, 401, 429) or answer.status >= 500:
        return True
    return answer.json().get("code") in ("idempotency.running", "token.expired", "token.not_yet_valid")


def place(line: Line, intent: Intent) -> Answer:
    """Asks once; notes what has become of the order where the answer says so."""
    items = [{"productId": product, "quantity": quantity} for product, quantity in intent.items.items()]
    answer = line.ask(
        "POST",
        "/api/orders",
        {"items": items},
        Authorization=f"Bearer {intent.customer.token}",
        Idempotency_Key=intent.key,
    )
    if answer.status == 201:
        intent.order_id = answer.json()["data"]["order"]["id"]
    elif not worth_repeating(answer):
        intent.refusal = f"{answer.status} {answer.json().get('code', answer.body[:200])}"
    return answer


def cancel(line: Line, intent: Intent) -> Answer:
    intent.cancel_asked = True
    token = f"Bearer {intent.customer.token}"
    answer = line.ask("POST", f"/api/orders/{intent.order_id}/cancel", {}, Authorization=token)
    if answer.status == 200:
        intent.cancelled = True
    return answer


class Load:
    """Customers at work, a thread each, until they are told to stop and know what they have."""

    def __init__(self, shop: Shop, stage: Stage, seed: int):
        self.intents: list[Intent] = []
        self.violations: list[str] = []
        self.failed = 0  # requests without an answer, or with one of a system in trouble
        self._shop, self._stage, self._seed = shop, stage, seed
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(number, customer), daemon=True)
            for number, customer in enumerate(stage.customers)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when every customer knows what has become of their orders, or has given up."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(UNKNOWN_SECONDS_MAX + 30)
            if thread.is_alive():
                raise Failed("a customer still waits for an answer")

    def _work(self, number: int, customer: Customer) -> None:
        draw = random.Random(f"{self._seed}/{number}")
        # Half of them know the order service's own port.
        line = self._shop.line("gateway" if number % 2 == 0 else "order")
        mine: list[Intent] = []
        while not self._stopping.is_set():
            lot = draw.random()
            kept = [intent for intent in mine if intent.order_id]
            if not kept or (lot < 0.7 and len(mine) < ORDERS_MAX):
                mine.append(self._order(line, customer, draw, f"{self._seed}-{number}-{len(mine)}"))
            elif lot < 0.8:
                self._cancel(line, draw.choice(kept))
            else:
                self._look(line, draw.choice(kept))
            self._stopping.wait(draw.random() * PAUSE_SECONDS_MAX)
        line.close()

    def _order(self, line: Line, customer: Customer, draw: random.Random, key: str) -> Intent:
        """Asks until the outcome is known."""
        chosen = draw.sample(list(self._stage.products), draw.randint(1, min(3, len(self._stage.products))))
        intent = Intent(customer, key, {product: draw.randint(1, 3) for product in chosen})
        with self._lock:
            self.intents.append(intent)
        given_up = None
        while intent.unknown:
            answer = place(line, intent)
            self._count(answer)
            if answer.status == 422:
                self._violate(f"order.key_body: a repeated request was taken for another: {intent.key}")
            if not intent.unknown:
                break
            # The time that counts is the one after the fault has ended.
            if self._stopping.is_set():
                given_up = given_up or time.monotonic() + UNKNOWN_SECONDS_MAX
                if time.monotonic() > given_up:
                    break
            time.sleep(REPEAT_SECONDS)
        return intent

    def _cancel(self, line: Line, intent: Intent) -> None:
        for _ in range(4):
            answer = cancel(line, intent)
            self._count(answer)
            if not worth_repeating(answer) or self._stopping.is_set():
                return
            time.sleep(REPEAT_SECONDS)

    def _look(self, line: Line, intent: Intent) -> None:
        token = f"Bearer {intent.customer.token}"
        answer = line.ask("GET", f"/api/orders/{intent.order_id}", Authorization=token)
        self._count(answer)
        if answer.status == 404:
            self._violate(f"order.acknowledged: {intent.order_id} was acknowledged and is not there")
        if answer.status == 200 and answer.json()["data"]["order"]["status"] == "pending":
            self._violate(f"order.acknowledged: {intent.order_id} was acknowledged and is pending")

    def _count(self, answer: Answer) -> None:
        with self._lock:
            self.failed += answer.status == 0 or answer.status >= 500

    def _violate(self, text: str) -> None:
        with self._lock:
            self.violations.append(text)
