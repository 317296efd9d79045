"""What is said of the compiled modules that a platform's extension brings."""

from __future__ import annotations

import importlib.util
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "vscode-client/scripts/bundle_server.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle_server", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bundle = load()


def elf(machine: int) -> bytes:
    return b"\x7fELF" + bytes(14) + struct.pack("<H", machine)


def mach_o(machine: int) -> bytes:
    return struct.pack("<II", 0xFEEDFACF, machine)


def mach_o_of_several(*machines: int) -> bytes:
    return struct.pack(">II", 0xCAFEBABE, len(machines)) + b"".join(
        struct.pack(">5I", one, 0, 0, 0, 0) for one in machines
    )


def pe(machine: int) -> bytes:
    return b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack("<H", machine)


@pytest.mark.parametrize(
    ("data", "machines"),
    [
        (elf(0x3E), {"x64"}),
        (elf(0xB7), {"arm64"}),
        (mach_o(0x0100000C), {"arm64"}),
        (mach_o_of_several(0x01000007, 0x0100000C), {"x64", "arm64"}),
        (pe(0x8664), {"x64"}),
        (pe(0xAA64), {"arm64"}),
        (elf(0x28), set[str]()),
        (b"#!/bin/sh", set[str]()),
        (b"", set[str]()),
    ],
)
def test_machines_are_read_from_headers(data: bytes, machines: set[str]) -> None:
    assert bundle.machines_of(data) == machines


@pytest.fixture
def libs(tmp_path: Path) -> Path:
    """A folder as it should be for alpine-arm64."""
    for python in bundle.PYTHONS:
        version = python.replace(".", "")
        for name in ("msgspec/_core", "libcst/native"):
            path = tmp_path / f"cp{version}" / f"{name}.cpython-{version}-aarch64-linux-musl.so"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(elf(0xB7))
    (tmp_path / "common").mkdir()
    assert bundle.check("alpine-arm64", tmp_path) == []
    return tmp_path


def test_a_module_that_is_missing(libs: Path) -> None:
    [path] = libs.glob("cp312/libcst/*")
    path.unlink()
    assert bundle.check("alpine-arm64", libs) == [f"{libs / 'cp312'} lacks libcst/native"]


def test_a_module_for_another_python(libs: Path) -> None:
    [path] = libs.glob("cp312/libcst/*")
    path.rename(path.with_name(path.name.replace("312", "313")))
    [said] = bundle.check("alpine-arm64", libs)
    assert said.endswith("is not for Python 3.12 on alpine-arm64")


def test_a_module_for_another_machine(libs: Path) -> None:
    [path] = libs.glob("cp314/msgspec/*")
    path.write_bytes(elf(0x3E))
    assert bundle.check("alpine-arm64", libs) == [f"{path} is for x64"]


def test_modules_for_another_system(libs: Path) -> None:
    assert len(bundle.check("linux-arm64", libs)) == 2 * len(bundle.PYTHONS)


def test_what_is_compiled_is_never_in_the_common_part(libs: Path) -> None:
    path = libs / "common/_speedups.so"
    path.write_bytes(elf(0xB7))
    assert bundle.check("alpine-arm64", libs) == [f"{path} is compiled"]


def test_every_platform_has_wheels_to_ask_for_and_a_suffix() -> None:
    assert {target.rsplit("-", 1)[0] for target in bundle.PLATFORMS} == set(bundle.SUFFIXES)


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    """A folder with the launcher and a server that tells what it has loaded, and from where."""
    server = tmp_path / "bundled/libs/common/foreshot"
    server.mkdir(parents=True)
    (server / "__init__.py").touch()
    (server / "__main__.py").write_text("import colorsys\nimport foreshot.tool\ndef main(): return 0\n")
    (server / "tool.py").touch()
    shutil.copy(SCRIPT.with_name("launch.py"), tmp_path / "bundled/launch.py")
    return tmp_path


def kept_by_a_start(extension: Path) -> set[str]:
    """The modules of which bytecode is kept, of those that the launcher starts."""
    kept = extension / "kept"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    launcher = extension / "bundled/launch.py"
    command = [sys.executable, "-I", "-S", "-X", f"pycache_prefix={kept}", str(launcher), "server"]
    subprocess.run(command, env=environment, check=True)
    found = {path.name.partition(".")[0] for path in kept.rglob("*.pyc")}
    return found & {"__main__", "tool", "colorsys"}


def test_bytecode_of_the_libraries_is_kept_and_none_of_the_standard_library(extension: Path) -> None:
    assert kept_by_a_start(extension) == {"__main__", "tool"}


def test_bytecode_that_was_brought_is_not_made_again(extension: Path) -> None:
    own = ".".join(map(str, sys.version_info[:2]))
    bundle.compile_ahead(extension / "bundled/libs", {own: sys.executable})
    assert kept_by_a_start(extension) == set()


def test_the_interpreters_of_this_machine_are_found() -> None:
    own = ".".join(map(str, sys.version_info[:2]))
    assert bundle.installed()[own] == sys.executable
