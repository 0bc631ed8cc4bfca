"""The include graph: which folder may include what of which other folder."""

import re

import cpp
from tree import Finding

LAYERS = "base schema runtime observe net security store bus service gateway host sim".split()
RULES = ["layers", "engines", "light_headers", "umbrella"]

_ROOTS = ("portico/", "blocks/", "systems/", "cli/", "tests/", "bench/", "fuzz/")
_ENGINE = re.compile(r"portico/(?:store|bus)/[^/]+/")
_LIGHT = re.compile(r"portico/(?:service|store|bus)/[^/]+\.h$")
_HEAVY = re.compile(
    r"boost/(?:asio|beast)\b|sqlite3|libpq|postgresql/|mongoc|bson|amqp|rabbitmq|openssl/|curl/|nghttp2")
_SEAM = "portico/runtime/"  # Task is an Asio type: what runtime/ includes is the one exception
_UMBRELLAS = {
    "boost/asio.hpp": re.compile(r"portico/(?:runtime|net)/.*\.cpp$"),
    "boost/beast.hpp": re.compile(r"portico/net/.*\.cpp$"),
    "boost/json.hpp": re.compile(r"portico/schema/.*\.cpp$"),
}


def _is_own_api(name):
    return name.endswith("/api.h")


def _layer_violation(path, name):
    """Why the layer's file `path` may not include `name`; None when it may."""
    parts = name.split("/")
    if parts[0] != "portico":
        return f"the platform knows nothing of {parts[0]}/: hand in what it needs"
    own, other = path.split("/")[1], parts[1]
    if own not in LAYERS or other not in LAYERS:
        unknown = own if own not in LAYERS else other
        return f"'{unknown}' is no layer: use one of {' '.join(LAYERS)}"
    if LAYERS.index(other) > LAYERS.index(own):
        return f"layer {own} stands below {other}: move the code up or hand in an interface"
    return None


def _block_violation(path, name):
    parts = name.split("/")
    if parts[0] in ("systems", "cli"):
        return f"a block knows nothing of {parts[0]}/: hand in what it needs"
    if parts[0] == "blocks" and parts[1] != path.split("/")[1] and not _is_own_api(name):
        return "of another block only api.h may be included"
    return _platform_violation(name)


def _system_violation(path, name):
    parts, own = name.split("/"), path.split("/")
    if parts[0] == "cli":
        return "a system knows nothing of cli/"
    if parts[0] == "systems":
        if parts[1] != own[1]:
            return f"system {own[1]} knows nothing of system {parts[1]}: share through blocks/"
        is_service = len(own) > 3
        if is_service and len(parts) > 3 and parts[2] != own[2] and not _is_own_api(name):
            return f"of service {parts[2]} only api.h may be included"
        return None
    if own[-1] == "system.cpp":
        return None
    return _platform_violation(name)


def _platform_violation(name):
    parts = name.split("/")
    if parts[0] == "portico" and (len(parts) > 3 or name.endswith("_impl.h")):
        return "this header is not public: include the one beside the layer's other public headers"
    return None


def _graph_violation(path, name):
    if path.startswith("portico/"):
        return _layer_violation(path, name)
    if path.startswith("blocks/"):
        return _block_violation(path, name)
    if path.startswith("systems/"):
        return _system_violation(path, name)
    return None


def _may_know_engines(path, name):
    own_layer = "/".join(name.split("/")[:2]) + "/"
    if path.startswith((own_layer, "portico/host/", "portico/sim/", "cli/", "tests/", "bench/", "fuzz/")):
        return True
    return path.startswith("systems/") and path.endswith("/system.cpp")


def _heavy_chain(tree, path, seen):
    """The first chain of includes from `path` to a heavy library, as a list; None when there is none."""
    for _, quoted, name in cpp.includes(tree.text(path), tree.code(path)):
        if not quoted and _HEAVY.match(name):
            return [f"<{name}>"]
        if quoted and tree.has(name) and name not in seen and not name.startswith(_SEAM):
            seen.add(name)
            chain = _heavy_chain(tree, name, seen)
            if chain:
                return [name] + chain
    return None


def _check_file(tree, path):
    for line, quoted, name in cpp.includes(tree.text(path), tree.code(path)):
        umbrella = _UMBRELLAS.get(name)
        if umbrella and not umbrella.match(path):
            yield Finding(path, line, "umbrella", f"<{name}> costs seconds: include the part that is needed")
        if not quoted:
            continue
        if not name.startswith(_ROOTS):
            beside = path.rsplit("/", 1)[0] + "/" + name
            if tree.has(beside) or name.startswith("."):
                yield Finding(path, line, "layers", f'"{name}": write the path from the root of the tree')
            continue
        reason = _graph_violation(path, name)
        if reason:
            yield Finding(path, line, "layers", f'"{name}": {reason}')
        elif _ENGINE.match(name) and not _may_know_engines(path, name):
            yield Finding(path, line, "engines", f'"{name}": only system.cpp and host/ choose an engine')


def check(tree):
    for path in tree.cpp_paths():
        yield from _check_file(tree, path)
        if _LIGHT.match(path) and not path.endswith("_impl.h"):
            chain = _heavy_chain(tree, path, {path})
            if chain:
                yield Finding(path, 1, "light_headers",
                              f"reaches {' -> '.join(chain)}: include it in a .cpp behind an Impl")
