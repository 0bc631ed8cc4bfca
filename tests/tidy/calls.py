"""What only few files may do: clocks, randomness, threads, sockets, memory owned by hand."""

import re

from tree import Finding

_IN_PORTICO = "only portico/runtime and portico/net own it"

BANNED = [
    ("clock",
     r"\b(?:system_clock|steady_clock|high_resolution_clock|gettimeofday|clock_gettime|localtime(?:_r)?|gmtime(?:_r)?)\b"
     r"|\b(?:std::)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)",
     "take the time from the Clock or Runtime that was handed in; " + _IN_PORTICO),
    ("sleep",
     r"\b(?:sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w>])::sleep\s*\(",
     "await Runtime::sleep, and in tests wait for a condition"),
    ("random",
     r"\b(?:random_device|srand|rand_r|getrandom|getentropy|arc4random\w*|RAND_(?:priv_)?bytes|drand48)\b|\b(?:std::)?rand\s*\(",
     "take randomness from the Random of the Runtime; " + _IN_PORTICO),
    ("generator",
     r"\b(?:mt19937(?:_64)?|minstd_rand0?|default_random_engine|ranlux\w+|knuth_b)\b",
     "take randomness from the Random of the Runtime; a test may seed a generator and print its seed"),
    ("thread",
     r"\bstd::(?:jthread|thread|async)\b|\bpthread_create\b|\b(?:static_)?thread_pool\b",
     "use Runtime::spawn, or Runtime::offload for work that blocks; " + _IN_PORTICO),
    ("socket",
     r"<(?:sys/socket|sys/un|netdb|netinet/\w+|arpa/inet)\.h>|(?<![\w>])::(?:socket|connect|bind|listen|accept4?)\s*\("
     r"|<boost/asio/(?:ip|local)/|\basio::(?:ip|local)::",
     "use the server and the client of portico/net; " + _IN_PORTICO),
    ("new", r"\bnew\b(?=\s*[\w:(\[])", "use std::make_unique, a container or a value"),
    ("delete", r"(?<!=)(?<!= )(?<!=\n)\bdelete\b", "let a std::unique_ptr or a container own it"),
    ("catch_all", r"\bcatch\s*\(\s*\.\.\.\s*\)",
     "catch const Error& or const std::exception&, and never widen an error"),
    ("regex", r"\bstd::(?:w?s?regex\w*|c?match_results)\b|<regex>|\bboost::regex\b",
     "write a parser: std::regex is slow and recurses over its input"),
    ("detached", r"\bdetached\b|\.detach\s*\(\s*\)", "use Runtime::spawn, which reports what goes wrong"),
    ("getenv", r"\b(?:secure_)?getenv\b|\benviron\b|\b(?:set|unset|put)env\b",
     "read the configuration that portico/host loads"),
    ("thread_local", r"\bthread_local\b", "put what belongs to a request into its Call"),
]

RULES = [rule for rule, _, _ in BANNED]
_PATTERNS = [(rule, re.compile(pattern), message) for rule, pattern, message in BANNED]
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern, _ in BANNED))


def check(tree):
    for path in tree.cpp_paths():
        code = tree.code(path)
        if not _ANY.search(code):
            continue
        for rule, pattern, message in _PATTERNS:
            for match in pattern.finditer(code):
                line = code.count("\n", 0, match.start()) + 1
                yield Finding(path, line, rule, f"'{match.group(0).strip()}': {message}")
