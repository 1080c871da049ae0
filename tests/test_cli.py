"""The command line: what it prints, and its exit codes 0, 1, 2 and 70."""

import pytest

import irad
from irad.cli import main
from irad.errors import InternalError

SOURCE = """
def square(x):
    return x * x
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(SOURCE)
    return path


def test_demo_prints_value_agreement_and_ratio(monkeypatch, capsys):
    monkeypatch.delenv("IRAD_DATA", raising=False)
    assert main(["demo", "--dimension", "3", "--components", "2"]) == 0
    out = capsys.readouterr().out
    for label in ("value", "gradient norm", "finite differences", "primal", "times the primal"):
        assert label in out


def test_dump_prints_the_stage(file, capsys):
    assert main(["dump", f"{file}:square", "f64", "--stage=llvm"]) == 0
    assert "define" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["demo", "dump", "grad", "compile"])
def test_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert f"example: irad {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["dump"], ["dump", "model.py", "f64"], ["dump", "model.py:f", "f64", "--stage=x"], ["demo", "--components=0"]],
)
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2


def test_grad_prints_value_derivatives_and_agreement(file, capsys):
    file.write_text("import numpy as np\nSCALE = 2.0\ndef loss(x, c, n=2):\n    return np.sum(x[:n] ** 2) * c\n")
    assert main(["grad", f"{file}:loss", "--check", "--args", "np.array([1.0, 3.0])", "SCALE"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["value = 20.0", "d/dx = [ 4. 12.]", "d/dc = 10.0"]
    assert float(lines[3].split("agree to ")[1].split()[0]) < 1e-8
    assert main(["grad", f"{file}:loss", "--by", "c", "--args", "np.ones(2, np.float32)", "2.0"]) == 0
    assert capsys.readouterr().out == "value = 4.0\nd/dc = 2.0\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--args", "np.ones("], "is not a Python expression"),
        (["--args", "unknown"], "name 'unknown' is not defined"),
        (["--args", "1.0", "2.0"], "--args gives 2 arguments, but too many positional arguments"),
        (["--args", "1"], "none of the arguments is a float"),
        (["--by", "y", "--args", "1.0"], "--by names 'y', which is not among the arguments: x"),
    ],
)
def test_grad_refuses(arguments, message, file, capsys):
    assert main(["grad", f"{file}:square", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_compile_writes_a_file_that_loads(file, capsys, tmp_path):
    output = tmp_path / "out.irad"
    assert main(["compile", f"{file}:square", "f64", "--what", "value_and_grad", "-o", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}: {output.stat().st_size} bytes\n"
    assert irad.load(output)(3.0) == (9.0, 6.0)
    assert main(["compile", f"{file}:square", "Active[f64]", "--what", "reverse", "-o", str(output)]) == 0
    assert irad.load(output)(3.0) == ((6.0,), 9.0)


def test_compile_points_at_the_character_that_does_not_parse(file, capsys):
    assert main(["compile", f"{file}:square", "f64[:, 2]"]) == 1
    assert capsys.readouterr().err.endswith("an axis is : or ::1, not '2'\n    f64[:, 2]\n        ^\n")
    assert main(["compile", f"{file}:square", "f64", "--argnums", "0"]) == 1


def test_missing_file_and_function_exit_with_1(file, capsys):
    assert main(["dump", "nowhere.py:f", "f64"]) == 1
    assert main(["dump", f"{file}:cube", "f64"]) == 1
    assert capsys.readouterr().err == f"FileNotFoundError: there is no file nowhere.py\nValueError: {file} has no function cube\n"


def test_exception_in_the_users_file_shows_the_users_frames_alone(file, capsys):
    file.write_text("def f(x): return x\nf(1) + None\n")
    assert main(["dump", f"{file}:f", "f64"]) == 1
    err = capsys.readouterr().err
    assert f'File "{file}", line 2' in err
    assert err.count("File ") == 1
    assert err.splitlines()[-1].startswith("TypeError: unsupported operand")


@pytest.mark.parametrize("error", [InternalError("lost a value"), KeyError("%3")])
def test_bug_exits_with_70(error, file, capsys, monkeypatch):
    namespace = {"__name__": "irad.inspect", "error": error}
    exec("def dump(*args, **keywords): raise error", namespace)
    monkeypatch.setattr(irad, "dump", namespace["dump"], raising=False)
    assert main(["dump", f"{file}:square", "f64"]) == 70
    assert "This is a bug in irad. IRAD_DEBUG=1 shows where." in capsys.readouterr().err
