#!/usr/bin/env python3
"""Collects the server for the extension: foreshot and its pinned dependencies, into bundled/ beside scripts/.

    bundle_server.py [TARGET]      a platform as vsce names it; by default the one of this machine

`libs/common` has everything that is plain Python, once. `libs/cp311` and so on have what is compiled and has no plain
form, for each version of Python. Where a wheel brings both, its compiled parts are left out: they are faster than what
takes their place in nothing that Foreshot does.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "vscode-client" / "bundled"
PINS = ROOT / "requirements" / "runtime.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

# Needed in compiled form: msgspec has no other, and libcst's parser is written in Rust.
COMPILED = ("msgspec", "libcst")
# What only commands of these packages import that the server has no use for.
UNUSED = ("pyyaml", "pyyaml-ft")

PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64"),
    "linux-arm64": ("manylinux_2_28_aarch64", "manylinux2014_aarch64", "manylinux_2_17_aarch64"),
    "alpine-x64": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "alpine-arm64": ("musllinux_1_2_aarch64", "musllinux_1_1_aarch64"),
    "darwin-x64": ("macosx_11_0_x86_64", "macosx_10_15_x86_64", "macosx_10_13_x86_64", "macosx_10_9_x86_64"),
    "darwin-arm64": ("macosx_11_0_arm64",),
    "win32-x64": ("win_amd64",),
    "win32-arm64": ("win_arm64",),
}


def main(arguments: list[str]) -> int:
    """Make `bundled/` for a platform; nothing happens when it is current."""
    target = arguments[0] if arguments else this_platform()
    if target not in PLATFORMS:
        print(f"{target} is none of {', '.join(PLATFORMS)}.", file=sys.stderr)
        return 2
    mark = BUNDLED / ".made"
    wanted = digest(target)
    if mark.is_file() and mark.read_text() == wanted:
        return 0
    shutil.rmtree(BUNDLED, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        collect(target, Path(scratch))
    shutil.copy(Path(__file__).with_name("launch.py"), BUNDLED / "launch.py")
    mark.write_text(wanted)
    return 0


def collect(target: str, scratch: Path) -> None:
    """Download, choose and unpack."""
    pins = pinned()
    plain, compiled = scratch / "plain", scratch / "compiled"
    wheels = [name for name in pins if name not in COMPILED + UNUSED]
    download(target, PYTHONS[0], {name: pins[name] for name in wheels}, plain)
    pip("wheel", "--no-deps", "--wheel-dir", str(plain), str(ROOT))
    for wheel in sorted(plain.glob("*.whl")):
        unpack(wheel, BUNDLED / "libs" / "common", without_compiled=True)
    for python in PYTHONS:
        there = compiled / python
        download(target, python, {name: pins[name] for name in COMPILED}, there)
        for wheel in sorted(there.glob("*.whl")):
            unpack(wheel, BUNDLED / "libs" / f"cp{python.replace('.', '')}", without_compiled=False)


def pinned() -> dict[str, str]:
    """The requirements of the pins, with their hashes, by name."""
    found: dict[str, str] = {}
    for entry in PINS.read_text().replace("\\\n", " ").splitlines():
        if entry and not entry.startswith("#"):
            name = entry.split("==")[0].strip()
            found[name] = " ".join(entry.split())
    return found


def download(target: str, python: str, pins: dict[str, str], there: Path) -> None:
    """The wheels of a platform and a version of Python, checked against the hashes of the pins."""
    there.mkdir(parents=True)
    requirements = there / "requirements.txt"
    requirements.write_text("\n".join(pins.values()) + "\n")
    platforms = [part for name in PLATFORMS[target] for part in ("--platform", name)]
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--python-version", python]
    pip("download", "--quiet", *options, *platforms, "-r", str(requirements), "-d", str(there))


def unpack(wheel: Path, there: Path, *, without_compiled: bool) -> None:
    """The modules of a wheel, its licences and its metadata; no tests, no stubs, no sources of what is compiled."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if unwanted(name) or (without_compiled and name.endswith((".so", ".pyd"))):
                continue
            archive.extract(name, there)


def unwanted(name: str) -> bool:
    parts = name.split("/")
    return (
        name.endswith((".pyi", ".pyx", ".pxd", ".c", ".cpp", ".hpp", ".h", "/RECORD", "/direct_url.json"))
        or any(part in {"tests", "testing", "_vendored_tests", "codemod", "_tests"} for part in parts[1:-1])
        or parts[0].endswith(".data")
    )


def digest(target: str) -> str:
    made = hashlib.sha256(f"{target}\n".encode())
    sources = sorted((ROOT / "server").rglob("*.py")) + sorted((ROOT / "server").rglob("*.json"))
    for path in [PINS, ROOT / "pyproject.toml", Path(__file__), Path(__file__).with_name("launch.py"), *sources]:
        made.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return made.hexdigest()


def this_platform() -> str:
    system = {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, sys.platform)
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x64"
    return f"{system}-{machine}"


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
