"""Nothing lies about that is used nowhere: names of the code, templates, classes of the page, functions of scripts."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
WEB = ROOT / "src/veille/web"
FOLDERS = ("src/veille", "producers", "processors", "sinks")

CALLED = "called or read by a library"
FOR_TESTS = "what is tested and measured with"

UNUSED = {
    "FakeClock": FOR_TESTS,
    "mention_bytes": FOR_TESTS,
    "CLOSE": "a fault, asked for by its value",
    **dict.fromkeys(("do_GET", "do_POST", "do_PUT", "handle_error", "log_message"), CALLED),
    **dict.fromkeys(("block_on_close", "daemon_threads", "protocol_version", "request_queue_size"), CALLED),
    **dict.fromkeys(("on_connect", "on_data", "on_keep_alive", "on_closed", "on_disconnect"), CALLED),
    **dict.fromkeys(("on_connection_error", "on_exception", "redirect_request", "emit"), CALLED),
    **dict.fromkeys(("on_start", "on_stop", "enable_kafka", "on_partitions_assigned", "on_partitions_lost"), CALLED),
    **dict.fromkeys(("readinto", "writable"), CALLED),
}
"""Names that are defined and stand nowhere else, each with its reason."""

WORD = re.compile(r"[A-Za-z_]\w*")
HOOKS = re.compile(r"\bdataset\.(\w+)|\bdataset: \{([^}]*)\}|\"(\w+)\" in [\w.]*dataset\b")
"""How a script reads what a template sets."""


def text_of(*patterns: str, root: Path = WEB) -> str:
    return "\n".join(path.read_text("utf-8") for pattern in patterns for path in sorted(root.glob(pattern)))


def modules() -> Iterator[str]:
    """The texts of the product's modules."""
    return (path.read_text("utf-8") for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))


def defined(text: str) -> Iterator[str]:
    """Functions, methods and classes, what a module assigns and the fields of a class.

    Not what a decorator with arguments takes up: routes, validators, handlers.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not any(isinstance(each, ast.Call) for each in node.decorator_list)
        ):
            yield node.name
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from map(ast.unparse, assigned(node.body))


def assigned(body: Sequence[ast.stmt]) -> Iterator[ast.Name]:
    for each in body:
        targets = (
            each.targets if isinstance(each, ast.Assign) else [each.target] if isinstance(each, ast.AnnAssign) else []
        )
        yield from (target for target in targets if isinstance(target, ast.Name))


def test_a_name_is_used_or_its_reason_stands_here() -> None:
    read = list(modules())
    words = Counter(WORD.findall("\n".join([*read, text_of("templates/*.html")])))
    times = Counter(name for text in read for name in defined(text) if not name.startswith("__"))
    found = {name for name in times if words[name] <= times[name]}
    assert sorted(found - UNUSED.keys()) == [], "take it away, or name the reason"
    assert sorted(UNUSED.keys() - found) == [], "it is used now"


def test_a_template_is_shown_or_stands_in_another() -> None:
    named = set(re.findall(r"['\"](\w+\.html)['\"]", text_of("templates/*.html", "*.py")))
    assert {path.name for path in (WEB / "templates").glob("*.html")} == named


def classes(text: str) -> set[str]:
    """Names of classes in a style sheet."""
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", text, flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][\w-]*)", rules))


def test_a_class_that_is_styled_stands_on_the_page() -> None:
    styled = classes(text_of("static/*.css"))
    assert len(styled) > 50
    page = set(re.findall(r"[\w-]+", text_of("templates/*.html", "static/*.js", "*.py")))
    assert sorted(styled - page) == []


def test_a_class_on_the_page_is_styled_or_read() -> None:
    listed = " ".join(re.findall(r'class="([^"{]*)"', text_of("templates/*.html"))).split()
    read = set(re.findall(r"[\w-]+", text_of("static/*.js") + text_of("web/*.py", root=ROOT / "tests")))
    assert sorted(set(listed) - classes(text_of("static/*.css")) - read) == []


def test_a_function_of_a_script_is_called() -> None:
    scripts = text_of("static/*.js")
    words = Counter(WORD.findall(scripts))
    assert [name for name in re.findall(r"(?:function|const|let) (\w+)", scripts) if words[name] < 2] == []


def test_a_hook_on_the_page_is_read() -> None:
    """By a script, a style, a test or a measurement."""
    hooks = set(re.findall(r"\bdata-[a-z][a-z-]*", text_of("templates/*.html")))
    scripts = text_of("static/*.js")
    read = set(re.findall(r"\bdata-[a-z][a-z-]*", scripts + text_of("static/*.css")))
    named = " ".join(" ".join(each) for each in HOOKS.findall(scripts))
    read |= {re.sub(r"[A-Z]", lambda upper: f"-{upper[0].lower()}", f"data-{name}") for name in WORD.findall(named)}
    read |= set(re.findall(r"\bdata-[a-z][a-z-]*", text_of("tests/**/*.py", "bench/**/*.py", root=ROOT)))
    assert len(hooks) > 50
    assert sorted(hooks - read) == []
