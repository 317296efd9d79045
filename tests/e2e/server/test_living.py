"""Diagnostics while a workspace lives: typing, saving, files that come and go, settings and folders that change."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from e2e.server.conftest import make
from e2e.server.editor import CHANGED, CREATED, DELETED, EVERYTHING, Editor, without

PUSH = without("textDocument.diagnostic", "workspace.diagnostics")
SECOND_HEAD = 'revision = "3c3c3c"\ndown_revision = "1a2b3c4d5e6f"\n\n\ndef upgrade():\n    pass\n'
ORPHAN = SECOND_HEAD.replace("1a2b3c4d5e6f", "gone")


def pushed_rules(editor: Editor, path: Path, version: int | None = None) -> set[str] | None:
    found = editor.pushed(path)
    if found is None or (version is not None and found["version"] != version):
        return None
    return {item["code"] for item in found["diagnostics"]}


def test_indexing_is_shown_from_beginning_to_end(project: SimpleNamespace) -> None:
    for number in range(300):
        parent = f"0{number - 1:05}" if number else "2b3c4d5e6f70"
        text = f'revision = "0{number:05}"\ndown_revision = "{parent}"\n\n\ndef upgrade():\n    pass\n'
        (project.versions / f"0{number:05}.py").write_text(text)
    with Editor(project.folder) as editor:
        told = [message["params"] for message in editor.told if message["method"] == "$/progress"]
        kinds = [item["value"]["kind"] for item in told]
        assert kinds[0] == "begin" and kinds[-1] == "end" and set(kinds[1:-1]) <= {"report"}
        assert len({item["token"] for item in told}) == 1
        percents = [item["value"]["percentage"] for item in told if item["value"]["kind"] == "report"]
        assert percents == sorted(percents)


def test_progress_may_be_refused(project: SimpleNamespace) -> None:
    with Editor(project.folder, wait=False) as editor:
        editor.refuses.add("window/workDoneProgress/create")
        editor.wait_for(lambda: editor.rules(project.index))
    with Editor(project.folder, capabilities=without("window")) as editor:
        assert "window/workDoneProgress/create" not in editor.methods()


def test_what_matters_is_watched(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        [asked] = [item for item in editor.asked if item["method"] == "client/registerCapability"]
        [registration] = asked["params"]["registrations"]
        globs = {watcher["globPattern"] for watcher in registration["registerOptions"]["watchers"]}
        assert {"**/*.py", "**/*.ini", "**/*.mako", "**/pyproject.toml", "**/foreshot.toml"} <= globs
    with Editor(project.folder, capabilities=without("workspace.didChangeWatchedFiles")) as editor:
        assert "client/registerCapability" not in editor.methods()


def test_a_client_that_pulls_gets_nothing_pushed(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        assert editor.server["capabilities"]["diagnosticProvider"]["interFileDependencies"]
        editor.open(project.index)
        first = editor.pull(project.index)
        assert first["kind"] == "full" and "blocking-index" in {item["code"] for item in first["items"]}
        assert editor.pull(project.index, first["resultId"])["kind"] == "unchanged"
        editor.type(project.index, editor.text(project.index).replace("op.create_index", "op.f"))
        changed = editor.pull(project.index, first["resultId"])
        assert changed["kind"] == "full" and "blocking-index" not in editor.rules(project.index)
        report = editor.call("workspace/diagnostic", previousResultIds=[])
        again = editor.call(
            "workspace/diagnostic",
            previousResultIds=[{"uri": item["uri"], "value": item["resultId"]} for item in report["items"]],
        )
        assert all(item["kind"] == "unchanged" for item in again["items"])
        assert "workspace/diagnostic/refresh" in editor.methods()
        assert not [message for message in editor.told if "publishDiagnostics" in message["method"]]


def test_the_workspace_is_told_in_parts_to_a_client_that_takes_them(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        whole = editor.call("workspace/diagnostic", previousResultIds=[])["items"]
        rest = editor.call("workspace/diagnostic", previousResultIds=[], partialResultToken="parts")

        def told() -> list[Any]:
            parts = [message["params"] for message in editor.told if message["method"] == "$/progress"]
            return [item for part in parts if part["token"] == "parts" for item in part["value"]["items"]]

        editor.wait_for(lambda: len(told()) >= len(whole) > 0)
        assert told() == whole
    assert rest == {"items": []}


def test_a_client_that_pulls_and_cannot_be_refreshed_waits_for_the_index(project: SimpleNamespace) -> None:
    capabilities = without("workspace.diagnostics")
    with Editor(project.folder, capabilities=capabilities, wait=False) as editor:

        def pulled() -> Any:
            params = {"textDocument": {"uri": project.index.as_uri()}}
            answer = editor.client.call("textDocument/diagnostic", params)
            if "error" in answer:
                assert answer["error"]["data"] == {"retriggerRequest": True}
                return None
            return answer["result"]["items"]

        # The first answer that is one has the findings in it.
        assert "blocking-index" in {item["code"] for item in editor.wait_for(pulled)}


def test_a_client_that_does_not_pull_has_each_version_pushed(project: SimpleNamespace) -> None:
    with Editor(project.folder, capabilities=PUSH) as editor:
        assert "diagnosticProvider" not in editor.server["capabilities"]
        editor.open(project.index)
        editor.wait_for(lambda: "blocking-index" in (pushed_rules(editor, project.index, 1) or ()))
        editor.type(project.index, editor.text(project.index).replace("op.create_index", "op.f"))
        editor.wait_for(lambda: pushed_rules(editor, project.index, 2) is not None)
        assert "blocking-index" not in (pushed_rules(editor, project.index) or ())
        editor.close(project.index)
        editor.wait_for(lambda: pushed_rules(editor, project.index) == set())
        assert "workspace/diagnostic/refresh" not in editor.methods()


def test_a_syntax_error_in_the_middle_of_typing_keeps_the_graph(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.users)
        whole = editor.text(project.users)
        others, graph = editor.rules(project.index), editor.command("showGraph")
        for broken in (
            whole.replace("def upgrade():", "def upgrade(:"),
            whole.replace('revision = "1a2b3c4d5e6f"\n', 'revision = "1a2b3c4d5e6f\n', 1),
        ):
            editor.type(project.users, broken)
            assert "syntax-error" in editor.rules(project.users)
            assert "unused-suppression" not in editor.rules(project.users)
            assert editor.rules(project.index) == others
            now = editor.command("showGraph")
            assert now["heads"] == graph["heads"] and now["missing_parents"] == []
            assert [item["stale"] for item in now["revisions"]] == [True, False]
            assert "does not parse now" in editor.hover(project.index, 'down_revision = "1a2|b')
        editor.type(project.users, whole)
        assert "syntax-error" not in editor.rules(project.users)
        assert editor.command("showGraph") == graph


def test_a_revision_that_is_not_saved_yet_is_part_of_the_history(project: SimpleNamespace) -> None:
    new = project.versions / "3c_new.py"
    with Editor(project.folder) as editor:
        editor.open(new, SECOND_HEAD)
        assert "multiple-heads" in editor.rules(new)
        assert "multiple-heads" in editor.rules(project.index)
        editor.type(new, ORPHAN)
        assert "missing-parent" in editor.rules(new)
        editor.close(new)
        # Nobody saved it.
        assert editor.rules(new) == set()
        assert "multiple-heads" not in editor.rules(project.index)


def test_files_that_come_and_go_on_disk_are_followed(project: SimpleNamespace) -> None:
    new, moved = project.versions / "3c_new.py", project.versions / "3c_moved.py"
    with Editor(project.folder) as editor:
        new.write_text(SECOND_HEAD)
        editor.happened(new, CREATED)
        assert "multiple-heads" in editor.rules(new)
        new.rename(moved)
        editor.happened(new, DELETED)
        editor.happened(moved, CREATED)
        assert editor.rules(new) == set() and "multiple-heads" in editor.rules(moved)
        moved.write_text(ORPHAN)
        editor.happened(moved, CHANGED)
        assert "missing-parent" in editor.rules(moved)
        moved.unlink()
        editor.happened(moved, DELETED)
        assert "multiple-heads" not in editor.rules(project.index)


def test_a_folder_that_is_deleted_takes_its_revisions_along(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        for path in project.versions.iterdir():
            path.unlink()
        project.versions.rmdir()
        editor.happened(project.versions, DELETED)
        editor.wait_for(lambda: editor.call("workspace/symbol", query="") == [])


def test_a_project_that_is_made_while_the_editor_runs_is_found(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "empty"
    folder.mkdir()
    with Editor(folder, wait=False) as editor:
        assert editor.call("workspace/symbol", query="") == []
        made = make(folder / "inner")
        editor.happened(folder / "inner/alembic.ini", CREATED)
        editor.wait_for(lambda: editor.rules(made.index))


def test_settings_files_are_followed_while_they_are_typed(project: SimpleNamespace) -> None:
    with Editor(project.folder) as editor:
        editor.open(project.settings)
        editor.type(
            project.settings, '[tool.foreshot]\ndialect = "postgresql"\nignore = ["blocking-index"]\n'
        )
        editor.wait_for(lambda: "blocking-index" not in editor.rules(project.index))
        editor.type(project.settings, "[tool.foreshot\n")
        editor.call("workspace/symbol", query="")
        editor.type(project.settings, '[tool.foreshot]\ndialect = "mysql"\n')
        editor.wait_for(lambda: "ALGORITHM=INPLACE" in editor.hover(project.index, "op.create_|index"))


def test_env_py_and_the_template_are_followed_while_they_are_typed(project: SimpleNamespace) -> None:
    template = project.folder / "migrations/script.py.mako"
    with Editor(project.folder) as editor:
        editor.open(project.env)
        assert "Whether autogenerate reports changed column" in editor.hover(project.env, "compare_|type")
        text = editor.text(project.env).replace("compare_type=True", 'user_module_prefix="t."')
        editor.type(project.env, text)
        assert "not SQLAlchemy's" in editor.hover(project.env, "user_module_|prefix")
        assert "`t.Money(…)`" in editor.hover(project.users, 'balance", Mo|ney')
        editor.open(template)
        editor.type(template, editor.text(template).replace("our own", "another"))
        created = editor.command("newRevision", message="next")
        assert "# another template" in Path(created["uri"].removeprefix("file://")).read_text()


def test_settings_of_the_client_are_followed(project: SimpleNamespace) -> None:
    with Editor(project.folder, options={"ignore": ["blocking-index"], "path": []}) as editor:
        assert "blocking-index" not in editor.rules(project.index)
        for settings in ({"foreshot": {"ignore": []}}, {"ignore": []}):
            editor.client.notify("workspace/didChangeConfiguration", {"settings": settings})
            editor.wait_for(lambda: "blocking-index" in editor.rules(project.index))
            again = {"ignore": ["blocking-index"]}
            editor.client.notify("workspace/didChangeConfiguration", {"settings": again})
            editor.wait_for(lambda: "blocking-index" not in editor.rules(project.index))
        # Clients that send nothing are asked.
        editor.settings = {"ignore": []}
        editor.client.notify("workspace/didChangeConfiguration", {"settings": None})
        editor.wait_for(lambda: "blocking-index" in editor.rules(project.index))
        assert "workspace/configuration" in editor.methods()


def test_folders_come_and_go(project: SimpleNamespace, tmp_path: Path) -> None:
    other = make(tmp_path.resolve() / "other")

    def folders(*, added: list[Path], removed: list[Path]) -> dict[str, Any]:
        def told(folders: list[Path]) -> list[dict[str, str]]:
            return [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]

        return {"event": {"added": told(added), "removed": told(removed)}}

    with Editor(project.folder) as editor:
        assert editor.rules(other.index) == set()
        editor.client.notify("workspace/didChangeWorkspaceFolders", folders(added=[other.folder], removed=[]))
        editor.wait_for(lambda: editor.rules(other.index))
        assert editor.rules(project.index) == editor.rules(other.index)
        assert len(editor.call("workspace/symbol", query="create users")) == 2
        editor.client.notify(
            "workspace/didChangeWorkspaceFolders", folders(added=[], removed=[project.folder])
        )
        editor.wait_for(lambda: editor.rules(project.index) == set())
        assert editor.rules(other.index)


def test_a_file_that_is_no_part_of_a_project_is_answered_at_once(project: SimpleNamespace) -> None:
    stranger = project.folder / "app/views.py"
    stranger.write_text("x = 1\n" * 5000)
    with Editor(project.folder) as editor:
        editor.open(stranger)
        assert editor.pull(stranger)["items"] == []
        assert editor.about("textDocument/codeLens", stranger) == []
        assert editor.about("textDocument/hover", stranger, position={"line": 3, "character": 1}) is None


@pytest.mark.parametrize("capabilities", [{}, EVERYTHING], ids=["nothing", "everything"])
def test_a_model_that_a_finding_depends_on_may_come_later(
    project: SimpleNamespace, capabilities: dict[str, Any]
) -> None:
    """No handler fails for a client with next to no capabilities, whatever is asked."""
    with Editor(project.folder, capabilities=capabilities) as editor:
        project.types.unlink()
        editor.happened(project.types, DELETED)
        editor.open(project.users)
        for method in ("documentSymbol", "codeLens", "documentLink"):
            assert editor.about(f"textDocument/{method}", project.index)
        assert editor.at("textDocument/definition", project.users, 'balance", Mo|ney') is None
        editor.open(project.types, "class Money:\n    pass\n")
        assert editor.at("textDocument/definition", project.users, 'balance", Mo|ney')
