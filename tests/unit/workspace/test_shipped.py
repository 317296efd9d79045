"""What has shipped and what is new, in repositories as real git makes them: nobody is accused wrongly, nothing is passed over in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foreshot.ide.graph_view import graph_data
from foreshot.workspace.check import ConfigurationError, Options, check
from foreshot.workspace.fixall import fix_all
from foreshot.workspace.session import Session
from foreshot.workspace.shipped import Wanted
from real_git import Git

ACROSS = {"edited-after-merge", "deleted-after-merge", "forks-from-base", "duplicate-revision-id", "missing-parent", "multiple-heads", "stale-parent"}  # fmt: skip
TEXT = '''"""change {id}

Revision ID: {id}
Revises: {down}

"""
from alembic import op
import sqlalchemy as sa

revision = "{id}"
down_revision = {quoted}


def upgrade():
    op.add_column("pots", sa.Column("c_{id}", sa.{type}()))


def downgrade():
    op.drop_column("pots", "c_{id}")
'''
VERSIONS = "migrations/versions"


def revision(name: str, down: str | None, type: str = "Integer") -> str:  # noqa: A002
    return TEXT.format(id=name, down=down, quoted=f'"{down}"' if down else None, type=type)


def files(*chain: str, folder: str = VERSIONS) -> dict[str, str]:
    downs = (None, *chain)
    return {f"{folder}/{name}_x.py": revision(name, down) for name, down in zip(chain, downs, strict=False)}


@pytest.fixture(autouse=True)
def no_pull_request(monkeypatch):
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def origin(tmp_path) -> Git:
    git = Git(tmp_path / "origin")
    git.commit(
        {
            "alembic.ini": "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql://localhost/x\n",
            "migrations/env.py": "from alembic import context\n",
            **files("a1", "b2", "c3"),
        }
    )
    return git


class Seen:
    """What a check has to say of one repository."""

    def __init__(self, git: Git | Path, *, overrides: dict[str, object] | None = None, **wanted: Any) -> None:
        root = git.root if isinstance(git, Git) else git
        (result,) = check(
            Options((str(root),), overrides or {}, cache=False, jobs=1, wanted=Wanted(**wanted))
        )
        entries = result.project.context.entries
        self.new = {entry.header.revision for entry in entries if entry.header and entry.reviewed}
        self.said = sorted(
            (report.rule, report.revision) for report in result.reports if report.rule in ACROSS
        )
        self.notes = list(result.notes)
        self.result = result


def cloned(origin: Git, tmp_path: Path, *arguments: str) -> Git:
    return origin.clone(tmp_path / "clone", *arguments)


def test_a_clone_has_nothing_new(origin, tmp_path):
    seen = Seen(cloned(origin, tmp_path))
    assert (seen.new, seen.said, seen.notes) == (set(), [], [])


def test_a_branch_has_what_it_adds(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    git.write({f"{VERSIONS}/e5_x.py": revision("e5", "d4")})
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"d4", "e5"}, [])


def test_a_stale_branch_accuses_nobody(origin, tmp_path):
    """main has added, edited and even deleted since; the branch did nothing of that."""
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({"other": "x"})
    origin.commit(
        {f"{VERSIONS}/d4_x.py": revision("d4", "c3"), f"{VERSIONS}/b2_x.py": revision("b2", "a1", "Text")}
    )
    git("fetch", "-q")
    seen = Seen(git)
    assert (seen.new, seen.said) == (set(), [])


def test_a_stale_branch_with_a_revision_forks(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/e5_x.py": revision("e5", "c3")})
    assert Seen(git).said == []
    origin.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    git("fetch", "-q")
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"e5"}, [("forks-from-base", "e5")])
    # Rebased as the repair says, it is right, also before the other one has been merged in.
    git.write({f"{VERSIONS}/e5_x.py": revision("e5", "d4")})
    assert Seen(git).said == []
    git.write({f"{VERSIONS}/e5_x.py": revision("e5", "c3")})
    # After a merge the branch itself has two heads: one cause, one finding; a merge revision mends it as well.
    git("merge", "-q", "origin/main")
    assert Seen(git).said == [("forks-from-base", "e5")]
    git.write({f"{VERSIONS}/m.py": revision("f6", "x").replace('"x"', '("d4", "e5")')})
    assert Seen(git).said == []


def test_a_fork_from_an_old_revision(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/d4_x.py": revision("d4", "a1")})
    assert Seen(git).said == [("forks-from-base", "d4")]


def test_a_merged_branch_and_a_squashed_one_have_nothing_new(origin, tmp_path):
    git = cloned(origin, tmp_path)
    for name, how in (("d4", ("--no-ff",)), ("e5", ("--squash",))):
        git("checkout", "-q", "-b", f"work-{name}", "origin/main")
        text = revision(name, {"d4": "c3", "e5": "d4"}[name])
        git.commit({f"{VERSIONS}/{name}_x.py": text})
        git("push", "-q", "origin", f"work-{name}")
        origin("merge", "-q", *how, "-m", "m", f"work-{name}")
        if how == ("--squash",):
            origin.commit()
        git("fetch", "-q")
        seen = Seen(git)
        assert (seen.new, seen.said) == (set(), []), name


def test_what_is_edited_and_what_is_no_edit(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    before = revision("b2", "a1")
    for text in (
        before.replace("\n", "\r\n"),
        f"# a comment\n{before}",
        before.replace("import sqlalchemy as sa", "import sqlalchemy").replace("sa.", "sqlalchemy."),
        before.replace(
            'sa.Column("c_b2", sa.Integer())', 'sa.Column(\n        "c_b2",\n        sa.Integer(),\n    )'
        ),
        before.replace('"', "'").replace("'''", '"""'),
        before.replace("change b2", "another message"),
        before.replace("sa.Integer()", "sa.Integer").replace("Integer)", "Integer), if_not_exists=True"),
        before.replace('op.drop_column("pots", "c_b2")', "pass"),
    ):
        git.write({f"{VERSIONS}/b2_x.py": text})
        seen = Seen(git)
        assert (seen.new, seen.said) == (set(), []), text
    for text in (
        revision("b2", "a1", "Text"),
        before.replace("sa.Integer()", "sa.Integer(), server_default='0'"),
        before.replace('down_revision = "a1"', "down_revision = None"),
    ):
        git.write({f"{VERSIONS}/b2_x.py": text})
        seen = Seen(git)
        assert seen.new == set()
        assert ("edited-after-merge", "b2") in seen.said, text


