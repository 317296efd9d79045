"""What the lab runs: a bad revision for every rule with a repair, with what was meant and how its rows are spoiled."""

from __future__ import annotations

from dataclasses import dataclass

USERS = """
CREATE TABLE orgs (id integer PRIMARY KEY);
INSERT INTO orgs SELECT g FROM generate_series(1, 5) g;
CREATE TABLE users (id integer PRIMARY KEY, email varchar(255), name varchar(100), org integer, age varchar(10));
INSERT INTO users SELECT g, 'u' || g, 'n' || g, 1 + g % 5, g::text FROM generate_series(1, 40) g
"""
DUPLICATE = "INSERT INTO users (id, email) VALUES (999, 'u1')"
HEALED = "DELETE FROM users WHERE id = 999"


@dataclass(frozen=True)
class Scenario:
    """One bad revision."""

    rule: str
    name: str
    up: str
    down: str = "pass"
    setup: str = USERS
    title: str = ""
    """What the title of the repair in question has in it."""
    meant: str | None = None
    """``upgrade()`` as it was to be, where it fails as it is, or where the title says that something else is done."""
    spoil: str = ""
    heal: str = ""
    database: str = "postgresql"
    step: bool = False
    """A first step only: no schema to compare with."""
    refused: bool = False
    """No repair is offered for this revision, on purpose."""
    envs: tuple[str, ...] | None = None
    """The other ways of writing env.py that it is run under; None: all."""
    offline: bool = True
    """Whether ``--sql`` can write it down: not what asks the database."""
    after: str = ""
    """SQL of a later revision that reads what the repair has left; it must not take a row away."""

    @property
    def id(self) -> str:
        """How the scenario is called."""
        return f"{self.rule}: {self.name}"


