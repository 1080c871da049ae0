"""The documentation is true: its programs run and print what it shows, its lists are complete, its steps work.

A block of Python on a page runs as a file of its own, in the names that the page's earlier blocks left. If a block of text or IR follows
directly, it is what the program prints, or the exception that ends it; without one the program prints nothing and ends well.
`IRAD_UPDATE_DOCS=1` rewrites those blocks, and the generated lists, with what came out.
"""

import ast
import builtins
import cmath
import contextlib
import doctest
import importlib
import io
import math
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import traceback
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import irad
from irad.cli import main
from irad.cli.dump import MODES
from irad.frontend.fence import _CALLS, _REFUSED
from irad.frontend.numpy_api import FUNCTIONS, name_of
from irad.frontend.values import METHODS, Array
from irad.inspect.dump import STAGES
from irad.ir.ops import REGISTRY
from irad.ir.verifier import verify
from irad.options import FAST_MATH_FLAGS
from irad.passes.pipeline import PASSES

CHECKOUT = Path(__file__).parent.parent
DOCS = sorted((CHECKOUT / "docs").glob("*.md"))
PAGES = [*DOCS, CHECKOUT / "README.md"]
ALL = [*PAGES, CHECKOUT / "CONTRIBUTING.md", CHECKOUT / "CHANGELOG.md"]
UPDATE = os.environ.get("IRAD_UPDATE_DOCS") == "1"

BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<code>.*?)^```\n(?:(?P<gap>\n?)```(?P<shown>text|mlir)\n(?P<output>.*?)^```\n)?", re.M | re.S)


def blocks(page, *kinds):
    """The blocks of some kinds, each with the output that is shown for it."""
    return [match for match in BLOCK.finditer(page.read_text()) if match["kind"] in kinds]


# ---------------------------------------------------------------- programs


def output_of(code, names, path):
    """What a program prints; of an exception that ends it, its class and text."""
    path.write_text(code)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(code, str(path), "exec"), names)
        except Exception as error:
            printed.write("".join(traceback.format_exception_only(error)))
    return printed.getvalue().replace(f"{path.parent}{os.sep}", "")


def command_output(code, folder):
    """What a line `$ irad …` prints."""
    printed = io.StringIO()
    (command,) = code.splitlines()
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "irad", command
    with contextlib.redirect_stdout(printed), contextlib.chdir(folder):
        assert main(arguments) == 0
    return printed.getvalue()


def without_trailing_space(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_programs_print_what_is_shown(page, tmp_path):
    names = {"__name__": "__main__"}
    rewritten = page.read_text()
    for number, match in enumerate(blocks(page, "python", "console")):
        folder = tmp_path / str(number)
        folder.mkdir()
        if match["kind"] == "python":
            got = output_of(match["code"], names, folder / "example.py")
            last_program = folder
        else:
            got = command_output(match["code"], last_program)
        shown = match["output"] or ""
        if UPDATE and match["output"]:
            new = match[0].replace(shown, without_trailing_space(got) + "\n")
            rewritten = rewritten.replace(match[0], new)
            continue
        assert without_trailing_space(got) == without_trailing_space(shown), f"{page.name}:\n{match['code']}prints\n{got}"
    if UPDATE:
        page.write_text(rewritten)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_shown_ir_is_valid(page):
    for match in BLOCK.finditer(page.read_text()):
        for kind, text in ((match["kind"], match["code"]), (match["shown"], match["output"])):
            if kind == "mlir" and text.startswith("func.func"):
                verify(irad.parse(text))


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.stem)
def test_blocks_are_of_known_kinds_and_lines_are_not_endless(page):
    text = page.read_text()
    assert text.count("```") % 2 == 0
    assert {match["kind"] for match in BLOCK.finditer(text)} <= {"python", "text", "mlir", "console", "sh"}
    own = BLOCK.sub(lambda match: match["code"], text)  # what programs print may be long
    assert [line for line in own.splitlines() if len(line) > 200] == []


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name} links to {target}"


def test_index_links_to_every_page():
    index = (CHECKOUT / "docs/index.md").read_text()
    assert [page.name for page in DOCS if page.name != "index.md" and f"({page.name})" not in index] == []


# ---------------------------------------------------------------- docstrings


def modules():
    """All modules of irad; in a checkout its search path also finds folders that are none."""
    homes = {"irad.": CHECKOUT / "irad", "irad.passes.": CHECKOUT / "passes", "irad.runtime.": CHECKOUT / "runtime"}
    names = {info.name for prefix, home in homes.items() for info in pkgutil.walk_packages([str(home)], prefix)}
    return [importlib.import_module(name) for name in sorted(names - {"irad.__main__"})]


