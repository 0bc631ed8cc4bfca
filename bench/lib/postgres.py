"""A private PostgreSQL on a free port, its data in a temporary directory, gone when stopped."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from .process import Process

BINARIES = Path("/usr/lib/postgresql/15/bin")
MAX_CONNECTIONS = 200
READY_SECONDS_MAX = 30


def free_ports(count: int) -> list[int]:
    """Different ports nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Postgres:
    """PostgreSQL with default settings (fsync and synchronous_commit on) but for max_connections, as a user
    that is not root, since it refuses to run as root."""

    def __init__(self, directory: Path, *, core: int):
        directory.mkdir(mode=0o755)
        self.directory = directory  # also of the unix socket
        [self.port] = free_ports(1)
        self._core = core
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(directory, account.pw_uid, account.pw_gid)
            self._as_user = [
                "setpriv",
                f"--reuid={account.pw_uid}",
                f"--regid={account.pw_gid}",
                "--clear-groups",
            ]
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        data = self.directory / "data"
        subprocess.run(
            [
                *self._as_user,
                BINARIES / "initdb",
                "--pgdata",
                data,
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.directory,
        )
        settings = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.directory}",
            f"max_connections={MAX_CONNECTIONS}",
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        self._process = Process(
            [*self._as_user, str(BINARIES / "postgres"), "-D", str(data), *options],
            core=self._core,
            log=self.directory.parent / f"{self.directory.name}.log",
            cwd=self.directory,
            stop_signal=signal.SIGINT,
        )
        for _ in range(READY_SECONDS_MAX * 10):
            self._process.check_alive()
            probe = subprocess.run(
                [BINARIES / "pg_isready", "--quiet", "-h", self.directory, "-p", str(self.port), "-t", "1"],
                check=False,
            )
            if probe.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not become ready")

    def query(self, sql: str, *, database: str = "postgres") -> str:
        """Runs SQL as the superuser; the rows as psql's unaligned text."""
        done = subprocess.run(
            [
                BINARIES / "psql",
                "-h",
                self.directory,
                "-p",
                str(self.port),
                "-U",
                "postgres",
                "-d",
                database,
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--file=-",
            ],
            input=sql,
            text=True,
            check=True,
            capture_output=True,
        )
        return done.stdout.strip()

    def create(self, database: str, schema: Path) -> None:
        self.query(f"CREATE DATABASE {database}")
        self.query(schema.read_text(encoding="utf-8"), database=database)

    def settings(self) -> dict[str, str]:
        """Version, durability, and every setting given on the command line."""
        rows = self.query(
            "SELECT name, setting FROM pg_settings WHERE name IN "
            "('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method',"
            " 'shared_buffers', 'max_connections') ORDER BY name"
        )
        return dict(row.split("|", 1) for row in rows.splitlines())

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