def test_the_base_reformatted_by_a_formatter(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    origin.commit(
        {name: text.replace('"', "'").replace("'''", '"""') for name, text in files("a1", "b2", "c3").items()}
    )
    git("fetch", "-q")
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"d4"}, [])
    # And the other way round: the branch is what was reformatted.
    git.commit({name: text.replace("    ", "  ") for name, text in files("a1", "b2", "c3").items()})
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"d4"}, [])


def test_moved_and_renamed_files_have_shipped(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git("mv", f"{VERSIONS}/b2_x.py", f"{VERSIONS}/2026_b2_better.py")
    seen = Seen(git)
    assert (seen.new, seen.said) == (set(), [])
    git("mv", "migrations", "database")
    git.commit(
        {
            "alembic.ini": "[alembic]\nscript_location = database\n",
            "database/versions/d4_x.py": revision("d4", "c3"),
        }
    )
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"d4"}, [])


def test_deleted_and_given_another_id(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/c3_x.py": None})
    assert [rule for rule, _ in Seen(git).said] == ["deleted-after-merge"]
    git.commit({f"{VERSIONS}/c3_x.py": revision("c4", "b2")})
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"c4"}, [("edited-after-merge", "c4")])


def test_deleted_on_the_base_is_nobodys_fault(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    origin.commit({f"{VERSIONS}/c3_x.py": None})
    git("fetch", "-q")
    seen = Seen(git)
    assert (seen.new, seen.said) == (set(), [])


def test_an_id_that_both_sides_chose(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/d4_mine.py": revision("d4", "c3", "Text")})
    origin.commit({f"{VERSIONS}/d4_theirs.py": revision("d4", "c3")})
    git("fetch", "-q")
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"d4"}, [("duplicate-revision-id", "d4")])