EXAMPLES = [test for module in modules() for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_docstring(example):
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(example, out=report.write, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, report.getvalue()


def public_functions():
    """The functions and annotation classes that users call, by their names in `irad`."""
    for name, value in vars(irad).items():
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "").startswith("irad."):
            yield name, value


def test_there_are_examples_for_the_public_functions():
    shown = {example.name.rpartition(".")[2] for example in EXAMPLES}
    wanted = {"grad", "value_and_grad", "jvp", "vjp", "hvp", "jit", "autodiff", "dump", "options", "Options", "clear_caches"}
    assert wanted <= shown
    assert wanted <= {name for name, _ in public_functions()}


# ---------------------------------------------------------------- lists that have to be complete


def code_names(text):
    """What stands between single backticks."""
    return set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))


def generated(page, name, lines):
    """Compare a generated part of a page with what it has to hold, or write it."""
    path = CHECKOUT / "docs" / page
    text = path.read_text()
    start, end = f"<!-- generated: {name} -->\n", "<!-- end -->\n"
    before, marker, rest = text.partition(start)
    assert marker, f"{page} has no {start}"
    found, _, after = rest.partition(end)
    wanted = "".join(f"{line}\n" for line in lines)
    if UPDATE:
        path.write_text(before + start + wanted + end + after)
        return
    assert code_names(found) == code_names(wanted), f"the part `{name}` of {page} is out of date: IRAD_UPDATE_DOCS=1 rewrites it"


def wrapped(names, width=150):
    """Names in backticks, in lines."""
    lines, line = [], ""
    for name in names:
        item = f"`{name}`"
        if line and len(line) + len(item) > width:
            lines.append(line + ",")
            line = item
        else:
            line = f"{line}, {item}" if line else item
    return [*lines, line]


NEWER_MATH = {"sumprod": "math.sumprod", "fma": "math.fma"}  # of Python 3.12 and 3.13


def supported(kind):
    """Names of the functions in the table, of one kind."""
    names = {name_of(f): f for f in FUNCTIONS}
    if kind == "cmath":
        return sorted(n for n in names if n.startswith("cmath."))
    if kind == "math":
        return sorted({n for n in names if n.startswith("math.")} | set(NEWER_MATH.values()))
    if kind == "builtins":
        return sorted(n for n in names if "." not in n)
    ufuncs = {n for n, f in names.items() if isinstance(f, np.ufunc)}
    casts = {n for n, f in names.items() if isinstance(f, type) and n.startswith("np.")}
    others = {n for n in names if n.startswith("np.")} - ufuncs - casts
    return sorted({"ufuncs": ufuncs, "casts": casts, "functions": others}[kind])


@pytest.mark.parametrize("kind", ["functions", "ufuncs", "casts", "math", "cmath", "builtins"])
def test_supported_functions_are_listed(kind):
    generated("numpy.md", kind, wrapped(supported(kind)))


def test_supported_methods_are_listed():
    own = {name for name in vars(Array) if not name.startswith("_")} & set(dir(np.ndarray))
    generated("numpy.md", "methods", wrapped(sorted((set(METHODS) & (set(dir(np.ndarray)) | set(dir(float)))) | own)))


def test_every_listed_function_exists():
    """Names of the page are names in NumPy, math or Python, so that a user can write them."""
    for name in (
        *supported("functions"),
        *supported("ufuncs"),
        *supported("casts"),
        *supported("math"),
        *supported("cmath"),
        *supported("builtins"),
    ):
        module, _, short = name.rpartition(".")
        home = {"np": np, "np.linalg": np.linalg, "math": math, "cmath": cmath, "": builtins}[module]
        assert hasattr(home, short) or short in NEWER_MATH, name


def test_operations_are_listed():
    dialects = {}
    for name in sorted(REGISTRY):
        dialects.setdefault(name.partition(".")[0], []).append(name)
    generated("ir.md", "operations", [line for names in dialects.values() for line in (*wrapped(names), "")])


def test_passes_are_listed():
    page = (CHECKOUT / "docs/how-it-works.md").read_text()
    assert set(PASSES) <= code_names(page), set(PASSES) - code_names(page)


def test_guide_names_every_option_stage_mode_and_error():
    guide = code_names((CHECKOUT / "docs/guide.md").read_text())
    options = {field.name for field in fields(irad.Options)}
    errors = {name for name, value in vars(irad).items() if isinstance(value, type) and issubclass(value, Exception)}
    for wanted in (options, set(STAGES), set(MODES), errors, set(FAST_MATH_FLAGS)):
        assert wanted <= guide, wanted - guide


def test_language_names_everything_that_is_refused():
    page = code_names((CHECKOUT / "docs/language.md").read_text())
    statements = {"Try": "try", "TryStar": "try", "Yield": "yield", "YieldFrom": "yield from", "Await": "await"}
    names = {statements.get(node.__name__, "async") for node in _REFUSED} | set(_CALLS)
    assert names <= page, names - page


def yields(x):
    yield x


def awaits(x):
    async def later():
        return x

    return x


def writes_a_global(x):
    global written
    written = x


def writes_a_nonlocal(x):
    total = 0.0

    def add(v):
        nonlocal total
        total += v

    add(x)
    return total


def matches(x):
    match x:
        case 0.0:
            return 1.0
    return x