_INDEX = 'op.create_index("ix_users_email", "users", ["email"])'
_UNINDEX = 'op.drop_index("ix_users_email", table_name="users")'
_ADD = 'op.add_column("users", sa.Column("plan", sa.String(20)))'
_UNADD = 'op.drop_column("users", "plan")'
_CIC = 'op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)'
_STATE = (
    USERS
    + "; CREATE TYPE state AS ENUM ('new', 'paid'); ALTER TABLE users ADD COLUMN state state DEFAULT 'new'"
)
_LATE = "op.execute(\"ALTER TYPE state ADD VALUE 'late'\")\nop.execute(\"UPDATE users SET state = 'late' WHERE id < 5\")"
_UNLATE = "op.execute(\"UPDATE users SET state = 'new' WHERE state = 'late'\")"
_LITE = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(255), age INTEGER);
INSERT INTO users VALUES (1, 'a', 3);
INSERT INTO users VALUES (2, 'b', 4);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE);
INSERT INTO orders VALUES (1, 1)
"""

SCENARIOS = [
    Scenario("blocking-index", "alone", _INDEX, _UNINDEX),
    Scenario("blocking-index", "behind a new column", f'{_ADD}\nop.create_index("ix_plan", "users", ["plan"])', f'op.drop_index("ix_plan", table_name="users")\n{_UNADD}'),
    Scenario("blocking-index", "behind another table's change", f'op.add_column("orgs", sa.Column("note", sa.Text()))\n{_INDEX}', f'{_UNINDEX}\nop.drop_column("orgs", "note")'),
    Scenario("blocking-index", "two, and a column behind them", f'{_INDEX}\nop.create_index("ix_org", "users", ["org"])\n{_ADD}', f'{_UNADD}\nop.drop_index("ix_org", table_name="users")\n{_UNINDEX}'),
    Scenario("blocking-index", "unique, over duplicates", _INDEX.replace('["email"]', '["email"], unique=True'), _UNINDEX, spoil=DUPLICATE, heal=HEALED),
    Scenario("blocking-index", "in a batch", 'with op.batch_alter_table("users") as batch_op:\n    batch_op.add_column(sa.Column("plan", sa.Text()))\n    batch_op.create_index("ix_plan", ["plan"])', 'with op.batch_alter_table("users") as batch_op:\n    batch_op.drop_index("ix_plan")\n    batch_op.drop_column("plan")'),
    Scenario("blocking-index", "with the column", 'op.add_column("users", sa.Column("plan", sa.Text(), index=True))', _UNADD),
    Scenario("blocking-index", "SQL", 'op.execute("CREATE INDEX ix_users_email ON users (email)")', 'op.execute("DROP INDEX ix_users_email")'),
    Scenario("blocking-drop-index", "alone", _UNINDEX, _INDEX, setup=USERS + "; CREATE INDEX ix_users_email ON users (email)"),
    Scenario("blocking-drop-index", "SQL", 'op.execute("DROP INDEX ix_users_email")', _INDEX, setup=USERS + "; CREATE INDEX ix_users_email ON users (email)"),
    Scenario("blocking-unique", "alone", 'op.create_unique_constraint("uq", "users", ["email"])', 'op.drop_constraint("uq", "users", type_="unique")', spoil=DUPLICATE, heal=HEALED),
    Scenario("blocking-unique", "behind a column", f'{_ADD}\nop.create_unique_constraint("uq", "users", ["email"])', f'op.drop_constraint("uq", "users", type_="unique")\n{_UNADD}', spoil=DUPLICATE, heal=HEALED),
    Scenario("blocking-primary-key", "alone", 'op.create_primary_key("pk", "visits", ["user_id", "day"])', 'op.drop_constraint("pk", "visits", type_="primary")', setup="CREATE TABLE visits (user_id integer NOT NULL, day integer NOT NULL); INSERT INTO visits SELECT g, g FROM generate_series(1, 20) g", spoil="INSERT INTO visits VALUES (1, 1)", heal="DELETE FROM visits a USING visits b WHERE a.ctid < b.ctid AND a.user_id = b.user_id"),
    Scenario("blocking-check", "alone", 'op.create_check_constraint("ck", "users", "org > 0")', 'op.drop_constraint("ck", "users", type_="check")', spoil="INSERT INTO users (id, org) VALUES (999, -1)", heal="UPDATE users SET org = NULL WHERE id = 999; DELETE FROM users WHERE id = 999"),
    Scenario("blocking-check", "behind a column", f'{_ADD}\nop.create_check_constraint("ck", "users", "org > 0")', f'op.drop_constraint("ck", "users", type_="check")\n{_UNADD}', spoil="INSERT INTO users (id, org) VALUES (999, -1)", heal="DELETE FROM users WHERE id = 999"),
    Scenario("blocking-foreign-key", "alone", 'op.create_foreign_key("fk", "users", "orgs", ["org"], ["id"])', 'op.drop_constraint("fk", "users", type_="foreignkey")', spoil="INSERT INTO users (id, org) VALUES (999, 77)", heal=HEALED),
    Scenario("blocking-foreign-key", "of a new column, inline", 'op.add_column("users", sa.Column("payer", sa.Integer(), sa.ForeignKey("orgs.id")))', 'op.drop_column("users", "payer")', title="inline"),
    Scenario("blocking-not-null", "alone", 'op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)', 'op.alter_column("users", "email", existing_type=sa.String(255), nullable=True)', spoil="INSERT INTO users (id) VALUES (999)", heal=HEALED),
    Scenario("concurrently-in-transaction", "an index", _CIC, _UNINDEX, meant=_INDEX),
    Scenario("concurrently-in-transaction", "an index behind a column", f"{_ADD}\n{_CIC}", f"{_UNINDEX}\n{_UNADD}", meant=f"{_ADD}\n{_INDEX}"),
    Scenario("validate-in-same-transaction", "a foreign key", 'op.create_foreign_key("fk", "users", "orgs", ["org"], ["id"], postgresql_not_valid=True)\nop.execute("ALTER TABLE users VALIDATE CONSTRAINT fk")', 'op.drop_constraint("fk", "users", type_="foreignkey")', spoil="INSERT INTO users (id, org) VALUES (999, 77)", heal=HEALED),
    Scenario("enum-value-used-in-same-transaction", "at once", _LATE, _UNLATE, setup=_STATE, step=True),
    Scenario("enum-value-used-in-same-transaction", "behind a column", f"{_ADD}\n{_LATE}", f"{_UNLATE}\n{_UNADD}", setup=_STATE, step=True),
    Scenario("missing-lock-timeout", "a column", _ADD, _UNADD, envs=("begin",)),
    Scenario("concurrent-if-not-exists", "an index", f'with op.get_context().autocommit_block():\n    {_CIC[:-1]}, if_not_exists=True)', _UNINDEX, meant=_INDEX, envs=("async", "early, committed", "per migration")),
    Scenario("table-rewrite", "a type", 'op.alter_column("users", "org", existing_type=sa.Integer(), type_=sa.BigInteger())', 'op.alter_column("users", "org", existing_type=sa.BigInteger(), type_=sa.Integer())', step=True),
    Scenario("table-rewrite", "a type that is used at once", 'op.alter_column("users", "org", existing_type=sa.Integer(), type_=sa.BigInteger())\nop.execute("UPDATE users SET org = 9000000000 WHERE id = 1")', "pass", refused=True),
    Scenario("rename-column", "alone", 'op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100))', 'op.alter_column("users", "full_name", new_column_name="name", existing_type=sa.String(100))', step=True),
    Scenario("rename-column", "rows without it are deleted", 'op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(100))\nop.execute("DELETE FROM users WHERE full_name IS NULL")', 'op.alter_column("users", "full_name", new_column_name="name", existing_type=sa.String(100))', refused=True),
    Scenario("rename-not-reversed", "a column", 'op.alter_column("users", "name", new_column_name="full_name")', 'op.drop_column("users", "nothing", if_exists=True)', after="UPDATE users SET full_name = upper(full_name); DELETE FROM users WHERE full_name IS NULL"),
    Scenario("rename-not-reversed", "in another spelling", 'op.alter_column("users", "name", new_column_name="full_name")', 'op.execute(\'alter table "users" RENAME "full_name" TO "name"\')', refused=True),
    Scenario("column-rename-as-drop-add", "a column", 'op.add_column("users", sa.Column("full_name", sa.String(100), nullable=True))\nop.drop_column("users", "name")', 'op.add_column("users", sa.Column("name", sa.String(100), nullable=True))\nop.drop_column("users", "full_name")', meant='op.alter_column("users", "name", new_column_name="full_name")', after="UPDATE users SET full_name = upper(full_name); DELETE FROM users WHERE full_name IS NULL"),
    Scenario("constraint-rename-as-drop-create", "an index", 'op.drop_index("ix_old", table_name="users")\nop.create_index("ix_users_email", "users", ["email"])', 'op.drop_index("ix_users_email", table_name="users")\nop.create_index("ix_old", "users", ["email"])', setup=USERS + "; CREATE INDEX ix_old ON users (email)"),
    Scenario("drop-table", "a table", 'op.drop_table("orgs")', 'op.create_table("orgs", sa.Column("id", sa.Integer(), primary_key=True))', step=True),
    Scenario("drop-table", "Alembic's own", 'op.drop_table("spatial_ref_sys")', "pass", setup="CREATE TABLE spatial_ref_sys (id integer)", refused=True),
    Scenario("not-null-without-default", "filled", 'op.add_column("users", sa.Column("plan", sa.String(20), nullable=False))', _UNADD, title="as nullable, fill it", meant='op.add_column("users", sa.Column("plan", sa.String(20), nullable=False, server_default=""))\nop.alter_column("users", "plan", server_default=None)'),
    Scenario("set-not-null-without-backfill", "a text", 'op.alter_column("users", "email", existing_type=sa.String(255), nullable=False)', 'op.alter_column("users", "email", existing_type=sa.String(255), nullable=True)', setup=USERS + "; INSERT INTO users (id) VALUES (998)", step=True),
    Scenario("type-change-needs-using", "text to number", 'op.alter_column("users", "age", existing_type=sa.VARCHAR(10), type_=sa.Integer())', 'op.alter_column("users", "age", existing_type=sa.Integer(), type_=sa.VARCHAR(10))', meant='op.execute("ALTER TABLE users ALTER COLUMN age TYPE integer USING age::integer")', spoil="INSERT INTO users (id, age) VALUES (999, 'x')", heal=HEALED),
    Scenario("type-change-needs-using", "an enum that nobody makes", 'op.alter_column("users", "age", existing_type=sa.VARCHAR(10), type_=sa.Enum("1", "2", name="ages"))', "pass", refused=True),
    Scenario("python-default-on-add", "a number", 'op.add_column("users", sa.Column("score", sa.Integer(), default=0))', 'op.drop_column("users", "score")', meant='op.add_column("users", sa.Column("score", sa.Integer(), server_default="0"))'),
    Scenario("interpolated-sql", "in quotes", 'who = op.get_bind().scalar(sa.text("SELECT email || chr(39) FROM users WHERE id = 2"))\nop.execute(f"UPDATE users SET name = \'{who}\' WHERE id = 1")', "pass", meant='op.execute(sa.text("UPDATE users SET name = :w WHERE id = 1").bindparams(w="u2\'"))', offline=False),
    Scenario("interpolated-sql", "a number", 'who = op.get_bind().scalar(sa.text("SELECT 3"))\nop.execute(f"UPDATE users SET name = \'x\' WHERE org = {who}")', "pass", refused=True),
    Scenario("whole-table-write", "an update", "op.execute(\"UPDATE users SET name = 'x'\")", "pass", offline=False),
    Scenario("missing-downgrade", "a column", _ADD, "pass", step=True),
    Scenario("alter-outside-batch", "a type", 'op.alter_column("users", "age", existing_type=sa.Integer(), type_=sa.String(10))', 'with op.batch_alter_table("users") as batch_op:\n    batch_op.alter_column("age", existing_type=sa.String(10), type_=sa.Integer())', setup=_LITE, database="sqlite", meant='with op.batch_alter_table("users") as batch_op:\n    batch_op.alter_column("age", existing_type=sa.Integer(), type_=sa.String(10))', envs=("begin",)),
    Scenario("alter-outside-batch", "a column with an index", 'op.drop_column("users", "age")', 'op.add_column("users", sa.Column("age", sa.Integer()))\nop.create_index("ix_users_age", "users", ["age"])', setup=_LITE + "; CREATE INDEX ix_users_age ON users (age)", meant='op.drop_index("ix_users_age", table_name="users")\nop.drop_column("users", "age")', database="sqlite", envs=("begin",)),
    Scenario("alter-outside-batch", "a view reads the table", 'op.alter_column("users", "age", existing_type=sa.Integer(), type_=sa.String(10))', "pass", setup=_LITE + "; CREATE VIEW ages AS SELECT age FROM users", database="sqlite", refused=True),
    Scenario("python-default-on-add", "computed, on SQLite", 'op.add_column("users", sa.Column("made", sa.DateTime(), default=sa.func.now()))', 'op.drop_column("users", "made")', setup=_LITE, database="sqlite", refused=True),
]  # fmt: skip

GAPS = {
    "wide-reindex": "REFRESH … CONCURRENTLY needs a materialized view whose unique index this revision makes",
    "explicit-commit": "the repair of a COMMIT is the block that follows: its shape is concurrently-in-transaction's",
    "unique-over-existing-rows": "the repair stops the upgrade over duplicates, on purpose",
    "table-rename-as-drop-create": "sequences and indexes keep their old names: tests/oracle/test_renames_keep_rows.py",
    "unnamed-constraint": "names need models without a convention; the schema stays the same",
    "drop-unnamed-constraint": "names need models without a convention",
    "identifier-too-long": "the statement fails as it is; the repair changes a name",
    "existing-type-required": "MySQL's alone",
    "plain-string-execute": "wraps a string in sa.text()",
    "timeout-breaks-build": "sets 0 around a block that is there: blocking-index's shape with a session's timeout",
    "timeout-not-restored": "SET becomes SET LOCAL",
}
"""Rules with a repair that the lab does not run, and why."""

NOT_YET = (
    "alter-loses-attributes",
    "colon-in-sql",
    "doubled-name",
    "index-needed-by-foreign-key",
    "integer-primary-key",
    "irreversible-operation",
    "misread-server-default",
    "seeded-ids-without-sequence",
    "several-statements-at-once",
    "use-alter-ignored",
)
"""Rules that came while the lab was built: nobody has written their scenario yet."""
GAPS.update(dict.fromkeys(NOT_YET, "no scenario has been written yet"))

CRASHES = {
    "alter-outside-batch: a column with an index": "as without the repair: what SQLite has dropped or added before a crash stays so",
    "alter-outside-batch: a type": "SQLite's driver commits before DDL: a batch that breaks off leaves its copy of the table",
}
"""Scenarios that a crash in the middle breaks all the same, and why."""
