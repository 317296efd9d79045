"""Types as a database stores them, read back as SQLAlchemy's own."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from foreshot.engine.custom import is_perhaps
from foreshot.engine.reflection import compiling_dialect
from foreshot.engine.stored import stored_type

COMMON = [
    sa.BigInteger(), sa.Boolean(), sa.CHAR(32), sa.Date(), sa.DateTime(), sa.DateTime(timezone=True), sa.Double(),
    sa.Float(), sa.Integer(), sa.JSON(), sa.LargeBinary(), sa.Numeric(10, 2), sa.SmallInteger(), sa.String(20), sa.Text(),
    sa.Time(), sa.Uuid(),
]  # fmt: skip
OWN = {
    "postgresql": [
        postgresql.ARRAY(sa.Integer()), postgresql.ARRAY(sa.String(3)), postgresql.BYTEA(), postgresql.CITEXT(), postgresql.INET(),
        postgresql.INTERVAL(), postgresql.JSONB(), postgresql.TIMESTAMP(precision=6, timezone=True), postgresql.TSVECTOR(),
        postgresql.VARCHAR(20, collation="C"), postgresql.UUID(),
    ],
    "mysql": [
        mysql.BIGINT(unsigned=True), mysql.DATETIME(fsp=6), mysql.ENUM("a", "it's"), mysql.INTEGER(display_width=10, unsigned=True),
        mysql.LONGTEXT(), mysql.TINYINT(1), mysql.VARCHAR(20, charset="utf8mb4"),
    ],
    "sqlite": [],
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_what_is_compiled_is_read_back(name: str) -> None:
    dialect = compiling_dialect(name)
    for type_ in [*COMMON, *OWN[name]]:
        text = dialect.type_compiler_instance.process(type_)
        read = stored_type(text, dialect, {})
        assert not is_perhaps(read, dialect), text
        plain = text.replace(' COLLATE "C"', "").replace(" CHARACTER SET utf8mb4", "")
        assert dialect.type_compiler_instance.process(read) == plain
