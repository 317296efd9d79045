"""The command line: one module a command, one module an output format. Knows nothing of the language server."""