def test_line_ends_that_git_converts(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git.write({name: text.replace("\n", "\r\n") for name, text in files("a1", "b2", "c3").items()})
    seen = Seen(git)
    assert (seen.new, seen.said) == (set(), [])
    origin.commit({name: text.replace("\n", "\r\n") for name, text in files("a1", "b2", "c3").items()})
    git("fetch", "-q")
    git.write(dict(files("a1", "b2", "c3")))
    seen = Seen(git)
    assert (seen.new, seen.said) == (set(), [])


def test_a_shallow_clone(origin, tmp_path):
    for name in ("d4", "e5"):
        origin.commit({f"{VERSIONS}/{name}_x.py": revision(name, {"d4": "c3", "e5": "d4"}[name])})
    origin("checkout", "-q", "-b", "work", "HEAD~1")
    origin.commit(
        {f"{VERSIONS}/b2_x.py": revision("b2", "a1", "Text"), f"{VERSIONS}/f6_x.py": revision("f6", "d4")}
    )
    git = cloned(origin, tmp_path, "--depth=1", "--no-single-branch", "-b", "work")
    git("remote", "set-head", "origin", "main")
    seen = Seen(git)
    # What f6 should follow is known from the tip alone; who edited b2 is not.
    assert (seen.new, seen.said) == ({"f6"}, [("forks-from-base", "f6")])
    assert seen.notes == [
        "Where this branch began on `origin/main` is not known (this clone is shallow): edited and deleted revisions are not looked for."
    ]


def test_a_pull_request_in_the_usual_checkout(origin, tmp_path, monkeypatch):
    """One commit deep, one ref: what is new cannot be told, and everything else would be a guess."""
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    origin("checkout", "-q", "-b", "work")
    origin.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    git = cloned(origin, tmp_path, "--depth=1", "-b", "work")
    head = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/pull/1/merge", head)
    git("checkout", "-q", "--detach", head)
    for name in ("refs/heads/work", "refs/remotes/origin/work", "refs/remotes/origin/HEAD"):
        git("update-ref", "--no-deref", "-d", name)
    with pytest.raises(ConfigurationError) as error:
        Seen(git)
    first, fetch, everything = str(error.value).split("\n")
    assert "`origin/main`" in first
    assert "fetch-depth: 0" in fetch
    assert "foreshot check --all" in everything
    assert Seen(git, everything=True).new == {"a1", "b2", "c3", "d4"}
    assert Seen(git, last=1).new == {"d4"}
    git("fetch", "-q", "--unshallow", "origin", "main:refs/remotes/origin/main")
    assert Seen(git).new == {"d4"}


def test_packed_and_in_a_work_tree_of_its_own(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("gc", "-q")
    git("pack-refs", "--all")
    git("worktree", "add", "-q", "-b", "work", str(tmp_path / "beside"))
    beside = Git(tmp_path / "beside", init=False)
    beside.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    assert (Seen(beside).new, Seen(git).new) == ({"d4"}, set())


def test_in_a_submodule(origin, tmp_path):
    outer = Git(tmp_path / "outer")
    outer("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin.root.as_uri(), "sub")
    inner = Git(outer.root / "sub", init=False)
    inner.write({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    assert Seen(inner).new == {"d4"}


def test_a_default_branch_of_another_name(tmp_path, origin):
    origin("branch", "-m", "main", "trunk")
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    assert Seen(git).new == {"d4"}


def test_two_remotes(origin, tmp_path):
    """What any of their default branches has, has shipped."""
    git = cloned(origin, tmp_path)
    upstream = origin.clone(tmp_path / "upstream")
    upstream.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    git("remote", "add", "upstream", upstream.root.as_uri())
    git("fetch", "-q", "upstream")
    git("checkout", "-q", "-b", "work", "upstream/main")
    git.commit({f"{VERSIONS}/e5_x.py": revision("e5", "d4")})
    seen = Seen(git)
    assert (seen.new, seen.said) == ({"e5"}, [])


def test_without_a_remote(origin):
    """On main itself, what is not committed is new; on a branch, what main does not have."""
    assert Seen(origin).new == set()
    origin.write({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    assert Seen(origin).new == {"d4"}
    origin("checkout", "-q", "-b", "work")
    origin.commit()
    assert Seen(origin).new == {"d4"}
    origin("checkout", "-q", "--detach")
    assert Seen(origin).new == {"d4"}


def test_before_the_first_commit(tmp_path):
    git = Git(tmp_path / "repo")
    git.write(
        {"alembic.ini": "[alembic]\nscript_location = migrations\n", "migrations/env.py": "", **files("a1")}
    )
    assert (Seen(git).new, Seen(git).notes) == ({"a1"}, [])


def test_sha256(tmp_path):
    git = Git(tmp_path / "repo", arguments=("--object-format=sha256",))
    git.commit(
        {"alembic.ini": "[alembic]\nscript_location = migrations\n", "migrations/env.py": "", **files("a1")}
    )
    git.write({f"{VERSIONS}/b2_x.py": revision("b2", "a1")})
    assert Seen(git).new == {"b2"}


def test_a_partial_clone(origin, tmp_path):
    origin("config", "uploadpack.allowFilter", "true")
    origin.commit({f"{VERSIONS}/c3_x.py": revision("c3", "b2", "Text")})
    git = cloned(origin, tmp_path, "--filter=blob:none")
    git("checkout", "-q", "-b", "work", "HEAD~1")
    git("reset", "-q", "--soft", "HEAD~0")
    origin.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    git("fetch", "-q")
    seen = Seen(git)
    # The blob of d4 is not here, so the tip cannot be read: that is said, and everything is reviewed.
    assert len(seen.notes) == 1
    assert "which is a partial one" in seen.notes[0]
    assert seen.new == {"a1", "b2", "c3"}


def test_reftable(origin, tmp_path):
    git = cloned(origin, tmp_path)
    (git.root / ".git/reftable").mkdir()
    seen = Seen(git)
    assert seen.new == {"a1", "b2", "c3"}
    assert seen.notes == [
        "The git repository cannot be compared with: it keeps its refs as reftable, which is not read. All revisions are taken for new."
    ]


def test_what_was_asked_for_and_is_not_there(origin, tmp_path):
    with pytest.raises(ConfigurationError, match="git knows no commit `nowhere`"):
        Seen(origin, against="nowhere")
    with pytest.raises(ConfigurationError, match="git knows no commit `nowhere`"):
        Seen(origin, overrides={"base": "nowhere"})
    with pytest.raises(ConfigurationError, match="no git repository"):
        outside = tmp_path / "outside"
        Git.write(
            Git(outside, init=False),
            {
                "alembic.ini": "[alembic]\nscript_location = migrations\n",
                "migrations/env.py": "",
                **files("a1"),
            },
        )
        assert Seen(outside).new == {"a1"}
        Seen(outside, against="main")


def test_since_and_last_and_all(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git.write({f"{VERSIONS}/d4_x.py": revision("d4", "c3"), f"{VERSIONS}/e5_x.py": revision("e5", "d4")})
    assert Seen(git).new == {"d4", "e5"}
    assert Seen(git, overrides={"since": "d4"}).new == {"e5"}
    assert Seen(git, last=3).new == {"c3", "d4", "e5"}
    assert Seen(git, everything=True).new == {"a1", "b2", "c3", "d4", "e5"}
    assert Seen(git, overrides={"review": "all"}).new == {"a1", "b2", "c3", "d4", "e5"}
    assert Seen(git, named=frozenset({str(git.root / VERSIONS / "a1_x.py")})).new == {"a1", "d4", "e5"}


def test_what_breaks_a_shipped_revision_now_is_said_once(origin, tmp_path):
    gone = {f"{VERSIONS}/{name}_x.py": revision(name, {"a1": None, "b2": "a1"}[name]).replace("import sqlalchemy as sa", "import sqlalchemy as sa\nfrom app.types import Money").replace("sa.Integer()", "Money()") for name in ("a1", "b2")}  # fmt: skip
    origin.commit({"app/__init__.py": "", "app/types.py": "class Money: ...\n", **gone})
    git = cloned(origin, tmp_path)
    assert [report.rule for report in Seen(git).result.reports if report.severity == "error"] == []
    git.commit({"app/types.py": "class Cents: ...\n"})
    errors = [report for report in Seen(git).result.reports if report.severity == "error"]
    assert [(report.rule, report.revision) for report in errors] == [("unresolvable-type", "a1")]
    assert [Path(place.path).name for place in errors[0].related][-1] == "b2_x.py"


def loaded(git: Git) -> Session:
    session = Session([str(git.root)])
    session.install(session.load()(lambda _done, _total: None, lambda: None))
    return session


def test_in_an_editor(origin, tmp_path):
    """New revisions have findings; a shipped one has them for what was edited in it, at once, and none for what it does."""
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit(
        {f"{VERSIONS}/d4_x.py": revision("d4", "c3").replace("sa.Integer()", "sa.Integer(), nullable=False")}
    )
    session = loaded(git)
    old, new = (str(git.root / VERSIONS / name) for name in ("b2_x.py", "d4_x.py"))
    assert session.world.reports(old) == []
    assert "not-null-without-default" in {report.rule for report in session.world.reports(new)}
    text = revision("b2", "a1").replace("sa.Integer()", "sa.Integer(), nullable=False")
    session.set_text(old, text)
    assert [report.rule for report in session.world.reports(old)] == ["edited-after-merge"]
    session.set_text(old, f"# nothing\n{revision('b2', 'a1')}")
    assert session.world.reports(old) == []
    session.set_text(old, text)
    # A file that comes is new.
    fifth = str(git.root / VERSIONS / "e5_x.py")
    session.set_text(fifth, text.replace("b2", "e5").replace("a1", "d4"))
    git.write({f"{VERSIONS}/e5_x.py": ""})
    session.touch([fifth])
    assert "not-null-without-default" in {report.rule for report in session.world.reports(fifth)}
    data = graph_data(session.world.projects[0])
    assert (data["base"], data["new"]) == ("origin/main", 2)
    assert {item["revision"] for item in data["revisions"] if not item["shipped"]} == {"d4", "e5"}


def test_an_editor_sees_that_the_base_has_moved(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit({f"{VERSIONS}/d4_x.py": revision("d4", "c3")})
    session = loaded(git)
    assert not session.world.base_has_moved
    git("push", "-q", "origin", "work:refs/heads/elsewhere")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert session.world.base_has_moved
    session.install(session.load()(lambda _done, _total: None, lambda: None))
    assert not session.world.base_has_moved
    assert graph_data(session.world.projects[0])["new"] == 0


def test_repairs_touch_reviewed_revisions_only(origin, tmp_path):
    git = cloned(origin, tmp_path)
    git("checkout", "-q", "-b", "work")
    git.commit(
        {
            f"{VERSIONS}/b2_x.py": revision("b2", "a1", "Text"),
            f"{VERSIONS}/d4_x.py": revision("d4", "b2"),
        }
    )
    assert Seen(git).said == [("edited-after-merge", "b2"), ("forks-from-base", "d4")]
    outcome = fix_all(Options((str(git.root),), cache=False, jobs=1), unsafe=True)
    assert {Path(path).name for path in outcome.files} == {"d4_x.py"}
    assert 'down_revision = "c3"' in outcome.files[str(git.root / VERSIONS / "d4_x.py")][1]
