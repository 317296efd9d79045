"""The bar appears on a terminal, for work that takes long enough."""

import io

from foreshot.cli import progress
from foreshot.cli.console import Console


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(stream, monkeypatch, patience):
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    with progress.Bar(Console(stream)) as bar:
        for done in range(0, 300, 50):
            bar.update(done, 250)
    return stream.getvalue()


def test_terminal(monkeypatch):
    assert "Reading revisions" in shown(Terminal(), monkeypatch, 0)


def test_quick_work(monkeypatch):
    assert shown(Terminal(), monkeypatch, 60) == ""


def test_pipe(monkeypatch):
    assert shown(io.StringIO(), monkeypatch, 0) == ""
