"""Files, buffers, what was read from them, and what that amounts to: the one engine behind both faces."""
