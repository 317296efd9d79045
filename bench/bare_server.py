"""The smallest server that pygls can be: what `bench/server.py` holds Foreshot's start against."""

from __future__ import annotations

from pygls.lsp.server import LanguageServer

if __name__ == "__main__":
    LanguageServer("bare", "1").start_io()
