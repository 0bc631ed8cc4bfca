"""A JSON client over one keep-alive connection, for preparing a subject and for checking it."""

import http.client
import json
import time
from urllib.parse import urlsplit

from .process import Process

INTERNAL_KEY = "workshop_internal_key_2023"
TIMEOUT_SECONDS = 10


class Api:
    """One base URL. Not for measuring: the load comes from wrk."""

    def __init__(self, base: str):
        parts = urlsplit(base)
        assert parts.hostname in ("127.0.0.1", "localhost"), "benchmarks stay on loopback"
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)

    def call(
        self, method: str, path: str, body: object = None, *, token: str | None = None, internal: bool = False
    ) -> tuple[int, dict]:
        """The status and the JSON of an answer, {} when it has none."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if internal:
            headers["X-Internal-Key"] = INTERNAL_KEY
        status, content = self.exchange(method, path, None if body is None else json.dumps(body), headers)
        return status, json.loads(content) if content else {}

    def exchange(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """The status and the content of an answer."""
        try:
            return self._send(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # An idle keep-alive connection the server had closed; a second failure is real.
            self._connection.close()
            return self._send(method, path, body, headers)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def expect(self, status: int, method: str, path: str, body: object = None, **options) -> dict:
        """The JSON of an answer that must have this status."""
        got, answer = self.call(method, path, body, **options)
        if got != status:
            raise RuntimeError(f"{method} {path}: {got} instead of {status}: {answer}")
        return answer

    def close(self) -> None:
        self._connection.close()


def answers(base: str, path: str) -> bool:
    """Whether a GET gives 200 now."""
    api = Api(base)
    try:
        return api.exchange("GET", path, None, {})[0] == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        api.close()


def wait_ready(
    base: str, path: str, process: Process, *, seconds_max: float = 30.0, poll: float = 0.005
) -> None:
    """Probes until a GET gives 200; raises when the process ends or the time is over."""
    deadline = time.monotonic() + seconds_max
    while not answers(base, path):
        process.check_alive()
        if time.monotonic() > deadline:
            raise RuntimeError(f"{base}{path} did not answer within {seconds_max:.0f} s; see {process.log}")
        time.sleep(poll)
