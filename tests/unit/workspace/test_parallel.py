"""Several processes give what one gives."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In a process of its own: none is copied while there are other threads, which a test runner may have.
PROBE = """
import os
from foreshot.workspace.parallel import map_in_processes

here = os.getpid()

def double(number):
    if number == {poison} and os.getpid() != here:
        os._exit(3)
    return number * 2, os.getpid() == here

found = list(map_in_processes(double, range(1000), tuple[int, bool], jobs={jobs}))
assert [value for value, _ in found] == [number * 2 for number in range(1000)]
print(sum(local for _, local in found))

some = map_in_processes(double, range(100_000), tuple[int, bool], jobs={jobs})
next(some), next(some)
some.close()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("nobody is left")
"""


def said(jobs: int, poison: int = -1) -> list[str]:
    code = PROBE.format(jobs=jobs, poison=poison)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="processes are not copied there")
@pytest.mark.parametrize(("jobs", "local"), [(1, 1000), (2, 500), (3, 334)])
def test_results_come_in_order(jobs: int, local: int) -> None:
    assert said(jobs) == [str(local), "nobody is left"]


def test_what_a_process_leaves_undone_is_done_here() -> None:
    local, last = said(2, poison=501)
    assert int(local) > 500
    assert last == "nobody is left"
