"""What can be written at a cursor, and what the call that it is in takes. Plain values; the text need not parse.

Nothing is offered that does not exist: where the history is not known, a list is empty.
"""

from __future__ import annotations

from foreshot.ide.completion.complete import MOST, complete
from foreshot.ide.completion.item import Item
from foreshot.ide.completion.signatures import Signature, signature

__all__ = ["MOST", "Item", "Signature", "complete", "signature"]
