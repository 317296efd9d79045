"""Code actions and commands: what changes files, and what clients of all kinds make of it."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from e2e.server.conftest import make
from e2e.server.editor import Editor, path_of, without

SECOND_HEAD = 'revision = "3c3c3c"\ndown_revision = "1a2b3c4d5e6f"\n\n\ndef upgrade():\n    pass\n'
UNUSED = "    # foreshot: ignore[missing-parent] once it was\n"
NO_CREATE = [
    pytest.param(without("workspace.applyEdit"), id="no applyEdit"),
    pytest.param(without("workspace.workspaceEdit.resourceOperations"), id="no resource operations"),
    pytest.param(without("workspace.workspaceEdit.documentChanges"), id="no document changes"),
    pytest.param({}, id="nothing"),
]


def titled(actions: list[dict[str, Any]], start: str) -> dict[str, Any]:
    [found] = [action for action in actions if action["title"].startswith(start)]
    return found


def test_a_repair_is_offered_worked_out_and_applied(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.index)
        offered = editor.actions(project.index, "op.create_|index")
        action = titled(offered, "Create the index concurrently")
        assert "edit" not in action and "isPreferred" not in action
        assert [item["code"] for item in action["diagnostics"]] == ["blocking-index"]
        kinds = [other["title"].split()[0] for other in offered]
        assert kinds.index("Ignore") < kinds.index("Explain")
        resolved = editor.client.result("codeAction/resolve", action)
        [change] = resolved["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": project.index.as_uri(), "version": 1}
        editor.apply(resolved["edit"])
        text = editor.text(project.index)
        ast.parse(text)
        assert "postgresql_concurrently=True" in text and '"😀"' in text
        assert "blocking-index" not in editor.rules(project.index)


def test_a_repair_for_an_older_text_is_refused(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.index)
        action = titled(editor.actions(project.index, "op.create_|index"), "Create the index concurrently")
        editor.type(project.index, "\n" + editor.text(project.index))
        error = editor.error("codeAction/resolve", **action)
        assert error == {"code": -32803, "message": "The text has changed since this was offered."}
        for data in ({}, [], {**action["data"], "version": 2, "kind": "?"}, {**action["data"], "key": "?"}):
            assert editor.error("codeAction/resolve", title="x", data=data)["code"] == -32803


def test_ignoring_and_explaining_come_last(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.index)
        actions = editor.actions(project.index, "op.create_|index")
        explained = titled(actions, "Explain blocking-index")
        page = editor.call("workspace/executeCommand", **explained["command"])
        assert page["markdown"].startswith("# blocking-index") and page["url"].startswith("https://")
        ignored = editor.client.result("codeAction/resolve", titled(actions, "Ignore blocking-index here"))
        editor.apply(ignored["edit"])
        assert "blocking-index" not in editor.rules(project.index)
        assert "unused-suppression" not in editor.rules(project.index)


def test_fix_all_repairs_what_is_safe_and_is_then_done(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.users)
        assert editor.actions(project.users, "op.create_|table", ["source.fixAll.foreshot"]) == []
        broken = editor.text(project.users).replace("    op.create_index", UNUSED + "    op.create_index")
        editor.type(project.users, broken)
        for only in ("source.fixAll", "source.fixAll.foreshot", "source"):
            [action] = editor.actions(project.users, "op.create_|table", [only])
            assert action["kind"] == "source.fixAll.foreshot"
        # Two that run at once give the same edit, for the same version.
        first, second = (editor.client.result("codeAction/resolve", action) for _ in range(2))
        assert first == second
        editor.apply(first["edit"])
        assert "unused-suppression" not in editor.rules(project.users)
        assert editor.error("codeAction/resolve", **action)["code"] == -32803
        assert editor.actions(project.users, "op.create_|table", ["source.fixAll"]) == []
        assert editor.actions(project.users, "op.create_|table", ["refactor.extract"]) == []


def test_clients_of_little_faith_get_plain_edits_at_once(project: SimpleNamespace) -> None:
    with Editor(project.folder, capabilities={}) as editor:
        editor.open(project.index)
        action = titled(editor.actions(project.index, "op.create_|index"), "Create the index concurrently")
        assert list(action["edit"]) == ["changes"] and "data" not in action
        editor.apply(action["edit"])
        assert "postgresql_concurrently" in editor.text(project.index)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_edits_are_placed_as_the_client_counts(project: SimpleNamespace, encoding: str) -> None:
    capabilities = without(general={"positionEncodings": [encoding]})
    with Editor(project.folder, capabilities=capabilities) as editor:
        editor.open(project.index)
        action = titled(editor.actions(project.index, "op.create_|index"), "Create the index concurrently")
        editor.apply(editor.client.result("codeAction/resolve", action)["edit"])
        ast.parse(editor.text(project.index))
        assert '"users", ["email"], postgresql_concurrently=True' in editor.text(project.index)


def test_a_new_revision_follows_the_head_in_the_projects_own_style(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        created = editor.command("newRevision", message='Add "phone"\nto users', uri=project.users.as_uri())
        path = path_of(created["uri"])
        assert created["applied"] and path.parent == project.versions
        assert path.name == f"{created['revision']}_add_phone_to_users.py"
        text = path.read_text()
        assert "# our own template" in text and "down_revision = '2b3c4d5e6f70'" in text
        ast.parse(text)
        editor.wait_for(lambda: "window/showDocument" in editor.methods())
        editor.happened(path, 1)
        assert editor.command("showGraph")["heads"] == [created["revision"]]
        second = editor.command("newRevision", message="elsewhere", parent="1a2b")
        assert "down_revision = '1a2b3c4d5e6f'" in path_of(second["uri"]).read_text()


def test_a_new_revision_is_refused_with_a_sentence(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        assert "needs a message" in editor.refused("newRevision", message="  ")
        assert "No revision was created: " in editor.refused("newRevision", message="x", parent="nope")
        editor.applies = False
        assert editor.refused("newRevision", message="x") == "The editor did not create the file: read-only."
        editor.refuses.add("workspace/applyEdit")
        assert "The editor refused the change" in editor.refused("newRevision", message="x")
        editor.open(project.versions / "3c.py", SECOND_HEAD)
        assert "there are 2 heads" in editor.refused("newRevision", message="x")


@pytest.mark.parametrize("capabilities", NO_CREATE)
def test_clients_that_create_no_files_are_told_so(
    project: SimpleNamespace, capabilities: dict[str, Any]
) -> None:
    (project.versions / "3c.py").write_text(SECOND_HEAD)
    with Editor(project.folder, capabilities=capabilities) as editor:
        before = sorted(project.versions.iterdir())
        sentence = "This creates a file, and the editor does not let a language server do that."
        assert editor.refused("newRevision", message="x", parent="3c3c3c") == sentence
        assert editor.refused("mergeHeads") == sentence
        assert sorted(project.versions.iterdir()) == before


def test_heads_are_merged(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        assert "there is one head only" in editor.refused("mergeHeads")
        other = project.versions / "3c.py"
        other.write_text(SECOND_HEAD)
        editor.happened(other, 1)
        merged = editor.command("mergeHeads", uri=project.users.as_uri())
        text = path_of(merged["uri"]).read_text()
        assert "down_revision = ('2b3c4d5e6f70', '3c3c3c')" in text and "# our own template" in text
        editor.happened(path_of(merged["uri"]), 1)
        assert "multiple-heads" not in editor.rules(other)
        assert len(editor.command("showGraph")["heads"]) == 1


def test_the_graph_is_shown_in_three_ways(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        graph = editor.command("showGraph", format="json")
        first, second = graph["revisions"]
        assert first["base"] and second["head"] and second["uri"] == project.index.as_uri()
        assert second["findings"]["warning"] >= 1 and second["row"] == 10
        assert editor.command("showGraph", format="mermaid")["text"].startswith("flowchart")
        assert "(head)" in editor.command("showGraph", format="text")["text"]
        assert "not as pdf" in editor.refused("showGraph", format="pdf")


def test_the_sql_of_a_revision_and_the_schema_after_it(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        sql = editor.command("showSql", uri=project.users.as_uri())
        assert sql["revision"] == "1a2b3c4d5e6f"
        assert "CREATE TABLE users (" in sql["text"] and "INSERT INTO alembic_version" in sql["text"]
        down = editor.command("showSql", uri=project.users.as_uri(), direction="downgrade")
        assert "DROP TABLE users;" in down["text"]
        schema = editor.command("showSchema", uri=project.users.as_uri())
        assert "CREATE INDEX ix_users_id" in schema["text"] and "ix_users_email" not in schema["text"]
        assert "no revision" in editor.refused("showSql", uri=project.models.as_uri())
        # What is typed counts, saved or not.
        text = project.index.read_text().replace("ix_users_email", "ix_users_mail")
        editor.open(project.index, text)
        assert "CREATE INDEX ix_users_mail" in editor.command("showSql", uri=project.index.as_uri())["text"]
        assert "ix_users_mail" in editor.command("showSchema", uri=project.index.as_uri())["text"]


def test_commands_know_which_project_is_meant(project: SimpleNamespace, tmp_path: Path) -> None:
    other = make(tmp_path.resolve() / "other")
    with Editor(project.folder, other.folder) as editor:
        assert "several Alembic projects" in editor.refused("showGraph")
        # A model is near its own project's migrations.
        for place in (other.index, other.models):
            graph = editor.command("showGraph", uri=place.as_uri())
            assert graph["revisions"][0]["path"].startswith(str(other.folder))
    (tmp_path / "empty").mkdir()
    with Editor((tmp_path / "empty").resolve(), wait=False) as editor:
        editor.wait_for(lambda: "no Alembic project" in editor.refused("showGraph"))


def test_commands_say_what_is_wrong_with_their_arguments(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        assert "Is it blocking-index?" in editor.refused("explainRule", rule="blocking-indx")
        assert "Say which rule" in editor.refused("explainRule")
        assert "no part of an Alembic project" in editor.refused("openRevision", uri="file:///etc/passwd")
        for arguments in ([], [None], [3], ["x", "y"], [[]]):
            answer = editor.client.call(
                "workspace/executeCommand", {"command": "foreshot.newRevision", "arguments": arguments}
            )
            assert answer["error"]["code"] == -32803
