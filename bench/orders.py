#!/usr/bin/env python3
"""Orders a second and CPU seconds an order: Portico's shop beside the workshop's architecture and a tuned
peer."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from lib import runner, shop
from lib.load import Load
from lib.subjects import Subject


def verified(subject: Subject, catalogue: shop.Catalogue, connections: int, run: Callable[[], int]) -> None:
    """The stock must shrink by one for each order that was answered with 201. Orders under way when the load
    ends are placed without being counted: at most one a connection."""
    before = shop.sold(subject, catalogue)
    answered = run()
    surplus = shop.sold(subject, catalogue) - before - answered
    if not 0 <= surplus <= connections:
        raise RuntimeError(
            f"{subject.name}: {answered} orders were confirmed but the stock differs by {surplus}"
        )


def measure(
    subject: Subject, catalogue: shop.Catalogue, options: argparse.Namespace, directory: Path
) -> runner.Measurement:
    requests = directory / f"{subject.name}.orders"
    shop.write_orders(requests, catalogue, one_product=options.one_product)
    load = Load(
        base=subject.endpoints.orders,
        requests=requests,
        expected_status=201,
        connections=options.connections,
        core=runner.LOAD_CORE,
    )
    return runner.measure(
        subject,
        load,
        warm=options.warm,
        seconds=options.seconds,
        verify=lambda run: verified(subject, catalogue, options.connections, run),
    )


def main() -> int:
    parser = runner.arguments(__doc__, subjects=list(runner.SUBJECTS))
    runner.load_arguments(parser)
    parser.add_argument(
        "--one-product", action="store_true", help="all orders are for the same product: one hot row"
    )
    options = parser.parse_args()
    products = "one product" if options.one_product else f"{shop.PRODUCTS} products"
    return runner.compare(
        options,
        lambda subject, catalogue, directory: measure(subject, catalogue, options, directory),
        what=f"orders of one piece by {shop.USERS} users of {products}",
        per=1000,
    )


if __name__ == "__main__":
    sys.exit(main())
