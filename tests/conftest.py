"""What holds for all tests."""

from __future__ import annotations

import signal

# Whoever starts the tests in the background of a script has them ignore Ctrl-C, and every program that they start
# would inherit that, also those that are to be interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
