"""Passwords and tokens in URLs, which are shown to nobody."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = (
    r"(?:password|passwd|pwd|pass|sslpassword|sslkeypassword|(?:access_?|auth_?|api_?|id_?|session_?)?token"
    r"|(?:client_?|account_?)?secret|(?:api_?|account_?|access_?)key|sig|signature)"
)
"""What parameters with a secret are called, for a pattern that ignores case."""

_PASSWORD: Final = re.compile(r"(://[^\s/@:'\"]{0,500}:)([^\s/'\"]{1,500})(?=@)")
_PARAMETER: Final = re.compile(rf"([?&;]{NAMES}=)([^\s&;#'\"]{{1,2000}})", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with what is secret in its URLs reduced to ``***``."""
    return _PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1***", text))


def masked(line: str) -> str:
    """The line with a ``*`` for each character that is secret, so that columns stay what they are."""
    if "://" not in line:
        return line
    for pattern in (_PASSWORD, _PARAMETER):
        line = pattern.sub(lambda match: match[1] + "*" * len(match[2]), line)
    return line
