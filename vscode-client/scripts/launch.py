"""Starts the bundled Foreshot: `python -I -S launch.py server`.

The libraries beside this file come first; nothing of the interpreter's own environment is looked at (`-S`), and nothing
of the folder or of `PYTHONPATH` (`-I`). What is compiled is there once for each version of Python.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "cp%d%d" % sys.version_info[:2]
sys.path[:0] = [os.path.join(HERE, "libs", part) for part in ("common", VERSION)]
from foreshot.__main__ import main  # noqa: E402

sys.exit(main())
