"""Tests of load.py: the request lines, the result line, and wrk itself against a small server."""

import http.server
import tempfile
import threading
import unittest
from pathlib import Path

from lib import load

RESULT = (
    'RESULT {"requests": 90, "seconds": 2.0, "p50_ms": 1.0, "p99_ms": 2.0, "max_ms": 3.0, "unexpected": 10, '
    '"first_unexpected": 409, "above_399": 4, "socket_errors": 2, "timeouts": 1}'
)


class FormatTest(unittest.TestCase):
    def test_request_line(self):
        self.assertEqual(load.request_line("GET", "/a"), "GET\t/a\t-\t-")
        self.assertEqual(
            load.request_line("POST", "/a", "t", {"b": "c\td\n"}), 'POST\t/a\tt\t{"b":"c\\td\\n"}'
        )

    def test_wrong_answers_do_not_count_as_served(self):
        result = load.parse("Running\n" + RESULT + "\n")
        self.assertEqual((result.served, result.per_second, result.errors), (80, 40.0, 13))

    def test_output_without_a_result(self):
        with self.assertRaisesRegex(RuntimeError, "unable to connect"):
            load.parse("unable to connect")


class Handler(http.server.BaseHTTPRequestHandler):
    """201 for the token "good", 200 for the rest: a success that is not the one expected."""

    protocol_version = "HTTP/1.1"
    seen: set = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.add((self.headers["Authorization"], self.headers["Host"].split(":")[0], body))
        self.send_response(201 if self.headers["Authorization"] == "Bearer good" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class WrkTest(unittest.TestCase):
    def test_sends_in_turn_and_counts_each_wrong_status(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "requests")
            lines = [load.request_line("POST", "/x", token, {"n": 1}) for token in ("good", "bad")]
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            result = load.run(
                load.Load(
                    base=f"http://127.0.0.1:{server.server_port}",
                    requests=file,
                    expected_status=201,
                    connections=2,
                    core=1,
                ),
                seconds=1,
            )
        self.assertEqual(
            Handler.seen, {("Bearer good", "127.0.0.1", b'{"n":1}'), ("Bearer bad", "127.0.0.1", b'{"n":1}')}
        )
        self.assertGreater(result.served, 0)
        self.assertAlmostEqual(result.wrong, result.served, delta=4)
        self.assertEqual(result.first_wrong_status, 200)


if __name__ == "__main__":
    unittest.main()
