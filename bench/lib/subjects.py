"""What is compared: how each subject is started on one core, where it answers, and which processes it is made
of."""

from dataclasses import dataclass
from pathlib import Path

from .api import wait_ready
from .postgres import Postgres, free_ports
from .process import Process

PEERS = Path(__file__).resolve().parent.parent / "peers"
SEED_SERVICES = ("user", "product", "order", "notification")
NODE_ENV = {"NODE_ENV": "production", "JWT_SECRET": "workshop_shared_jwt_secret_key_32_bytes"}


@dataclass(frozen=True)
class Endpoints:
    """Base URLs by what they serve; one service may serve all."""

    users: str
    products: str
    orders: str


class Subject:
    """A shop under test. `start` returns when it is ready; `stop` may be called in any state."""

    name = ""
    endpoints: Endpoints

    def __init__(self, directory: Path, *, core: int):
        directory.mkdir(mode=0o755)
        self.directory = directory
        self.core = core
        self.processes: list[Process] = []
        self.postgres: Postgres | None = None
        self.facts = ""

    def start(self) -> None:
        """Everything, its database included."""
        self.prepare()
        self.launch()

    def prepare(self) -> None:
        """What a deployment has running before the program: its database."""

    def launch(self) -> None:
        """The program itself."""
        raise NotImplementedError

    def describe(self) -> str:
        """Versions and settings worth printing under the table; asked for once it runs."""
        return ""

    def pids(self) -> list[int]:
        """Roots of the process trees whose CPU time and memory count."""
        roots = [process.pid for process in self.processes]
        return roots + ([self.postgres.pid] if self.postgres is not None else [])

    def program_pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    def halt(self) -> None:
        """Stops the program, leaves what `prepare` started."""
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()

    def stop(self) -> None:
        self.halt()
        if self.postgres is not None:
            self.postgres.stop()
            self.postgres = None


class NodePeer(Subject):
    """A peer in bench/peers: node programs before a private PostgreSQL."""

    folder: Path

    def check_installed(self) -> None:
        if not (self.folder / "node_modules").is_dir():
            relative = self.folder.relative_to(PEERS.parent.parent)
            raise SystemExit(f"{self.name}: dependencies are missing; run: npm ci --prefix {relative}")

    def node(self, script: str, port: int, env: dict[str, str]) -> Process:
        log = self.directory / f"{Path(script).stem}.log"
        process = Process(
            ["node", str(self.folder / "src" / script)],
            core=self.core,
            log=log,
            cwd=self.folder,
            env={**NODE_ENV, **env, "PORT": str(port)},
        )
        self.processes.append(process)
        return process

    def describe(self) -> str:
        assert self.postgres is not None
        settings = ", ".join(f"{key} {value}" for key, value in self.postgres.settings().items())
        return f"PostgreSQL, private: {settings}"


class Seed(NodePeer):
    """The workshop's four services; `TUNED=1` changes settings, not structure."""

    name = "seed"
    folder = PEERS / "seed"
    env: dict[str, str] = {}

    def prepare(self) -> None:
        self.check_installed()
        self.postgres = Postgres(self.directory / "postgres", core=self.core)
        self.postgres.start()
        for service in SEED_SERVICES:
            self.postgres.create(f"{service}_service", self.folder / "schema" / f"{service}_service.sql")

    def launch(self) -> None:
        assert self.postgres is not None
        ports = dict(zip(SEED_SERVICES, free_ports(len(SEED_SERVICES))))
        urls = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
        shared = {f"{service.upper()}_SERVICE_URL": url for service, url in urls.items()}
        shared["DB_PORT"] = str(self.postgres.port)
        started = {
            service: self.node(f"{service}.js", ports[service], {**shared, **self.env})
            for service in SEED_SERVICES
        }
        for service, process in started.items():
            wait_ready(urls[service], "/health", process)
        self.endpoints = Endpoints(users=urls["user"], products=urls["product"], orders=urls["order"])


class SeedTuned(Seed):
    name = "seed-tuned"
    env = {"TUNED": "1"}


class Tuned(NodePeer):
    """One service, one statement an order."""

    name = "tuned"
    folder = PEERS / "tuned"

    def prepare(self) -> None:
        self.check_installed()
        self.postgres = Postgres(self.directory / "postgres", core=self.core)
        self.postgres.start()
        self.postgres.create("shop", self.folder / "schema.sql")

    def launch(self) -> None:
        assert self.postgres is not None
        [port] = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        env = {"DB_HOST": str(self.postgres.directory), "DB_PORT": str(self.postgres.port)}
        wait_ready(url, "/health", self.node("shop.js", port, env))
        self.endpoints = Endpoints(users=url, products=url, orders=url)
