"""Features in an editor's words: plain values in, plain values out. Knows no protocol."""
