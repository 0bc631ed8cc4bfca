"""What must hold once a fault has passed: what the shop says and what its customers remember agree."""

import time
from dataclasses import dataclass, field

from load import LIST_PAGE, Customer, Intent, Stage
from system import INTERNAL_KEY, Answer, Failed, Line, Shop

REST_SECONDS_MAX = 60.0  # after which nothing may be open any more
MAIL_SECONDS_MAX = 20.0  # after which a mail that has not come has been given up
MAILS_MAX = 200  # of one address that the development outbox shows


@dataclass
class Picture:
    """What the shop says at rest."""

    orders: dict[str, list[dict]]  # of this run, by the customer's id
    stocks: dict[str, int]
    mails: dict[str, int] = field(default_factory=dict)  # confirmations by order


def patient(line: Line, verb: str, path: str, **headers: str) -> Answer:
    """Asks again while the system is busy with itself."""
    deadline = time.monotonic() + REST_SECONDS_MAX
    while True:
        answer = line.ask(verb, path, **headers)
        if answer.status == 200:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"{verb} {path}: {answer.status} {answer.body[:200]!r}")
        time.sleep(0.1)


def wait_sagas(shop: Shop) -> None:
    """Until no saga is open. A process whose disk has failed may still be about to end."""
    line = shop.line("order")
    deadline = time.monotonic() + REST_SECONDS_MAX
    while True:
        if shop.start_missing():
            shop.wait_ready()
        open_sagas = patient(line, "GET", "/internal/sagas", X_Internal_Key=INTERNAL_KEY).json()
        if not open_sagas.get("sagas", open_sagas.get("data", {}).get("sagas")):
            break
        if time.monotonic() > deadline:
            raise Failed(f"sagas are open {REST_SECONDS_MAX:.0f} s after the load: {str(open_sagas)[:300]}")
        time.sleep(0.05)
    line.close()


def orders_of(line: Line, customer: Customer) -> list[dict]:
    """The orders of a customer but those of earlier runs, newest first."""
    found: list[dict] = []
    page = 1
    while True:
        token = f"Bearer {customer.token}"
        path = f"/api/orders?limit={LIST_PAGE}&page={page}"
        orders = patient(line, "GET", path, Authorization=token).json()["data"]["orders"]
        found += [order for order in orders if order["id"] not in customer.seen]
        if len(orders) < LIST_PAGE or all(order["id"] in customer.seen for order in orders):
            return found
        page += 1


def confirmations_of(line: Line, customer: Customer) -> dict[str, int]:
    path = f"/dev/mail?to={customer.email}&limit={MAILS_MAX}"
    counts: dict[str, int] = {}
    for mail in patient(line, "GET", path).json()["data"]["mails"]:
        if mail["subject"].startswith("Order confirmation "):
            order = mail["subject"].rsplit(" ", 1)[1]
            counts[order] = counts.get(order, 0) + 1
    return counts


def take_picture(shop: Shop, stage: Stage, wait: bool = True) -> Picture:
    """Waits until the confirmations that are due have come, unless it is told not to."""
    orders, products, notifications = shop.line("order"), shop.line("product"), shop.line("notification")
    picture = Picture({customer.id: orders_of(orders, customer) for customer in stage.customers}, {})
    for product in stage.products:
        read = patient(products, "GET", f"/api/products/{product}").json()
        picture.stocks[product] = read["data"]["product"]["stock"]
    deadline = time.monotonic() + MAIL_SECONDS_MAX
    while True:
        for customer in stage.customers:
            picture.mails.update(confirmations_of(notifications, customer))
        due = [order["id"] for order in all_orders(picture) if order["status"] == "confirmed"]
        if not wait or all(order in picture.mails for order in due) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    for line in (orders, products, notifications):
        line.close()
    return picture


def all_orders(picture: Picture) -> list[dict]:
    return [order for orders in picture.orders.values() for order in orders]