def draws(x, rng=np.random.default_rng(0)):  # noqa: B008
    return x * rng.random()


REFUSED = {
    "yield": yields,
    "async": awaits,
    "eval": lambda x: eval("x"),
    "exec": lambda x: exec("x"),
    "locals": lambda x: locals()["x"],
    "print": lambda x: print(x),
    "global": writes_a_global,
    "nonlocal": writes_a_nonlocal,
    "match": matches,
    "comprehension": lambda x: [x for _ in range(int(x))],
    "random": draws,
    "in": lambda x: 1.0 if 2.0 in np.zeros(3) * x else x,
    "key": lambda x: {x: 1.0},
    "linalg": lambda x: np.linalg.solve(np.eye(2) * x, np.zeros(2)),
}


@pytest.mark.parametrize("construct", REFUSED)
def test_refused_as_the_language_page_says(construct):
    assert construct in (CHECKOUT / "docs/language.md").read_text() + (CHECKOUT / "docs/numpy.md").read_text()
    with pytest.raises(irad.UnsupportedError, match="line"):
        irad.jit(REFUSED[construct])(1.0)


def test_limits_still_hold():
    """What docs/limits.md admits; if one of these fails, irad has become better, and the page has to say so."""
    with pytest.raises(TypeError, match="put them into an array"):
        irad.grad(lambda pair: pair[0][0] * pair[1])(([2.0] * 1000, 3.0))

    def with_keyword(x, *, k=2.0):
        return x * k

    assert irad.jit(with_keyword)(1.0) == 2.0
    with pytest.raises(TypeError, match="keyword-only"):
        irad.jit(with_keyword)(1.0, k=3.0)


# ---------------------------------------------------------------- the steps of CONTRIBUTING


CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text()
SNIPPET = re.compile(r"^ *```(?:python|mlir)\n *(?:#|//) (?P<path>[\w/.]+\.\w+)(?:, in (?P<table>\w+))?\n(?P<code>.*?)^ *```", re.M | re.S)


def test_paths_and_names_of_contributing_exist():
    new = {match["path"] for match in SNIPPET.finditer(CONTRIBUTING)}
    for name in code_names(CONTRIBUTING):
        if re.fullmatch(r"[\w./]+/[\w./]*", name):
            assert (CHECKOUT / name).exists() or name in new, name


def test_every_recipe_has_at_most_five_steps():
    recipes = re.split(r"^\*\*Add ", CONTRIBUTING, flags=re.M)[1:]
    assert len(recipes) == 4
    for recipe in recipes:
        steps = [int(n) for n in re.findall(r"^(\d)\. ", recipe, flags=re.M)]
        assert steps == list(range(1, len(steps) + 1))
        assert 1 <= len(steps) <= 5, recipe


def insert(root, path, table, code):
    """Put a snippet where CONTRIBUTING says: a row at the head of its table, code behind the imports of a file, a new file."""
    file = root / path
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
        return
    text = file.read_text()
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    if table is None:
        at = text.index("\n", sum(len(line) + 1 for line in text.splitlines()[: imports[-1].end_lineno - 1])) + 1
    else:
        (head,) = re.finditer(rf"^{table}\b[^\n=]*= [{{(]\n", text, re.M)
        at = head.end()
    file.write_text(text[:at] + code + text[at:])


def test_the_recipes_work(tmp_path):
    """Follow CONTRIBUTING in a copy of the checkout: the new operation, pass and function pass the tests that it names."""
    copy = tmp_path / "copy"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "docs"))
    snippets = [(match["path"], match["table"], textwrap.dedent(match["code"])) for match in SNIPPET.finditer(CONTRIBUTING)]
    for path, table, code in snippets:
        insert(copy, path, table, code)
    names = ("test_cases", "test_passes_docs", "test_contributed", "test_ir_scalars", "test_lower_scalars", "test_package")
    tests = [f"tests/{name}.py" for name in names]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "rsqrt or negate or ediff1d or every or one_way",
        *tests,
    ]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(copy)})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    listed = subprocess.run([*command, "--collect-only"], cwd=copy, capture_output=True, text=True)
    assert all(name in listed.stdout for name in ("ad/rsqrt:1", "RSqrt", "negate/scalars:1", "test_example[negate]", "test_ediff1d")), (
        listed.stdout
    )


# ---------------------------------------------------------------- README


def test_first_example_is_short():
    (first, *_) = blocks(CHECKOUT / "README.md", "python")
    assert len(first["code"].strip().splitlines()) <= 20


def test_readme_names_the_set_up_commands():
    text = (CHECKOUT / "README.md").read_text()
    assert "pip install . && irad demo" in text
    assert re.search(r"^pip install -e '\.\[test\]' && pytest", text, flags=re.M)


def test_changelog_starts_with_unreleased():
    headings = re.findall(r"^## (.*)$", (CHECKOUT / "CHANGELOG.md").read_text(), flags=re.M)
    assert headings[0] == "Unreleased"
