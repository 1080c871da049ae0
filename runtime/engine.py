"""The engine: LLVM IR becomes object code, object code becomes functions in this process."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from irad.ir.core import Module
from irad.lower.functions import Interface, lower_module
from irad.lower.target import Target
from irad.options import Options
from irad.runtime import support, vectormath

if TYPE_CHECKING:
    from irad.runtime.native import Native

_lock = threading.RLock()
_names = itertools.count()


@dataclass(frozen=True, slots=True)
class Tuning:
    """Switches of LLVM's that no option of irad sets.

    Parameters
    ----------
    slp : bool
        Vectorise straight-line code; costs up to half of the compile time and gains little.
    """

    slp: bool = False


DEFAULT_TUNING = Tuning()


@cache
def binding() -> ModuleType:
    """llvmlite, imported at the first compilation and not before: that takes 80 ms."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    # Sums keep their order, and are vectorised all the same: lanes are added one after the other.
    llvm.set_option("irad", "-force-ordered-reductions=true")
    # A hint at the width of vectors is no leave to regroup sums.
    llvm.set_option("irad", "-hints-allow-reordering=false")
    # Takes half of the code generator's time, and loops run as fast without it.
    llvm.set_option("irad", "-disable-lsr=true")
    return llvm


@cache
def host_features() -> frozenset[str]:
    """Names of what the CPU can do."""
    return frozenset(name for name, present in binding().get_host_cpu_features().items() if present)


@cache
def machine_of_host() -> dict[str, Any]:
    """For which machine code is made here: target triple, CPU, and the names of what it can do."""
    llvm = binding()
    return {"triple": llvm.get_process_triple(), "cpu": llvm.get_host_cpu_name(), "features": sorted(host_features())}


def target(options: Options) -> Target:
    """What lowering has to know of this machine and the options."""
    features = host_features()
    return Target(options.fast_math_flags, options.bounds_check, partial(vectormath.variants, features), "avx512f" in features)


def _machine(level: int, jit: bool = False) -> Any:
    """Code generator for this CPU, with vectors of full width."""
    llvm = binding()
    features = f"{llvm.get_host_cpu_features().flatten()},-prefer-256-bit"
    triple = llvm.Target.from_triple(llvm.get_process_triple())
    return triple.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=level, reloc="pic", codemodel="small", jit=jit)


def _parsed(text: str, machine: Any) -> Any:
    llvm = binding()
    module = llvm.parse_assembly(text, llvm.create_context())  # what it interns goes with the context
    module.triple = llvm.get_process_triple()
    module.data_layout = str(machine.target_data)
    module.verify()
    return module


def _optimised(text: str, level: int, tuning: Tuning) -> tuple[Any, Any]:
    """The LLVM module after its passes (none below level 2), and the code generator."""
    machine = _machine(3 if level >= 2 else level)
    module = _parsed(text, machine)
    if level >= 2:
        tuned = binding().create_pipeline_tuning_options(3)
        tuned.loop_vectorization = level >= 3
        tuned.slp_vectorization = tuning.slp
        builder = binding().create_pass_builder(machine, tuned)
        builder.getModulePassManager().run(module, builder)
    return module, machine


def compile_object(text: str, level: int, tuning: Tuning = DEFAULT_TUNING) -> bytes:
    """LLVM IR to relocatable object code for this machine."""
    with _lock:
        module, machine = _optimised(text, level, tuning)
        return machine.emit_object(module)


@cache
def _jit() -> Any:
    return binding().create_lljit_compiler(_machine(3, jit=True), use_jit_link=True)


def link(image: bytes, exports: Iterable[str], imports: Mapping[str, int]) -> Any:
    """Load object code; the result (a resource tracker) has the exports' addresses by name, and keeps the code alive."""
    with _lock:
        builder = binding().JITLibraryBuilder().add_object_img(image).add_current_process()
        for name, address in imports.items():
            builder.import_symbol(name, address)
        for name in exports:
            builder.export_symbol(name)
        return builder.link(_jit(), f"irad{next(_names)}")


@cache
def runtime_library() -> Any:
    """The run-time library, by symbol name."""
    with _lock:
        return link(compile_object(support.TEXT, 0), support.EXPORTS, {})


def load(interface: Interface, image: bytes) -> Any:
    """Link a compiled module with the run-time library and the vector functions that it names."""
    library = runtime_library()
    imports = {name: library[name] for name in interface.imports if name in support.EXPORTS}
    imports |= {name: vectormath.address(name) for name in interface.imports if name.startswith("_ZGV")}
    return link(image, [interface.symbol], imports)


def compile_module(
    module: Module,
    entry: str,
    options: Options | None = None,
    tuning: Tuning = DEFAULT_TUNING,
    exceptions: Mapping[str, type[BaseException]] | None = None,
) -> Native:
    """Compile a function, and what it calls, to a Python callable.

    Parameters
    ----------
    module : Module
        Optimised IR without array-level operations.
    entry : str
        Name of the function to call.
    options : Options, optional
        How to compile.
    tuning : Tuning, optional
        Switches of LLVM's.
    exceptions : mapping, optional
        The classes that checks name, but for Python's own.
    """
    from irad.runtime.native import Native

    options = options or Options()
    lowered = lower_module(module, entry, target(options))
    image = compile_object(lowered.text, options.opt_level, tuning)
    return Native(lowered.interface, image, exceptions or {})


def llvm_ir(module: Module, entry: str, options: Options | None = None, optimized: bool = True) -> str:
    """LLVM IR of a function, before or after LLVM's passes."""
    options = options or Options()
    lowered = lower_module(module, entry, target(options))
    if not optimized:
        return lowered.text
    with _lock:
        return str(_optimised(lowered.text, options.opt_level, DEFAULT_TUNING)[0])


def assembly(module: Module, entry: str, options: Options | None = None) -> str:
    """Assembly of a function for this machine."""
    options = options or Options()
    lowered = lower_module(module, entry, target(options))
    with _lock:
        optimised, machine = _optimised(lowered.text, options.opt_level, DEFAULT_TUNING)
        return machine.emit_assembly(optimised)
