"""The settings that the extension's manifest declares are the server's, in camelCase, with the same words and values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from foreshot.lsp import server
from foreshot.lsp.reports import LEVELS
from foreshot.project.settings import schema
from foreshot.project.settings_keys import camel_case

MANIFEST = Path(__file__).resolve().parents[2] / "vscode-client/package.json"
OF_THE_EDITOR = {"order", "scope", "markdownDescription"}


def _declared() -> dict[str, dict[str, Any]]:
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    properties: dict[str, dict[str, Any]] = manifest["contributes"]["configuration"]["properties"]
    return {name.removeprefix("foreshot."): value for name, value in properties.items()}


def test_every_setting_of_the_server_is_declared_as_the_server_reads_it() -> None:
    declared = _declared()
    for name, wanted in schema()["properties"].items():
        found = declared.get(camel_case(name), {})
        # What has code in it is shown as Markdown, in the same words.
        assert found.get("markdownDescription") == (
            wanted["description"] if "`" in wanted["description"] else None
        )
        assert {key: value for key, value in found.items() if key not in OF_THE_EDITOR} == wanted, name


def test_what_else_is_declared_is_known_to_be_the_editors_own() -> None:
    servers = {camel_case(name) for name in schema()["properties"]}
    own = {name.split(".")[0] for name in _declared()} - servers
    assert own <= server._CLIENT_KEYS  # pyright: ignore[reportPrivateUsage]


def test_the_levels_of_the_log_are_those_that_the_server_knows() -> None:
    assert _declared()["logLevel"]["enum"] == list(LEVELS)


def test_no_setting_of_the_server_has_a_default_in_the_editor() -> None:
    # It would win over the project's own file.
    servers = {camel_case(name) for name in schema()["properties"]}
    assert [name for name, value in _declared().items() if name in servers and "default" in value] == []
