#!/usr/bin/env python3
"""Collects the server for the extension: foreshot and its pinned dependencies, for a platform as vsce names it.

    bundle_server.py TARGET FOLDER
    bundle_server.py --platforms      names them

`libs/common` has everything that is plain Python, once. `libs/cp311` and so on have what is compiled and has no plain
form, for each version of Python. Where a wheel brings both, its compiled parts are left out: they are faster than what
takes their place in nothing that Foreshot does.

Bytecode of what the server imports comes along for each version of Python that this machine has: the first start after an
installation need not compile it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements" / "runtime.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

# Needed in compiled form: msgspec has no other, and libcst's parser is written in Rust.
COMPILED = ("msgspec", "libcst")
# What only commands of these packages import that the server has no use for.
UNUSED = ("pyyaml", "pyyaml-ft")

# What the server imports before it can answer.
IMPORTED = ("attr", "attrs", "cattrs", "foreshot", "lsprotocol", "msgspec", "pygls", "typing_extensions.py")

# Not darwin-x64: libcst brings no wheels for it any more.
PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64"),
    "linux-arm64": ("manylinux_2_28_aarch64", "manylinux2014_aarch64", "manylinux_2_17_aarch64"),
    "alpine-x64": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "alpine-arm64": ("musllinux_1_2_aarch64", "musllinux_1_1_aarch64"),
    "darwin-arm64": ("macosx_11_0_arm64",),
    "win32-x64": ("win_amd64",),
    "win32-arm64": ("win_arm64",),
}

# How a compiled module's name ends, by system.
SUFFIXES = {
    "linux": ("-linux-gnu.so",),
    "alpine": ("-linux-musl.so",),
    "darwin": ("-darwin.so",),
    "win32": (".pyd",),
}
# The codes of ELF, Mach-O and PE; no two mean different machines.
MACHINES = {
    0x3E: "x64",
    0xB7: "arm64",
    0x01000007: "x64",
    0x0100000C: "arm64",
    0x8664: "x64",
    0xAA64: "arm64",
}


def main(arguments: list[str]) -> int:
    """Make the folder for a platform; nothing happens when it is current."""
    if arguments == ["--platforms"]:
        print(*PLATFORMS)
        return 0
    if len(arguments) != 2 or arguments[0] not in PLATFORMS:
        print(f"Wanted: a folder, after one of {', '.join(PLATFORMS)}.", file=sys.stderr)
        return 2
    target, bundled = arguments[0], Path(arguments[1])
    mark = bundled / ".made"
    interpreters = installed()
    wanted = digest(target, interpreters)
    if mark.is_file() and mark.read_text() == wanted:
        return 0
    shutil.rmtree(bundled, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            collect(target, Path(scratch), bundled / "libs")
        compile_ahead(bundled / "libs", interpreters)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd[1:3]))
        print(
            f"`{command}` failed with exit status {error.returncode}; what it said is above.", file=sys.stderr
        )
        return 1
    shutil.copy(Path(__file__).with_name("launch.py"), bundled / "launch.py")
    if wrong := check(target, bundled / "libs"):
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    mark.write_text(wanted)
    return 0


def collect(target: str, scratch: Path, libs: Path) -> None:
    """Download, choose and unpack."""
    pins = pinned()
    plain, compiled = scratch / "plain", scratch / "compiled"
    wheels = [name for name in pins if name not in COMPILED + UNUSED]
    download(target, PYTHONS[0], {name: pins[name] for name in wheels}, plain)
    pip("wheel", "--no-deps", "--wheel-dir", str(plain), str(ROOT))
    for wheel in sorted(plain.glob("*.whl")):
        unpack(wheel, libs / "common", without_compiled=True)
    for python in PYTHONS:
        there = compiled / python
        download(target, python, {name: pins[name] for name in COMPILED}, there)
        for wheel in sorted(there.glob("*.whl")):
            unpack(wheel, libs / f"cp{python.replace('.', '')}", without_compiled=False)


def installed() -> dict[str, str]:
    """The interpreters of this machine for the versions that the extension runs on."""
    own = ".".join(map(str, sys.version_info[:2]))
    found = {python: shutil.which(f"python{python}") for python in PYTHONS} | {own: sys.executable}
    say = "import sys; print('%d.%d' % sys.version_info[:2])"
    return {
        python: file
        for python, file in found.items()
        if python in PYTHONS
        and file is not None
        # A version manager's stand-in is there for versions that are not.
        and subprocess.run([file, "-c", say], capture_output=True, text=True, check=False).stdout.strip()
        == python
    }


def compile_ahead(libs: Path, interpreters: dict[str, str]) -> None:
    """Bytecode that is taken as it is: nothing changes the modules of an installed extension."""
    for python, file in interpreters.items():
        folders = (libs / "common", libs / f"cp{python.replace('.', '')}")
        modules = [str(path) for folder in folders for name in IMPORTED if (path := folder / name).exists()]
        options = ["--invalidation-mode", "unchecked-hash", "-q", "-s", str(libs)]
        subprocess.run([file, "-I", "-m", "compileall", *options, *modules], check=True)


def check(target: str, libs: Path) -> list[str]:
    """What is wrong with the compiled modules: each there, for its platform and its Python, and none in the common part."""
    wrong = [f"{path} is compiled" for path in (libs / "common").rglob("*") if path.suffix in (".so", ".pyd")]
    for python in PYTHONS:
        version = python.replace(".", "")
        folder = libs / f"cp{version}"
        found = [path for path in folder.rglob("*") if path.suffix in (".so", ".pyd")]
        missing = {"msgspec/_core", "libcst/native"} - {
            path.relative_to(folder).as_posix().split(".")[0] for path in found
        }
        wrong += [f"{folder} lacks {name}" for name in sorted(missing)]
        for path in found:
            named = path.name.split(".", 1)[1]
            if version not in named or not named.endswith(SUFFIXES[target.rsplit("-", 1)[0]]):
                wrong.append(f"{path} is not for Python {python} on {target}")
            machines = machines_of(path.read_bytes())
            if target.rsplit("-", 1)[1] not in machines:
                wrong.append(f"{path} is for {', '.join(sorted(machines)) or 'no machine that is known'}")
    return wrong


def machines_of(data: bytes) -> set[str]:
    """The machines that a compiled module runs on, by its header: ELF, Mach-O (one or several) or PE."""
    if data[:4] == b"\x7fELF":
        codes = [int.from_bytes(data[18:20], "little")]
    elif data[:4] == b"\xcf\xfa\xed\xfe":
        codes = [int.from_bytes(data[4:8], "little")]
    elif data[:4] == b"\xca\xfe\xba\xbe":
        count = int.from_bytes(data[4:8], "big")
        codes = [int.from_bytes(data[8 + 20 * i : 12 + 20 * i], "big") for i in range(count)]
    elif data[:2] == b"MZ":
        header = int.from_bytes(data[0x3C:0x40], "little")
        codes = [int.from_bytes(data[header + 4 : header + 6], "little")]
    else:
        codes = []
    return {MACHINES[code] for code in codes if code in MACHINES}


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


def digest(target: str, interpreters: dict[str, str]) -> str:
    made = hashlib.sha256(f"{target} {sorted(interpreters)}\n".encode())
    sources = sorted((ROOT / "server").rglob("*.py")) + sorted((ROOT / "server").rglob("*.json"))
    for path in [
        PINS,
        ROOT / "pyproject.toml",
        Path(__file__),
        Path(__file__).with_name("launch.py"),
        *sources,
    ]:
        made.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return made.hexdigest()


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
