"""The subject itself. Everything the benchmarks know about its command line, environment and ports is
here."""

import subprocess
from pathlib import Path

from .api import wait_ready
from .process import Process
from .subjects import Endpoints, Subject

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = ROOT / "build" / "release" / "portico"
GATEWAY = "http://127.0.0.1:3000"


class Portico(Subject):
    """`portico up shop`: one process, its files under the working directory, the workshop's ports."""

    name = "portico"
    binary = BINARY
    arguments = ["up", "shop"]
    env = {
        "NODE_ENV": "development",
        "INTERNAL_API_KEY": "workshop_internal_key_2023",
        "JWT_SECRET": "workshop_shared_jwt_secret_key_32_bytes",
    }
    endpoints = Endpoints(
        users="http://127.0.0.1:3001", products="http://127.0.0.1:3002", orders="http://127.0.0.1:3003"
    )

    def prepare(self) -> None:
        if not self.binary.is_file():
            raise SystemExit(f"{self.binary} is missing; build it, or leave portico out with --subjects")

    def launch(self) -> None:
        process = Process(
            [str(self.binary), *self.arguments],
            core=self.core,
            env=self.env,
            cwd=self.directory,
            log=self.directory / "portico.log",
        )
        self.processes.append(process)
        # A fine poll: bench/start.py measures with it.
        wait_ready(GATEWAY, "/readyz", process, poll=0.001)

    def describe(self) -> str:
        done = subprocess.run(
            [str(self.binary), "--version"], capture_output=True, text=True, check=False, timeout=10
        )
        return " ".join([*done.stdout.split("\n")[:1], "as", "portico", *self.arguments])
