"""Cards: the operation, the risk on each database, and what bears on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from unit.ide.world import card, hover_at, project, revision

INDEX = 'op.create_index("ix", "users", ["email"])'
HOSTILE = (
    "](command:evil) <img src=x onerror=y> `code` **bold** [a](https://evil.example) \u202e\x07"
    " https://evil.example ![p](https://evil.example/p.png) | # -"
)


def one(folder: Path, body: str, place: str, settings: str = 'dialect = "postgresql"') -> str:
    files = {"m/versions/1.py": revision("a1", body), "pyproject.toml": f"[tool.foreshot]\n{settings}\n"}
    return card(project(folder, files), "m/versions/1.py", place)


def test_the_risk_is_said_for_each_database(folder: Path) -> None:
    found = one(folder, INDEX, "op.create_|index", 'dialect = ["postgresql", "mysql"]')
    assert found.startswith("Creates the index `ix` on `email` of `users`.\n\n**Caution** on PostgreSQL\n")
    assert "\n- **PostgreSQL**: takes SHARE on `users`; takes about a second" in found
    assert "\n- **MySQL**: the whole table is read" in found and "ALGORITHM=INPLACE, LOCK=NONE" in found


def test_the_version_counts(folder: Path) -> None:
    body = 'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False, server_default="1"))'
    settings = 'dialect = "mysql"\nserver-version = "{}"'
    old = one(folder / "a", body, "op.add_|column", settings.format("5.7"))
    new = one(folder / "b", body, "op.add_|column", settings.format("8.4"))
    assert "INSTANT" in new and old != new


def test_databases_that_are_not_known_are_named(folder: Path) -> None:
    found = one(folder, INDEX, "op.create_|index", "")
    assert "`dialect` in the settings names yours" in found


@pytest.mark.parametrize(
    "body, place, words",
    [
        (f"with op.get_context().autocommit_block():\n    {INDEX}", "op.create_|index", "autocommit block"),
        (f'if op.get_bind().dialect.name == "mysql":\n    {INDEX}', "op.create_|index", "runs on MySQL and MariaDB only"),
        (f"if something():\n    {INDEX}", "op.create_|index", "under a condition"),
        (f'for t in ["a", "b"]:\n    {INDEX.replace(chr(34) + "users" + chr(34), "t")}', "op.create_|index", "Repeated"),
        (f'op.create_table("users", sa.Column("email", sa.Text()))\n{INDEX}', "op.create_|index", "nobody waits"),
        ('op.drop_column("users", "a")', "drop_|column", "**Danger**"),
        ('op.execute("CREATE INDEX ix ON users (a)")', "CREATE IN|DEX", "Creates the index `ix`"),
        ('op.execute("UPDATE t SET a = 1; DROP TABLE u")', "op.exe|cute", "- Drops the table `u`"),
        ('with op.batch_alter_table("t") as b:\n    b.drop_column("x")', "batch_alter|_table", "Drops the column `x`"),
        (INDEX, "def up|grade", "Creates the index"),
        ("op.execute(some())", "op.exe|cute", "Not read: "),
    ],
)  # fmt: skip
def test_what_bears_on_the_answer_is_said(folder: Path, body: str, place: str, words: str) -> None:
    assert words in one(folder, body, place)


NEW = 'op.add_column("users", sa.Column("plan", sa.Text()))'


@pytest.mark.parametrize(
    "body, place, dialect, verdict",
    [
        ("op.execute(\"CREATE TYPE kind AS ENUM ('a')\")", "CREATE TY|PE", ["postgresql"], "**Safe**: nobody waits"),
        ('op.execute("ALTER TYPE kind RENAME TO old")', "ALTER TY|PE", ["postgresql", "mysql"], "**Not known** on MySQL"),
        (NEW, "op.add_|column", ["postgresql"], "**Brief lock**: reads and writes wait"),
        (NEW, "op.add_|column", ["mysql"], "**Brief lock**: reads and writes wait"),
        ('op.execute("DROP TYPE kind")', "DROP TY|PE", ["postgresql"], "**Caution**: fails"),
        (f'{NEW}\nop.execute("UPDATE users SET plan = 1")', "UPD|ATE", ["postgresql"], "**Danger**"),
        ('op.drop_constraint("uq", "users", type_="unique")', "drop_|constraint", ["mariadb"], "**Not known**: whether it rewrites"),
        (f"with op.get_context().autocommit_block():\n    {INDEX[:-1]}, postgresql_concurrently=True)", "op.create_|index", ["postgresql"], "**Online**"),
    ],
)  # fmt: skip
def test_nothing_is_called_safe_that_fails_waits_or_is_unknown(
    folder: Path, body: str, place: str, dialect: list[str], verdict: str
) -> None:
    found = one(folder, body, place, f"dialect = {dialect!r}")
    assert f"\n\n{verdict}" in found
    assert sum(line.startswith("- ") for line in found.splitlines()) <= 4


def test_types_are_shown_with_their_arguments(folder: Path) -> None:
    body = 'op.alter_column("t", "c", existing_type=sa.Numeric(8, 2), type_=sa.Numeric(precision=6, scale=2))'
    found = one(folder, body, "alter_|column")
    assert "from `sa.Numeric(8, 2)` to `sa.Numeric(precision=6, scale=2)`" in found


def test_there_is_nothing_to_say_elsewhere(folder: Path) -> None:
    assert one(folder, INDEX, "import sqlal|chemy") == ""
    assert one(folder, INDEX, "def down|grade") == ""


def test_findings_are_shown_with_their_page_and_their_repair(folder: Path) -> None:
    found = one(folder, INDEX, "op.create_|index")
    assert "[blocking-index](https://foreshot.readthedocs.io/rules/blocking-index/)" in found
    assert "→ Create the index concurrently" in found


def test_a_missing_parent_shows_what_is_alike(folder: Path) -> None:
    files = {
        "m/versions/1.py": revision("abcdef123456"),
        "m/versions/2.py": revision("b2", parent="abcdef123457"),
    }
    found = card(project(folder, files), "m/versions/2.py", "abcdef1234|57")
    assert found == "There is no revision `abcdef123457`. Most alike: `abcdef123456`."


def test_a_revision_is_shown_with_its_family(folder: Path) -> None:
    files = {
        "m/versions/1.py": revision("a1", docstring="first\n\nCreate Date: 2024-01-01"),
        "m/versions/2.py": revision("b2", parent="a1", docstring="second"),
        "m/versions/3.py": revision("c3", parent="a1").replace(
            "\n\n\ndef upg", '\nbranch_labels = "side"\n\n\ndef upg'
        ),
    }
    found = card(project(folder, files), "m/versions/2.py", "down_revision = 'a|1'")
    assert found.startswith("**`a1`** first\n\nbase · branch point · created 2024-01-01")
    assert "followed by [b2](file://" in found and "followed by [c3](file://" in found
    side = card(project(folder, files), "m/versions/3.py", '"c|3"')
    assert "head" in side and "label `side`" in side


def test_nothing_of_a_hostile_file_is_more_than_text(folder: Path) -> None:
    name = HOSTILE.replace("\\", "")
    files = {
        "m/versions/1.py": revision(
            "a1", f"op.create_index({name!r}, {name!r}, [{name!r}])\nx({name!r})", docstring=name
        ),
        "m/versions/2.py": revision("b2", f"op.execute({name!r})\nop.drop_table({name!r})", parent="a1"),
    }
    found = project(folder, files)
    render = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse
    for file, place in (
        ("m/versions/1.py", "op.create_|index"),
        ("m/versions/1.py", "def up|grade"),
        ("m/versions/2.py", "down_revision = 'a|1'"),
        ("m/versions/2.py", "op.exe|cute"),
        ("m/versions/2.py", "op.drop_|table"),
    ):
        shown = hover_at(found, file, place)
        assert shown is not None
        assert "\u202e" not in shown.markdown and "\x07" not in shown.markdown
        tokens = [token for block in render(shown.markdown) for token in (block, *(block.children or ()))]
        assert not {"image", "html_inline", "html_block", "table_open"} & {token.type for token in tokens}
        hrefs = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
        assert all(href.startswith(("file:///", "https://foreshot.readthedocs.io/")) for href in hrefs)


def test_a_table_that_was_emptied_keeps_nobody_waiting_in_rules_and_card_alike(tmp_path: Path) -> None:
    body = 'op.execute("TRUNCATE users")\nop.create_index("ix", "users", ["email"])'
    found = project(tmp_path.resolve(), {"m/versions/1.py": revision("a1", body)})
    assert "blocking-index" not in {report.rule for report in found.reports}
    assert "**Brief lock**" in card(found, "m/versions/1.py", "op.create_|index")
    rows = revision("a1", body.replace("TRUNCATE users", "SELECT 1"))
    found = project(tmp_path.resolve(), {"m/versions/1.py": rows})
    assert "blocking-index" in {report.rule for report in found.reports}
    assert "**Caution**" in card(found, "m/versions/1.py", "op.create_|index")


@pytest.mark.parametrize(
    "name, place, words",
    [
        ("alembic.ini", "time|zone", "Since 0.9.2"),
        ("alembic.ini", "script_loc|ation", "`%(here)s`"),
        ("alembic.ini", "black.entry|point", "`console_scripts`"),
        ("alembic.ini", "hoo|ks =", "Since 1.2"),
        ("m/script.py.mako", "repr(down_revi|sion)", "a tuple for a merge"),
        ("m/script.py.mako", "${upgra|des if", "`pass` has to stand in"),
        ("m/env.py", "context.begin_trans|action", "the whole run"),
        ("m/env.py", "def only_|ours", "autogenerate compares"),
        ("m/env.py", "context.conf|igure", "the options of this run"),
        ("m/versions/1.py", "op.get_|bind", "`--sql`"),
        ("m/versions/1.py", "autocommit_|block", "not rolled back"),
    ],
)  # fmt: skip
def test_configuration_and_template_and_env_are_explained(
    folder: Path, name: str, place: str, words: str
) -> None:
    env = (
        "from alembic import context\n\n\ndef only_ours(object, name, type_, reflected, compare_to):\n    return True\n\n\n"
        "context.configure(include_object=only_ours)\nwith context.begin_transaction():\n    context.run_migrations()\n"
    )
    files = {
        "alembic.ini": "[alembic]\nscript_location = m\ntimezone = UTC\n\n[post_write_hooks]\nhooks = black\nblack.type = console_scripts\nblack.entrypoint = black\n",
        "m/script.py.mako": '"""${message}"""\ndown_revision = ${repr(down_revision)}\n\n\ndef upgrade():\n    ${upgrades if upgrades else "pass"}\n',
        "m/env.py": env,
        "m/versions/1.py": revision(
            "a1", "op.get_bind()\nwith op.get_context().autocommit_block():\n    pass"
        ),
    }
    assert words in card(project(folder, files), name, place)


def test_words_elsewhere_in_a_template_are_no_variables(folder: Path) -> None:
    files = {"m/script.py.mako": '"""${message} and imports"""\nrevision = ${repr(up_revision)}\n'}
    assert card(project(folder, files), "m/script.py.mako", "and imp|orts") == ""
