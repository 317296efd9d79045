"""Completions, signatures and renames over the protocol, for clients of all kinds."""

from __future__ import annotations

from types import SimpleNamespace

from e2e.server.editor import Editor

HALF = 'revision = "9f9f"\ndown_revision = "2b3c4d5e6f70"\nfrom alembic import op\n\n\ndef upgrade():\n    "😀"; op.drop_column("users", "'


def test_columns_are_offered_where_the_text_does_not_parse(project: SimpleNamespace) -> None:
    path = project.folder / "migrations/versions/9f9f_half.py"
    with Editor(project.folder) as editor:
        editor.open(path.as_uri(), HALF)
        editor.wait_for(lambda: editor.command("showGraph")["heads"])
        found = editor.at("textDocument/completion", path, 'drop_column("users", "|')
        labels = [item["label"] for item in found["items"]]
        assert "id" in labels
        assert found["items"][0]["textEdit"]["range"]["start"] == editor.position(
            path, 'drop_column("users", "|'
        )
        shown = editor.at("textDocument/signatureHelp", path, 'drop_column("users", |"')
        assert shown["signatures"][0]["label"].startswith("drop_column(table_name, column_name")
        assert shown["activeParameter"] == 1


def test_nothing_is_offered_elsewhere(project: SimpleNamespace) -> None:
    other = project.folder / "other.py"
    with Editor(project.folder) as editor:
        editor.open(other.as_uri(), "import os\nos.")
        assert editor.at("textDocument/completion", other, "os.|") is None
        assert editor.at("textDocument/signatureHelp", other, "os.|") is None


def test_a_revision_id_is_renamed_everywhere(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.index)
        place = 'revision = "2b3c|4d5e6f70"'
        known = editor.at("textDocument/prepareRename", project.index, place)
        assert known["placeholder"] == "2b3c4d5e6f70"
        edit = editor.at("textDocument/rename", project.index, place, newName="fresh_id")
        kinds = [change.get("kind", "edit") for change in edit["documentChanges"]]
        assert kinds == ["edit", "rename"]
        assert edit["documentChanges"][-1]["newUri"].endswith("/fresh_id_index.py")


def test_a_column_is_renamed_wherever_it_is_named_and_refused_once_it_has_shipped(
    project: SimpleNamespace,
) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.users)
        place = 'sa.Column("em|ail"'
        assert editor.at("textDocument/prepareRename", project.users, place)["placeholder"] == "email"
        edit = editor.at("textDocument/rename", project.users, place, newName="address")
        assert [len(change["edits"]) for change in edit["documentChanges"]] == [1, 1]
        error = editor.error(
            "textDocument/rename",
            textDocument={"uri": project.users.as_uri()},
            position=editor.position(project.users, place),
            newName="id",
        )
        assert error["message"] == "Nothing was renamed: `users.id` is taken."
    settings = project.settings.read_text()
    project.settings.write_text(settings + 'since = "1a2b3c4d5e6f"\n')
    with Editor(project.folder) as editor:
        editor.open(project.users)
        error = editor.error(
            "textDocument/prepareRename",
            textDocument={"uri": project.users.as_uri()},
            position=editor.position(project.users, place),
        )
        assert "has shipped: rename it in a new revision" in error["message"]
