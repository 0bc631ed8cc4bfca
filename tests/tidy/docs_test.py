"""Tests of the checks on documents."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import docs  # noqa: E402
from tree import Skip, Tree  # noqa: E402

HELP = {
    (): "Runs it.\nUsage: portico [OPTIONS] SUBCOMMAND\n\nOptions:\n  -h,--help   Print\n"
        "  --version   Print\n\n"
        "Subcommands:\n  up     Start a system\n  dead   Dead letters\n  save   Save it\n",
    ("up",): "Start a system\nOptions:\n  --split   a process a service\n",
    ("dead",): "Dead letters\nSubcommands:\n  list   Show them\n  replay  Again\n",
    ("save",): "Save it\nUsage: portico save [OPTIONS] [system] [SUBCOMMAND]\n\n"
               "Subcommands:\n  list   Show them\n",
    ("save", "list"): "Options:\n  --all\n",
    ("dead", "list"): "Options:\n  --group TEXT\n",
}


def found(document, path="docs/a.md", help_of=lambda words: HELP[tuple(words)], **others):
    """The messages about one document of a small tree."""
    tree = Tree({path: document, "Makefile": "SYSTEM ?= shop\ntest: ## x\nup:\n", "portico/net/server.h": "",
                 "tools/test.sh": "", "docs/guide/b.md": "",
                 "systems/shop/system.toml": "PORTICO_MODE JWT_SECRET\n", **others})
    return [finding.message for finding in docs.check(tree, help_of)]


class DocsTest(unittest.TestCase):
    def passes(self, document, **others):
        self.assertEqual(found(document, **others), [])

    def fails(self, document, part, **others):
        messages = found(document, **others)
        self.assertEqual(len(messages), 1, messages)
        self.assertIn(part, messages[0])

    def test_make_targets(self):
        self.passes("Run `make test`, `BUILD_JOBS=1 make up SYSTEM=todo` and make sense.")
        self.passes("```sh\n$ make up && make test  # all of it\n```\n")
        self.passes("```text\nmake nothing\n```\n")
        self.fails("Run `make tests`.", "no target 'tests'")
        self.fails("```\nmake up SISTEM=shop\n```", "no variable 'SISTEM'")

    def test_commands_of_the_program(self):
        self.passes("`portico up shop --split`, `build/release/portico dead list --group a`")
        self.passes("`portico --version`")
        self.passes("`portico save shop`, `portico save list --all`")
        self.passes("the `portico` program, `portico/net/server.h`, ports of `portico.example`")
        self.fails("`portico start shop`", "no command 'start'")
        self.fails("`portico up shop --splitt`", "no flag --splitt")
        self.fails("```\nportico dead lost\n```", "`portico dead` has no command 'lost'")

    def test_commands_wait_for_the_program(self):
        with self.assertRaises(Skip):
            found("`portico start`", help_of=None)

    def test_paths(self):
        self.passes("`portico/net/server.h`, `portico/net/`, `systems/<name>/system.toml`, `tools/*.sh`")
        self.passes("`https://example.org/docs/none` and `build/release/portico/x`")
        self.fails("see `portico/net/none.h`.", "no 'portico/net/none.h'")
        self.fails("```sh\ntools/none.sh --all\n```", "no 'tools/none.sh'")

    def test_links(self):
        self.passes("[a](guide/b.md#part) [b](../tools/test.sh) [c](https://example.org/x) [d](#here)")
        self.fails("[a](guide/c.md)", "guide/c.md")
        self.fails("[a](docs/guide/b.md)", "docs/guide/b.md")
        self.passes("[a](docs/guide/b.md)", path="README.md")

    def test_names_of_the_environment(self):
        self.passes("PORTICO_MODE and\n\n| name | use |\n|---|---|\n| `JWT_SECRET` | signs |\n")
        self.passes("every PORTICO_* name")
        self.fails("PORTICO_MOOD", "PORTICO_MOOD")
        self.fails("| `JWT_SECRETS` | signs |", "JWT_SECRETS")

    def test_subcommands_of_a_help_text(self):
        self.assertEqual(docs.subcommands(HELP[()]), {"up", "dead", "save"})
        self.assertEqual(docs.subcommands(HELP[("up",)]), set())


if __name__ == "__main__":
    unittest.main()
