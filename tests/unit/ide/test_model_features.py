"""From a model to the operations that made it, and back: cards, definitions, references, lenses, the pending migration."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.ide.hover import hover
from foreshot.ide.lenses import lenses
from foreshot.ide.navigation import definition, references
from foreshot.ide.pending import pending_text
from foreshot.workspace.project import Project
from unit.ide.world import card, project, revision, session

ENV = (
    "from alembic import context\nfrom app.models import Base\n\ntarget_metadata = Base.metadata\n"
    "context.configure(target_metadata=target_metadata)\n"
)
MODELS = """\
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Stamped:
    made_at: Mapped[str] = mapped_column(sa.String(9))


class User(Stamped, Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(40))


class Order(Stamped, Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    note: Mapped[str] = mapped_column(sa.String(9))


tags = sa.Table("tags", Base.metadata, sa.Column("label", sa.String(9)))
"""
TABLES = """op.create_table(
    "users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mail", sa.String(40)), sa.Column("made_at", sa.String(9), nullable=False)
)
op.create_table("tags", sa.Column("label", sa.String(9)))"""
RENAMES = """op.rename_table("users", "people")
op.alter_column("people", "mail", new_column_name="email")"""
ORDERS = """op.create_table(
    "orders",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("user_id", sa.Integer(), nullable=False),
    sa.Column("made_at", sa.String(9), nullable=False),
    sa.ForeignKeyConstraint(["user_id"], ["people.id"]),
)"""
FILLED = """op.execute("UPDATE people SET email = '' WHERE email IS NULL")
with op.batch_alter_table("people") as batch_op:
    batch_op.alter_column("email", nullable=False)"""
FILES = {
    "m/env.py": ENV,
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "m/versions/a1.py": revision("a1", TABLES, docstring="first tables"),
    "m/versions/b2.py": revision("b2", RENAMES, "a1"),
    "m/versions/c3.py": revision("c3", ORDERS, "b2"),
    "m/versions/d4.py": revision("d4", FILLED, "c3"),
}


@pytest.fixture
def known(folder: Path) -> Project:
    return project(folder, FILES)


def place(known: Project, name: str, text: str) -> tuple[str, int]:
    path = f"{known.surroundings.environment.home}/{name}"
    before, _, after = text.partition("|")
    source = known.source(path)
    assert source is not None
    assert source.content.count(before + after) == 1
    return path, source.content.index(before + after) + len(before)


def shown(known: Project, places: list[object]) -> list[str]:
    found: list[str] = []
    for item in places:
        source = known.source(item.path)  # type: ignore[attr-defined]
        assert source is not None
        span = item.span  # type: ignore[attr-defined]
        row = source.lines.position(span.start)[0] + 1
        found.append(f"{Path(item.path).stem}:{row} {source.content[span.start : span.end]}")  # type: ignore[attr-defined]
    return found


def defined(known: Project, name: str, text: str) -> list[str]:
    return shown(known, list(definition(known, *place(known, name, text))))


def used(known: Project, name: str, text: str, *, own: bool = False) -> list[str]:
    return shown(known, list(references(known, *place(known, name, text), with_declaration=own)))


EMAIL = ["a1:11 mail", "b2:10 mail", "d4:9 email", "d4:11 email"]


def test_an_attribute_leads_to_what_made_it_under_another_name(known: Project) -> None:
    assert defined(known, "app/models.py", "    em|ail: Mapped") == ["a1:11 mail"]
    assert used(known, "app/models.py", "    em|ail: Mapped") == EMAIL
    assert used(known, "app/models.py", "    em|ail: Mapped", own=True) == ["models:16 email", *EMAIL]


@pytest.mark.parametrize(
    "name, text",
    [
        ("b2", '"people", "ma|il"'),
        ("b2", 'new_column_name="em|ail"'),
        ("d4", "SET em|ail"),
        ("d4", 'alter_column("em|ail"'),
    ],
)
def test_any_name_in_a_revision_leads_to_what_made_it(known: Project, name: str, text: str) -> None:
    assert defined(known, f"m/versions/{name}.py", text) == ["a1:11 mail"]
    assert used(known, f"m/versions/{name}.py", text) == EMAIL


def test_what_made_it_leads_to_the_model(known: Project) -> None:
    assert defined(known, "m/versions/a1.py", 'sa.Column("ma|il"') == ["models:16 email"]
    assert defined(known, "m/versions/a1.py", '"us|ers", sa') == ["models:13 User"]
    assert defined(known, "m/versions/a1.py", '"la|bel"') == ["models:26 label"]


def test_a_table_by_its_class_its_name_and_a_foreign_key(known: Project) -> None:
    assert defined(known, "app/models.py", "class Us|er(") == ["a1:11 users"]
    assert defined(known, "app/models.py", '__tablename__ = "peo|ple"') == ["a1:11 users"]
    assert defined(known, "app/models.py", 'sa.Table("ta|gs"') == ["a1:13 tags"]
    assert defined(known, "m/versions/c3.py", '["peo|ple.id"]') == ["a1:11 users"]
    assert defined(known, "m/versions/c3.py", '["people.i|d"]') == ["a1:11 id"]
    assert "c3:14 people" in used(known, "app/models.py", "class Us|er(")
    assert "c3:14 id" in used(known, "m/versions/a1.py", 'sa.Column("i|d"')


def test_an_attribute_of_a_mixin_is_a_column_of_each_table(known: Project) -> None:
    assert defined(known, "app/models.py", "    made_|at") == ["a1:11 made_at", "c3:13 made_at"]
    told = card(known, "app/models.py", "    made_|at")
    assert "`people.made_at`" in told
    assert "`orders.made_at`" in told


def test_the_card_of_an_attribute_tells_its_history(known: Project) -> None:
    told = card(known, "app/models.py", "    em|ail: Mapped")
    assert told.startswith("**`people.email`** `VARCHAR(40)` NOT NULL")
    first, second, third = [line for line in told.splitlines() if line.startswith("- ")]
    assert first.startswith("- created with the table in [a1](file://")
    assert first.endswith("first tables")
    assert second.startswith("- renamed from `mail` to `email` in [b2](file://")
    assert third.startswith("- NULL filled in, NOT NULL in [d4](file://")
    assert "Pending" not in told


def test_the_card_of_an_attribute_tells_what_the_operation_will_do(known: Project) -> None:
    told = card(known, "app/models.py", "    no|te: Mapped")
    assert "**Pending**: no revision does this yet." in told
    assert "Adds the column `note` to `orders`" in told
    assert "has a row. Give it a `server_default`" in told
    assert "[not-null-without-default]" in told
    assert card(known, "app/models.py", "note: Map|ped[str]") == ""


def test_lenses_over_models_and_functions(known: Project) -> None:
    home = known.surroundings.environment.home
    titles = [(lens.title, lens.does) for lens in lenses(known, f"{home}/app/models.py")]
    assert titles == [
        ("in step with the migrations", "pending"),
        ("created in a1 first tables", "open"),
        ("changed in d4", "open"),
        ("1 pending change", "pending"),
        ("created in c3", "open"),
        ("in step with the migrations", "pending"),
        ("created in a1 first tables", "open"),
    ]
    found = [(lens.title, lens.does) for lens in lenses(known, f"{home}/m/versions/d4.py")]
    assert found[-2:] == [("SQL", "sql"), ("Schema after", "schema")]


def test_the_pending_migration_is_the_file_that_would_be_created(known: Project) -> None:
    found = pending_text(known)
    assert found is not None
    assert found.count == 1
    assert "op.add_column('orders', sa.Column('note'" in found.text
    assert "down_revision: Union[str, Sequence[str], None] = 'd4'" in found.text


def test_it_follows_what_is_typed(folder: Path) -> None:
    made = session(folder, FILES)
    models, renames = str(folder / "app/models.py"), str(folder / "m/versions/b2.py")
    [before] = made.world.projects
    assert defined(before, "app/models.py", "    em|ail: Mapped") == ["a1:11 mail"]
    made.set_text(models, MODELS.replace("    note", "    # note"))
    [typed] = made.world.projects
    found = pending_text(typed)
    assert found is not None
    assert found.count == 0
    # An operation that is moved is where it is now, and one that is taken away is none any more.
    made.set_text(renames, "\n\n" + FILES["m/versions/b2.py"])
    [moved] = made.world.projects
    assert used(moved, "app/models.py", "    em|ail: Mapped")[1] == "b2:12 mail"
    made.set_text(renames, FILES["m/versions/b2.py"].replace("op.alter_column", "print"))
    [gone] = made.world.projects
    assert defined(gone, "app/models.py", "    em|ail: Mapped") == []
    assert used(gone, "m/versions/a1.py", 'sa.Column("ma|il"') == ["a1:11 mail"]


@pytest.mark.parametrize("cut", range(0, len(MODELS), 23))
def test_half_of_a_model_is_no_error(folder: Path, cut: int) -> None:
    made = session(folder, FILES)
    path = str(folder / "app/models.py")
    text = MODELS[:cut] + "(" * (cut % 3) + MODELS[cut + 5 :]
    made.set_text(path, text)
    [typed] = made.world.projects
    list(lenses(typed, path))
    pending_text(typed)
    for offset in range(0, len(text), 7):
        hover(typed, path, offset)
        definition(typed, path, offset)
        references(typed, path, offset, with_declaration=True)
