#!/usr/bin/env python3
"""Reads of one product: requests a second and CPU seconds a request, Portico beside the tuned peer."""

import argparse
import sys
from pathlib import Path

from lib import runner, shop
from lib.load import Load
from lib.subjects import Subject


def measure(
    subject: Subject, catalogue: shop.Catalogue, options: argparse.Namespace, directory: Path
) -> runner.Measurement:
    requests = directory / f"{subject.name}.reads"
    shop.write_reads(requests, catalogue)
    # At these rates looking at each status would make the driver the bottleneck; wrk counts those above 399
    # itself.
    load = Load(
        base=subject.endpoints.products,
        requests=requests,
        expected_status=200,
        connections=options.connections,
        core=runner.LOAD_CORE,
        every_status=False,
    )
    return runner.measure(subject, load, warm=options.warm, seconds=options.seconds)


def main() -> int:
    parser = runner.arguments(__doc__, subjects=["portico", "tuned"])
    runner.load_arguments(parser)
    options = parser.parse_args()
    return runner.compare(
        options,
        lambda subject, catalogue, directory: measure(subject, catalogue, options, directory),
        what=f"GET /api/products/:id over {shop.PRODUCTS} products",
        per=100_000,
    )


if __name__ == "__main__":
    sys.exit(main())
