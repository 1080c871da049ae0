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


@pytest.mark.parametrize("command", ["demo", "dump"])
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
