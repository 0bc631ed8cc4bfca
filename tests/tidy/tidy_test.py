"""Tests of the rules: each with a sample it lets pass and one it does not (documents: docs_test.py)."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import build  # noqa: E402
import calls  # noqa: E402
import includes  # noqa: E402
import size  # noqa: E402
import text  # noqa: E402
import tidy  # noqa: E402
from tree import Allowed, Finding, Skip, Tree  # noqa: E402


def rules_found(check, texts):
    """The rules that `check` finds broken in these files, as (path, rule), sorted."""
    return sorted({(finding.path, finding.rule) for finding in check(Tree(texts))})


class CallsTest(unittest.TestCase):
    PASSING = {
        "clock": "clock.now(); std::chrono::sys_days d; int time(int); // system_clock",
        "sleep": "co_await runtime.sleep(1); Runtime::sleep(2); std::string sleepy;",
        "random": "random.next(); int brand(int); runtime.random();",
        "generator": "seed(1);",
        "thread": "std::this_thread::get_id(); runtime.spawn(1);",
        "socket": "std::bind(a); host.bind(b); Server::listen(c); #include <boost/asio/awaitable.hpp>",
        "new": "auto renewed = 1; std::string s = \"new T\";",
        "delete": "A(const A&) = delete; int deleted;",
        "catch_all": "try { f(); } catch (const std::exception& e) {}",
        "regex": "std::string regex;",
        "detached": "attached();",
        "getenv": "env(\"A\");",
        "thread_local": "static int local;",
    }
    FAILING = {
        "clock": ["std::chrono::steady_clock::now()", "time(nullptr)", "localtime_r(a, b)"],
        "sleep": ["std::this_thread::sleep_for(1s)", "usleep(3)", " ::sleep(1)"],
        "random": ["std::random_device d;", "rand()", "RAND_bytes(a, b)"],
        "generator": ["std::mt19937_64 g(1);"],
        "thread": ["std::thread t;", "std::jthread t;", "std::async(f)", "asio::thread_pool p;"],
        "socket": ["#include <sys/socket.h>", " ::socket(1, 2, 3)", "#include <boost/asio/ip/tcp.hpp>"],
        "new": ["auto* a = new A();", "new (place) A"],
        "delete": ["delete a;", "delete[] a;"],
        "catch_all": ["catch (...) {}", "catch(...){}"],
        "regex": ["std::regex r;", "#include <regex>"],
        "detached": ["co_spawn(e, f(), asio::detached);", "t.detach();"],
        "getenv": ["std::getenv(\"A\")", "extern char** environ;"],
        "thread_local": ["thread_local int a;"],
    }

    def test_every_rule_has_samples(self):
        self.assertEqual(sorted(calls.RULES), sorted(self.PASSING))
        self.assertEqual(sorted(calls.RULES), sorted(self.FAILING))

    def test_samples_pass(self):
        for rule, sample in self.PASSING.items():
            with self.subTest(rule):
                self.assertEqual(rules_found(calls.check, {"systems/shop/order/a.cpp": sample}), [])

    def test_samples_fail(self):
        for rule, samples in self.FAILING.items():
            for sample in samples:
                with self.subTest(sample):
                    found = rules_found(calls.check, {"systems/shop/order/a.cpp": sample})
                    self.assertEqual(found, [("systems/shop/order/a.cpp", rule)])

    def test_the_finding_says_where_and_what_instead(self):
        finding = list(calls.check(Tree({"a.cpp": "\n\nint* a = new int;\n"})))[0]
        self.assertEqual(str(finding), "a.cpp:3: new: 'new': use std::make_unique, a container or a value")


class IncludesTest(unittest.TestCase):
    def rules(self, path, *names, **others):
        lines = "".join(f"#include {name}\n" if name[0] == "<" else f'#include "{name}"\n' for name in names)
        return [rule for _, rule in rules_found(includes.check, {path: lines, **others.get("others", {})})]

    def test_layers_include_their_own_and_lower_ones(self):
        self.assertEqual(self.rules("portico/net/a.cpp", "portico/net/x/b.h", "portico/base/c.h"), [])
        self.assertEqual(self.rules("portico/base/a.cpp", "portico/net/b.h"), ["layers"])
        self.assertEqual(self.rules("portico/host/a.cpp", "systems/shop/order/api.h"), ["layers"])
        self.assertEqual(self.rules("portico/other/a.cpp", "portico/base/b.h"), ["layers"])
        self.assertEqual(self.rules("portico/base/a.cpp", "b.h", others={"portico/base/b.h": ""}), ["layers"])

    def test_blocks_and_systems_know_only_what_is_public(self):
        self.assertEqual(self.rules("blocks/mail/a.cpp", "blocks/mail/b.h", "blocks/media/api.h"), [])
        self.assertEqual(self.rules("blocks/mail/a.cpp", "blocks/media/media.h"), ["layers"])
        self.assertEqual(self.rules("blocks/mail/a.cpp", "systems/shop/order/api.h"), ["layers"])
        service = "systems/shop/order/order.cpp"
        self.assertEqual(self.rules(service, "systems/shop/product/api.h", "systems/shop/order/rules.h",
                                    "portico/service/service.h", "blocks/payment/api.h"), [])
        self.assertEqual(self.rules(service, "systems/shop/product/product.h"), ["layers"])
        self.assertEqual(self.rules(service, "systems/todo/list/api.h"), ["layers"])
        self.assertEqual(self.rules(service, "portico/schema/detail/a.h"), ["layers"])
        self.assertEqual(self.rules(service, "portico/runtime/sync_impl.h"), ["layers"])

    def test_only_the_composition_root_knows_engines(self):
        self.assertEqual(self.rules("systems/shop/system.cpp", "portico/store/sqlite/engine.h"), [])
        self.assertEqual(self.rules("portico/store/store.cpp", "portico/store/sqlite/engine.h"), [])
        self.assertEqual(self.rules("systems/shop/shop.cpp", "portico/store/sqlite/engine.h"), ["layers"])
        self.assertEqual(self.rules("portico/gateway/a.cpp", "portico/bus/embedded/engine.h"), ["engines"])

    def test_headers_of_services_stay_light(self):
        self.assertEqual(self.rules("portico/store/a.h", "portico/runtime/runtime.h", others={
            "portico/runtime/runtime.h": "#include <boost/asio/awaitable.hpp>\n"}), [])
        self.assertEqual(self.rules("portico/store/a.h", "<sqlite3.h>"), ["light_headers"])
        self.assertEqual(self.rules("portico/store/sqlite/a.h", "<sqlite3.h>"), [])
        self.assertEqual(self.rules("portico/bus/a.h", "portico/net/b.h", others={
            "portico/net/b.h": "#include <boost/beast/http.hpp>\n"}), ["light_headers"])

    def test_umbrella_headers_stay_with_their_owners(self):
        self.assertEqual(self.rules("portico/net/a.cpp", "<boost/asio.hpp>", "<boost/beast.hpp>"), [])
        self.assertEqual(self.rules("portico/net/a.h", "<boost/asio.hpp>"), ["umbrella"])
        self.assertEqual(self.rules("portico/host/a.cpp", "<boost/json.hpp>"), ["umbrella"])


class SizeTest(unittest.TestCase):
    def found(self, texts, ratchet=None):
        return [finding.rule for finding in size.check(Tree(texts), ratchet or {})]

    def function(self, lines):
        return "void f() {\n" + "  g();\n" * (lines - 2) + "}\n"

    def test_limits_hold_at_their_edge(self):
        self.assertEqual(self.found({"a.h": "\n" * 300, "b.cpp": self.function(70)}), [])
        self.assertEqual(self.found({"a.h": "\n" * 301}), ["file_size"])
        self.assertEqual(self.found({"b.cpp": self.function(71)}), ["function_size"])

    def test_what_is_in_the_ratchet_may_stay_but_not_grow(self):
        ratchet = {"files": {"a.h": 310}, "functions": {"b.cpp f": 80}}
        self.assertEqual(self.found({"a.h": "\n" * 310, "b.cpp": self.function(80)}, ratchet), [])
        self.assertEqual(self.found({"a.h": "\n" * 311, "b.cpp": self.function(81)}, ratchet),
                         ["file_size", "function_size"])

    def test_what_has_shrunk_leaves_the_ratchet(self):
        ratchet = {"files": {"a.h": 310, "gone.h": 400}, "functions": {}}
        self.assertEqual(self.found({"a.h": "\n" * 200}, ratchet), ["ratchet", "ratchet"])
        tree = Tree({"a.h": "\n" * 305, "new.h": "\n" * 500})
        self.assertEqual(size.tightened(ratchet, tree), {"files": {"a.h": 305}, "functions": {}})
        self.assertIn('"a.h" = 305', size.written(size.tightened(ratchet, tree)))


class TextTest(unittest.TestCase):
    def found(self, path, content):
        return [rule for _, rule in rules_found(text.check, {path: content})]

    def test_lines_hold_at_their_edge(self):
        self.assertEqual(self.found("a.cpp", "a " * 55 + "\n"), [])
        self.assertEqual(self.found("a.cpp", "ä" * 55 + " " + "a" * 54 + "\n"), [])
        self.assertEqual(self.found("a.cpp", "a " * 55 + "b\n"), ["line_length"])
        self.assertEqual(self.found("a.cpp", "// https://" + "a" * 200 + "\n"), [])
        self.assertEqual(self.found("a.md", "a " * 100 + "\n"), [])

    def test_unfinished_work_is_named(self):
        self.assertEqual(self.found("a.md", "a todo list, TODO_SERVICE_URL, systems/todo\n"), [])
        for word in ("TODO: more", "// FIXME", "XXX", "a HACK"):
            self.assertEqual(self.found("a.md", word), ["unfinished"])

    def test_words_of_the_workshop_stay_out(self):
        self.assertEqual(self.found("a.md", "a session in a cookie, docs/work/, /tmp/words, a/work/b"), [])
        for word in ("/work/main", "see /tmp/wt/net", "shared/design/style.md", "an agent session"):
            with self.subTest(word):
                self.assertEqual(self.found("a.md", word), ["words"])

    def test_registries_stay_in_lock_files(self):
        lock = "web/package-lock.json"
        self.assertEqual(self.found(lock, '"resolved": "https://registry.npmjs.org/a"'), [])
        self.assertEqual(self.found(lock, '"resolved": "http://mirror:1/a"'), ["registry"])
        self.assertEqual(self.found("web/.npmrc", "registry=https://registry.npmjs.org/"), ["registry"])


class BuildTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)

    def tree(self, texts):
        for path, content in texts.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(content)
        return Tree(texts, self.root)

    def cache(self):
        return build.Cache(self.root / "build/good.json")

    def entries(self, *paths):
        flags = f"-std=c++23 -I{self.root} -O2 -o a.o -c"
        return [{"directory": str(self.root), "file": str(self.root / path),
                 "command": f"ccache clang++-19 {flags} {path}"} for path in paths]

    def test_format(self):
        tree = self.tree({".clang-format": "BasedOnStyle: Google\n", "good.h": "int f();\n",
                          "bad.h": "int  f( );\n"})
        cache = self.cache()
        found = list(build.check_format(tree, cache))
        self.assertEqual([(finding.path, finding.rule) for finding in found], [("bad.h", "format")])
        cache.save(keep_others=False)
        self.assertEqual(len(json.loads((self.root / "build/good.json").read_text())), 1)

    def test_headers_must_compile_alone(self):
        tree = self.tree({"a/a.cpp": "", "a/good.h": "#pragma once\n#include <string>\nstd::string f();\n",
                          "a/bad.h": "#pragma once\nstd::string f();\n",
                          "a/on_good.h": '#include "a/good.h"\n'})
        cache = self.cache()
        found = list(build.check_headers(tree, cache, self.entries("a/a.cpp")))
        self.assertEqual([finding.path for finding in found], ["a/bad.h"])
        self.assertIn("does not compile alone", found[0].message)

    def test_a_header_is_compiled_again_when_what_it_includes_has_changed(self):
        texts = {"a.cpp": "", "low.h": "using T = int;\n", "high.h": '#include "low.h"\nT f();\n'}
        cache = self.cache()
        self.assertEqual(list(build.check_headers(self.tree(texts), cache, self.entries("a.cpp"))), [])
        cache.save(keep_others=False)
        changed = self.tree({**texts, "low.h": "using S = int;\n"})
        found = list(build.check_headers(changed, self.cache(), self.entries("a.cpp")))
        self.assertEqual([finding.path for finding in found], ["high.h"])

    def test_sources_must_be_in_a_target(self):
        tree = self.tree({"a/a.cpp": "", "a/b.cpp": ""})
        found = [finding.path for finding in build.check_sources(tree, self.entries("a/a.cpp"))]
        self.assertEqual(found, ["a/b.cpp"])
        with self.assertRaises(Skip):
            build.compile_commands(tree)

    def test_generated_files_must_be_fresh(self):
        tree = self.tree({"contracts/shop/openapi.json": "{\n1}", "contracts/todo/openapi.json": "{\n2}",
                          "contracts/todo/other.json": "", "contracts/learn/client.ts": ""})
        program = lambda words: (1, "") if words[0] == "typescript" else (0, "{\n1}")
        found = [(finding.path, finding.line) for finding in build.check_generated(tree, program)]
        self.assertEqual(sorted(found), [("contracts/learn/client.ts", 1), ("contracts/todo/openapi.json", 2),
                                         ("contracts/todo/other.json", 1)])
        with self.assertRaises(Skip):
            list(build.check_generated(tree, None))
        with self.assertRaises(Skip):
            list(build.check_generated(self.tree({"a.h": ""}), program))


class AllowedTest(unittest.TestCase):
    def test_a_line_spares_its_rule_in_its_files(self):
        allowed = Allowed({"clock": {"portico/runtime/*": "owns it", "a.cpp": "why"}})
        self.assertTrue(allowed.spares(Finding("portico/runtime/real/a.cpp", 1, "clock", "")))
        self.assertFalse(allowed.spares(Finding("portico/runtime/a.cpp", 1, "sleep", "")))
        self.assertFalse(allowed.spares(Finding("portico/net/a.cpp", 1, "clock", "")))

    def test_lines_without_use_or_reason_are_findings(self):
        allowed = Allowed({"clock": {"portico/*": "owner", "a.cpp": "why", "b.cpp": " "}})
        allowed.spares(Finding("b.cpp", 1, "clock", ""))
        messages = [finding.message for finding in allowed.stale(["clock", "sleep"])]
        self.assertEqual(len(messages), 2)
        self.assertIn('"a.cpp" spares nothing', messages[0])
        self.assertIn('"b.cpp" gives no reason', messages[1])


class RunTest(unittest.TestCase):
    def test_counts_checks_and_shows_what_was_skipped(self):
        def skipping():
            yield from ()
            raise Skip("nothing is there")

        selected = [("good", [], lambda: []), ("bad", [], lambda: [Finding("a", 1, "r", "m")]),
                    ("later", [], skipping)]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.assertEqual(tidy.run(selected, Allowed({})), (1, 1, 1))
        self.assertEqual(printed.getvalue(), "a:1: r: m\nlater: skipped: nothing is there\n")


if __name__ == "__main__":
    unittest.main()
