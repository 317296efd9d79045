"""The language server: the one package that knows pygls, lsprotocol and the protocol's own types."""

from foreshot.lsp.quick_import import import_types

import_types()
