"""`downgrade()` does not give back the schema that was there before `upgrade()`.

The history is replayed: what was before, what `upgrade()` makes of it, and what `downgrade()` makes of that. Where the two ends
differ, the next upgrade meets a schema that nobody has tested: it fails on what is left behind, or goes on without what is missing.

Names of constraints and the order of columns do not count, nor does a value of an enum type that cannot be taken away. An empty
`downgrade()` is reported by `missing-downgrade`, and what `upgrade()` drops though no revision made it by `unknown-table` and its like. A NOT NULL
column that comes back may have a default that it had not: the rows need one. Nothing is said of tables of which something could not be read, but for what revisions themselves made on them, nor of a view, a function or a trigger that
`upgrade()` drops or replaces, where the history begins in the middle of a database's life: it may have been there before.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(80), nullable=False))
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("a", sa.Integer()))
    op.add_column("users", sa.Column("b", sa.Integer()))


def downgrade():
#   ^^^^^^^^^ the column `users.b` is still there
    op.drop_column("users", "a")
```
```python bad
def upgrade():
    op.alter_column("users", "name", type_=sa.Text(), existing_type=sa.String(80), nullable=True)


def downgrade():
#   ^^^^^^^^^ `users.name` allows NULL and did not
    op.alter_column("users", "name", type_=sa.String(80), existing_type=sa.Text())
```
```python good
def upgrade():
    op.add_column("users", sa.Column("a", sa.Integer()))


def downgrade():
    op.drop_column("users", "a")
```
```python good
def upgrade():
    op.drop_column("users", "name")
    op.drop_table("celery_taskmeta")


def downgrade():
    op.create_table("celery_taskmeta", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("users", sa.Column("name", sa.String(80), nullable=False, server_default=""))
```
```python bad
def upgrade():
    op.drop_column("users", "name")


def downgrade():
#   ^^^^^^^^^ `users.name` allows NULL and did not before and `users.name` has a default and had none
    op.add_column("users", sa.Column("name", sa.String(80), server_default=""))
```
```python good
def upgrade():
    op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(80))
    op.add_column("users", sa.Column("a", sa.Integer()))


def downgrade():
    # `rename-not-reversed` tells what is missing here.
    op.drop_column("users", "a")
```
```python bad dialect=postgresql
def upgrade():
    op.execute("DROP VIEW IF EXISTS names")
    op.execute("CREATE VIEW names AS SELECT name FROM users")


def downgrade():
#   ^^^^^^^^^ the view `names` is still there
    op.execute("DROP VIEW IF EXISTS names")
    op.execute("CREATE VIEW names AS SELECT id FROM users")
```
```python setup
def upgrade():
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.UniqueConstraint("code", name="uq_flags_code"),
    )
```
```python bad
def upgrade():
    op.execute("INSERT INTO flags (code) VALUES ('beta')")
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
#   ^^^^^^^^^ the row in `flags` is still there, and the next upgrade fails on `uq_flags_code`
    op.drop_column("flags", "note")
```
```python bad
flags = sa.table("flags", sa.column("code"), sa.column("note"))


def upgrade():
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))
    op.bulk_insert(flags, [{"code": "beta", "note": "for some"}, {"code": "new", "note": "for none"}])


def downgrade():
#   ^^^^^^^^^ the row in `flags` is still there, and the next upgrade fails on `uq_flags_code`
    op.drop_column("flags", "note")
```
```python bad
flags = sa.table("flags", sa.column("code"))


def upgrade():
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))
    for code in ("beta", "new"):
        op.execute(sa.insert(flags).values(code=code))


def downgrade():
#   ^^^^^^^^^ the row in `flags` is still there, and the next upgrade fails on `uq_flags_code`
    op.drop_column("flags", "note")
```
```python good
flags = sa.table("flags", sa.column("code"))


def upgrade():
    op.bulk_insert(flags, [{"code": "beta"}])
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("flags", "note")
    op.execute(flags.delete().where(flags.c.code == "beta"))
```
```python good
def upgrade():
    op.execute("INSERT INTO flags (code) VALUES ('beta') ON CONFLICT DO NOTHING")
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("flags", "note")
```
```python good
def upgrade():
    op.execute("INSERT INTO flags (code) VALUES ('beta')")
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("flags", "note")
    op.execute("DELETE FROM flags WHERE code = 'beta'")
```
```python good
def upgrade():
    op.execute("DELETE FROM flags WHERE code = 'beta'")
    op.execute("INSERT INTO flags (code) VALUES ('beta')")
    op.add_column("flags", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("flags", "note")
```
```python setup
KINDS = ["a", "b"]


def upgrade():
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("flag_id", sa.Integer(), sa.ForeignKey("flags.id", name="fk_jobs_flag", ondelete="CASCADE")),
        sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.sql.false()),
        sa.Column("kinds", sa.Text(), nullable=False, server_default=sa.text(f"'{KINDS}'")),
    )
```
```python bad
def upgrade():
    op.drop_constraint("fk_jobs_flag", "jobs", type_="foreignkey")


def downgrade():
#   ^^^^^^^^^ the constraint `fk_jobs_flag` of `jobs` is another than before
    op.create_foreign_key("fk_jobs_flag", "jobs", "flags", ["flag_id"], ["id"])
```
```python good
def upgrade():
    op.drop_column("jobs", "is_open")
    op.drop_column("jobs", "kinds")


def downgrade():
    op.add_column("jobs", sa.Column("kinds", sa.Text(), nullable=False, server_default="['a', 'b']"))
    op.add_column("jobs", sa.Column("is_open", sa.BOOLEAN(), nullable=False, server_default=sa.text("false")))
```
```python good dialect=postgresql
def upgrade():
    op.execute(sa.schema.CreateSequence(sa.Sequence("orders_no")))
    op.create_table("orders", sa.Column("no", sa.BigInteger(), server_default=sa.text("nextval('orders_no')")))
    op.execute("ALTER SEQUENCE orders_no OWNED BY orders.no")


def downgrade():
    op.drop_table("orders")
```
```python bad dialect=postgresql
def upgrade():
    op.execute("CREATE SEQUENCE orders_no OWNED BY orders.no")
    op.execute("ALTER SEQUENCE orders_no OWNED BY NONE")


def downgrade():
    #| the sequence `orders_no` is still there
    op.drop_table("orders")
```
A type that goes with CASCADE takes its columns along:

```python good dialect=postgresql
def upgrade():
    op.execute("CREATE TYPE tier AS ENUM ('a', 'b')")
    op.execute("ALTER TABLE users ADD COLUMN tier tier")


def downgrade():
    op.execute("DROP TYPE tier CASCADE")
```

MySQL's MODIFY states a default that was lost, where it is passed:

```python good dialect=mysql
def upgrade():
    op.alter_column("jobs", "is_open", existing_type=sa.Boolean(), nullable=True)


def downgrade():
    op.alter_column("jobs", "is_open", existing_type=sa.Boolean(), nullable=False, existing_server_default=sa.sql.false())
```

A temporary table goes with its session:

```python good
def upgrade():
    op.execute("CREATE TEMPORARY TABLE kept AS SELECT id FROM users")
    op.add_column("users", sa.Column("town", sa.Text()))


def downgrade():
    op.drop_column("users", "town")
```

```python setup
def upgrade():
    op.create_table("tasks", sa.Column("state", sa.Enum("a", "b", name="ck_state", native_enum=False, create_constraint=True)))
```
```python good dialect=postgresql
def upgrade():
    op.drop_constraint("ck_state", "tasks", type_="check")


def downgrade():
    op.create_check_constraint("ck_state", "tasks", "state IN ('a', 'b')")
```
Where the first tables were made by `create_all`, so may the view have been:

```python setup
def upgrade():
    op.add_column("older", sa.Column("code", sa.Text(), nullable=True))
```
```python good dialect=postgresql
def upgrade():
    op.execute("DROP VIEW IF EXISTS codes")
    op.execute("CREATE VIEW codes AS SELECT code FROM older")
    op.execute("CREATE OR REPLACE FUNCTION now_utc() RETURNS timestamp LANGUAGE sql AS $$ SELECT now() AT TIME ZONE 'utc' $$")


def downgrade():
    op.execute("DROP VIEW IF EXISTS codes")
    op.execute("CREATE VIEW codes AS SELECT 1 AS code")
```
```python bad dialect=postgresql
def upgrade():
    op.execute("CREATE VIEW codes AS SELECT code FROM older")
    op.add_column("older", sa.Column("name", sa.Text(), nullable=True))


def downgrade():
#   ^^^^^^^^^ the view `codes` is still there
    op.drop_column("older", "name")
```
```python setup
def upgrade():
    op.create_table("jobs", sa.Column("flag_id", sa.Integer()), sa.Column("is_open", sa.Boolean()), sa.Column("kinds", sa.Text()))
    op.create_index(
        "uq_jobs", "jobs", ["flag_id"], unique=True, postgresql_where=sa.text("kinds != 'a  b' AND is_open IN (true, false)")
    )
    op.create_index("ix_jobs", "jobs", ["kinds"], postgresql_where=sa.column("is_open").is_(True))
```
```python good dialect=postgresql
def upgrade():
    op.drop_index("uq_jobs", table_name="jobs")
    op.drop_index("ix_jobs", table_name="jobs")


def downgrade():
    op.create_index("ix_jobs", "jobs", ["kinds"], postgresql_where=sa.text("(is_open IS TRUE)"))
    op.create_index(
        "uq_jobs",
        "jobs",
        ["flag_id"],
        unique=True,
        postgresql_where="((kinds <> 'a  b'::text) AND (is_open = ANY (ARRAY[true, false])))",
    )
```
```python bad dialect=postgresql
def upgrade():
    op.drop_index("uq_jobs", table_name="jobs")


def downgrade():
#   ^^^^^^^^^ the index `uq_jobs` of `jobs` is another than before
    op.create_index(
        "uq_jobs", "jobs", ["flag_id"], unique=True, postgresql_where=sa.text("kinds <> 'a b' AND is_open IN (true, false)")
    )
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code, listed
from foreshot.rules.downgrade._excuses import is_excused, may_be_older
from foreshot.rules.downgrade._rows_left import row_left
from foreshot.schema.difference import differences

_MOST = 2


class DowngradeNotInverse(RevisionRule):
    """A downgrade that does not undo its upgrade."""

    severity = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The differences on the first database that has some."""
        function = context.revision.functions.get("downgrade")
        if function is None or not context.downgrade or not context.upgrade:
            return
        for target in context.targets():
            story = context.story(target)
            if story is None:
                continue
            before = story.start("upgrade")
            found = [
                item
                for item in differences(before, story.end("downgrade"))
                if not is_excused(item, before, context) and not may_be_older(item, before, context)
            ]
            if not found:
                row = row_left(before, context)
                if row is not None:
                    yield self.finding(
                        function.name,
                        f"After upgrade and downgrade, the row in {code(row[0])} is still there, and the next upgrade fails on"
                        f" {code(row[1])}{context.where([target])}. Delete it.",
                        object=row[0],
                        targets=[target],
                    )
                    return
                continue
            shown = listed([item.words.format(*map(code, item.names)) for item in found[:_MOST]])
            more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
            yield self.finding(
                function.name,
                f"After upgrade and downgrade, {shown}{more}{context.where([target])}. Undo what `upgrade()` does.",
                object=found[0].about,
                targets=[target],
            )
            return