def items_of(order: dict) -> dict[str, int]:
    items: dict[str, int] = {}
    for item in order["items"]:
        items[item["productId"]] = items.get(item["productId"], 0) + item["quantity"]
    return items


def lost(picture: Picture, intents: list[Intent]) -> list[str]:
    """The ids of acknowledged orders that are not there, or not as they were acknowledged."""
    present = {order["id"]: order for order in all_orders(picture)}
    missing = []
    for intent in intents:
        if not intent.order_id:
            continue
        order = present.get(intent.order_id)
        if order is None or items_of(order) != intent.items:
            missing.append(intent.order_id)
        elif order["status"] != "confirmed" and not (order["status"] == "cancelled" and intent.cancel_asked):
            missing.append(intent.order_id)
    return missing


def unmailed(picture: Picture) -> list[str]:
    """The ids of confirmed orders of which no mail tells."""
    confirmed = [order["id"] for order in all_orders(picture) if order["status"] == "confirmed"]
    return [order for order in confirmed if not picture.mails.get(order)]


def unmailed_violations(picture: Picture, dead_letters: int) -> list[str]:
    """A mail that was given up is a dead letter, which an operator can replay; others must not be missing."""
    missing = unmailed(picture)
    if len(missing) <= dead_letters:
        return []
    return [f"notification.once: {order} is confirmed without a mail" for order in missing]


def violations(picture: Picture, stage: Stage, intents: list[Intent]) -> list[str]:
    """What does not hold, in words; lost orders are told by `lost`, missing mails by `unmailed`."""
    found: list[str] = []
    acknowledged = {intent.order_id: intent for intent in intents if intent.order_id}
    if sum(1 for intent in intents if intent.order_id) != len(acknowledged):
        found.append("order.keys: two keys were told the same order")
    for order in all_orders(picture):
        intent = acknowledged.get(order["id"])
        if order["status"] == "pending":
            found.append(f"order.half_done: {order['id']} is pending at rest")
        if intent and intent.cancelled and order["status"] != "cancelled":
            found.append(f"order.cancelled: {order['id']} was cancelled and is {order['status']}")
    found += unasked(picture, stage, intents)
    found += wrong_stocks(picture, stage)
    for order in all_orders(picture):
        count = picture.mails.get(order["id"], 0)
        told = order["id"] in acknowledged
        if count > 1:
            found.append(f"notification.once: {order['id']} was confirmed by {count} mails")
        if count == 1 and order["status"] == "cancelled" and not told:
            found.append(f"order.undone: {order['id']} was confirmed by mail and undone")
    return found


def unasked(picture: Picture, stage: Stage, intents: list[Intent]) -> list[str]:
    """Confirmed orders that nobody has asked for, or asked for once and got twice."""
    found = []
    for customer in stage.customers:
        mine = [intent for intent in intents if intent.customer is customer]
        told = {intent.order_id for intent in mine if intent.order_id}
        open_wishes = [intent.items for intent in mine if intent.unknown]
        for order in picture.orders[customer.id]:
            if order["status"] != "confirmed" or order["id"] in told:
                continue
            if items_of(order) in open_wishes:
                open_wishes.remove(items_of(order))
                continue
            same = [intent for intent in mine if intent.items == items_of(order)]
            refusals = {intent.refusal for intent in same if intent.refusal}
            said = ", ".join(refusals) or "nothing"
            found.append(f"order.once: {order['id']} is confirmed, but its customer was told {said}")
    return found


def wrong_stocks(picture: Picture, stage: Stage) -> list[str]:
    """The stock is what it was at first without what confirmed orders have taken."""
    sold: dict[str, int] = {}
    for order in all_orders(picture):
        if order["status"] == "confirmed":
            for product, quantity in items_of(order).items():
                sold[product] = sold.get(product, 0) + quantity
    found = []
    for product, first in stage.products.items():
        should = first - sold.get(product, 0)
        if picture.stocks[product] != should or should < 0:
            found.append(f"stock.conserved: {product} has {picture.stocks[product]} pieces, not {should}")
    return found
