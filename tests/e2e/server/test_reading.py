"""Hovers, outlines, definitions, references, links, lenses and symbols, as an editor gets them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from e2e.server.editor import Editor, without

OTHER_URIS = ["untitled:Untitled-1", "git:/project/a.py?ref", "vscode-vfs://github/a/b.py"]


def test_a_hover_tells_what_an_operation_does_and_how_risky_that_is(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        card = editor.hover(project.index, "op.create_|index")
        assert "Creates the index `ix_users_email` on `email` of `users`" in card
        assert "**Caution**" in card and "takes SHARE on `users`" in card
        assert "PostgreSQL 15" in card
        assert "[blocking-index](https://" in card
        # Over an argument it is the same card.
        assert editor.hover(project.index, '"ix_users_|email", "users"') == card


def test_a_hover_on_a_new_table_says_that_nobody_waits(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        card = editor.hover(project.users, "op.create_|index")
        assert "the table was created in this revision" in card
        assert "blocks" not in card


def test_a_hover_tells_what_a_revision_is(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        parent = editor.hover(project.index, 'down_revision = "1a2|b')
        assert "create users" in parent and "base" in parent and "created 2024-01-01" in parent
        assert "followed by [2b3c4d5e6f70](file://" in parent
        own = editor.hover(project.index, '\nrevision = "2b|')
        assert "head" in own and "follows [1a2b3c4d5e6f](file://" in own
        assert "create users" in editor.hover(project.index, "Revises: 1a|2b")


def test_a_hover_tells_where_a_type_comes_from_and_what_a_rule_or_a_setting_means(
    project: SimpleNamespace,
) -> None:
    text = project.users.read_text()
    project.users.write_text(text.replace("Money()))", "Money()))  # foreshot: ignore[blocking-index] why"))
    with Editor(project.folder) as editor:
        card = editor.hover(project.users, 'balance", Mo|ney')
        assert "app/types.py" in card and "`app.types.Money(…)`" in card
        assert "Creating an index blocks" in editor.hover(project.users, "ignore[blocking-|index]")
        assert "column types" in editor.hover(project.env, "compare_|type")
        assert editor.hover(project.env, "from alem|bic") == ""


def test_a_hover_without_markdown_has_no_marks(project: SimpleNamespace) -> None:
    with Editor(project.folder, capabilities=without("textDocument.hover")) as editor:
        found = editor.at("textDocument/hover", project.index, "op.create_|index")
        assert found["contents"]["kind"] == "plaintext"
        assert "**" not in found["contents"]["value"] and "`" not in found["contents"]["value"]


def test_an_outline_lists_the_operations_of_both_directions(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        header, upgrade, downgrade = editor.about("textDocument/documentSymbol", project.users)
        assert header["name"] == "1a2b3c4d5e6f create users"
        assert [(item["name"], item["detail"]) for item in upgrade["children"]] == [
            ("users", "create_table"),
            ("ix_users_id", "create_index"),
            ("users.balance", "add_column"),
        ]
        assert [item["name"] for item in downgrade["children"]] == ["users"]
    flat = without("textDocument.documentSymbol")
    with Editor(project.folder, capabilities=flat) as editor:
        found = editor.about("textDocument/documentSymbol", project.users)
        assert [item["containerName"] for item in found if item["name"] == "users.balance"] == ["upgrade"]


def test_a_revision_leads_to_its_parent_and_back_to_its_children(project: SimpleNamespace) -> None:
    third = project.versions / "3c_more.py"
    third.write_text('revision = "3c3c3c"\ndown_revision = "1a2b3c4d5e6f"\ndepends_on = "2b3c4d5e6f70"\n')
    with Editor(project.folder) as editor:
        for place in ('down_revision = "1a2|b', "Revises: 1a|2b"):
            found = editor.at("textDocument/definition", project.index, place)
            assert found["uri"] == project.users.as_uri() and found["range"]["start"]["line"] == 13
        found = editor.at("textDocument/definition", project.users, 'balance", Mo|ney')
        assert found["uri"] == project.types.as_uri() and found["range"]["start"] == {
            "line": 3,
            "character": 6,
        }
        places = {
            with_own: {
                place["uri"].rpartition("/")[2]
                for place in editor.at(
                    "textDocument/references",
                    project.index,
                    'down_revision = "1a2|b',
                    context={"includeDeclaration": with_own},
                )
            }
            for with_own in (False, True)
        }
        assert places[False] == {"2b3c4d5e6f70_index.py", "3c_more.py"}
        assert places[True] == {*places[False], "1a2b3c4d5e6f_users.py"}
        dependents = editor.at(
            "textDocument/references",
            project.index,
            '\nrevision = "2b|',
            context={"includeDeclaration": False},
        )
        assert [place["uri"] for place in dependents] == [third.as_uri()]


def test_links_and_lenses_lead_on(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        [link] = editor.about("textDocument/documentLink", project.index)
        assert link["target"] == project.users.as_uri() + "#L14"
        lenses = editor.about("textDocument/codeLens", project.index)
        titles = [lens["command"]["title"] for lens in lenses]
        assert titles[0].startswith("head") and titles[1] == "← 1a2b3c4d5e6f create users"
        assert lenses[0]["command"]["command"] == "foreshot.showGraph"
        graph = editor.call("workspace/executeCommand", **lenses[0]["command"])
        assert graph["heads"] == ["2b3c4d5e6f70"]
        editor.call("workspace/executeCommand", **lenses[1]["command"])
        editor.wait_for(lambda: "window/showDocument" in editor.methods())
    with Editor(project.folder, capabilities=without("window.showDocument")) as editor:
        shown = editor.about("textDocument/codeLens", project.index)
        assert [lens["command"]["title"] for lens in shown[1:]] == ["SQL", "Schema after"]


def test_what_names_the_same_is_lit_and_selected(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        found = editor.at("textDocument/documentHighlight", project.users, 'create_table("us|ers"')
        assert [item["kind"] for item in found] == [3, 2, 2, 2]
        assert editor.at("textDocument/documentHighlight", project.users, "import sqlal|chemy") is None
        positions = [editor.position(project.users, '"ix_users_|id"')]
        [chosen] = editor.about("textDocument/selectionRange", project.users, positions=positions)
        rows = []
        while chosen is not None:
            rows.append(chosen["range"]["end"]["line"] - chosen["range"]["start"]["line"])
            chosen = chosen.get("parent")
        assert len(rows) >= 4 and rows[-1] == 3


def test_hints_are_shown_to_those_who_want_them(project: SimpleNamespace) -> None:
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    with Editor(project.folder) as editor:
        assert editor.about("textDocument/inlayHint", project.index, range=whole) == []
    with Editor(project.folder, options={"inlayHints": True}) as editor:
        hint, *_ = editor.about("textDocument/inlayHint", project.index, range=whole)
        assert hint["label"] == "SHARE, scans"
        assert hint["tooltip"] == "On PostgreSQL 15"


def test_revisions_are_found_by_id_and_by_message(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        names = {
            query: [item["name"] for item in editor.call("workspace/symbol", query=query)]
            for query in ("", "6f70", "crus", "nothing like it")
        }
        assert names[""] == ["2b3c4d5e6f70 add an index 😀", "1a2b3c4d5e6f create users"]
        assert names["6f70"] == names[""][:1]
        assert names["crus"] == names[""][1:]
        assert names["nothing like it"] == []


def test_a_client_that_shows_diagnostics_in_its_hover_is_not_told_them_again(
    project: SimpleNamespace,
) -> None:
    with Editor(project.folder) as editor:
        assert (
            "blocking-index"
            in editor.at("textDocument/hover", project.index, "op.create_|index")["contents"]["value"]
        )
    shows = without(experimental={"diagnosticsInHover": True})
    with Editor(project.folder, capabilities=shows) as editor:
        [found] = [item for item in editor.pull(project.index)["items"] if item["code"] == "blocking-index"]
        value = editor.at("textDocument/hover", project.index, "op.create_|index")["contents"]["value"]
        assert "Creates the index" in value and "blocking-index" not in value
        # Beside the underlined words it still has something to say.
        assert (
            "blocking-index"
            in editor.at("textDocument/hover", project.index, '["em|ail"]')["contents"]["value"]
        )
        assert found["message"] not in value


@pytest.mark.parametrize("encoding, column", [("utf-8", 12), ("utf-16", 10), ("utf-32", 9)])
def test_places_are_counted_as_the_client_counts(
    project: SimpleNamespace, encoding: str, column: int
) -> None:
    with Editor(project.folder, capabilities=without(general={"positionEncodings": [encoding]})) as editor:
        assert editor.encoding == encoding
        found = editor.at("textDocument/hover", project.index, "op.create_|index")
        assert found["range"]["start"]["character"] == column
        [_, upgrade, _] = editor.about("textDocument/documentSymbol", project.index)
        assert upgrade["children"][0]["selectionRange"]["start"]["character"] == column
        [item] = [item for item in editor.pull(project.index)["items"] if item["code"] == "blocking-index"]
        assert item["range"]["start"]["character"] == column


@pytest.mark.parametrize("uri", OTHER_URIS)
def test_documents_that_are_no_files_are_answered_with_nothing(project: SimpleNamespace, uri: str) -> None:
    with Editor(project.folder) as editor:
        editor.open(uri, project.index.read_text())
        place = {"position": {"line": 16, "character": 12}}
        assert editor.about("textDocument/hover", uri, **place) is None
        assert editor.about("textDocument/definition", uri, **place) is None
        assert editor.pull(uri)["items"] == []
        for method in ("documentSymbol", "codeLens", "documentLink"):
            assert editor.about(f"textDocument/{method}", uri) == []
