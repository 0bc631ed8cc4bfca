"""The shop's data for a run, put in over the subject's own HTTP API: users with tokens, products with a huge
stock."""

from dataclasses import dataclass
from pathlib import Path

from .api import Api
from .load import request_line
from .subjects import Subject

USERS = 64
PRODUCTS = 100
STOCK = 1_000_000_000
PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Catalogue:
    """What was put in."""

    tokens: list[str]
    product_ids: list[str]


def fill(subject: Subject, *, users: int = USERS, products: int = PRODUCTS) -> Catalogue:
    """Registers users, logs them in, makes a category and the products."""
    people = Api(subject.endpoints.users)
    tokens = []
    for number in range(users):
        email = f"buyer{number}@example.com"
        people.expect(
            201,
            "POST",
            "/api/users/register",
            {"firstName": "Benchmark", "lastName": "Buyer", "email": email, "password": PASSWORD},
        )
        answer = people.expect(200, "POST", "/api/users/login", {"email": email, "password": PASSWORD})
        tokens.append(answer["data"]["token"])
    people.close()
    catalogue = Api(subject.endpoints.products)
    answer = catalogue.expect(
        201,
        "POST",
        "/api/categories",
        {"name": "Benchmark", "description": "Of the benchmark"},
        internal=True,
    )
    category = answer["data"]["category"]["id"]
    ids = []
    for number in range(products):
        product = {
            "name": f"Product {number}",
            "description": "A product of the benchmark",
            "price": 19.99,
            "categoryId": category,
            "stock": STOCK,
            "tags": ["benchmark"],
        }
        answer = catalogue.expect(201, "POST", "/api/products", product, internal=True)
        ids.append(str(answer["data"]["product"]["id"]))
    catalogue.close()
    return Catalogue(tokens, ids)


def sold(subject: Subject, catalogue: Catalogue) -> int:
    """How many pieces are gone from the stock, by the products' own pages."""
    api = Api(subject.endpoints.products)
    gone = 0
    for product in catalogue.product_ids:
        answer = api.expect(200, "GET", f"/api/products/{product}")
        gone += STOCK - answer["data"]["product"]["stock"]
    api.close()
    return gone


def write_orders(path: Path, catalogue: Catalogue, *, one_product: bool) -> None:
    """A request file of orders of one piece: users and products go round, each at its own pace, so that all
    pairs come up and neighbours in time differ in both."""
    products = catalogue.product_ids[:1] if one_product else catalogue.product_ids
    lines = []
    for number in range(1600):
        item = {"productId": products[number % len(products)], "quantity": 1}
        lines.append(
            request_line(
                "POST", "/api/orders", catalogue.tokens[number % len(catalogue.tokens)], {"items": [item]}
            )
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_reads(path: Path, catalogue: Catalogue) -> None:
    """A request file that reads each product in turn."""
    lines = [request_line("GET", f"/api/products/{product}") for product in catalogue.product_ids]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
