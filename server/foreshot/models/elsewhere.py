"""Base classes and mixins of libraries, as far as they say something about tables.

Such a class is not in the workspace, and nothing installed is read. Here is what each says by its library's documentation, in the
form in which models are read: oslo.db 17, neutron-lib 3, fastapi-users-db-sqlalchemy 7, SQLAlchemy-Utils 0.42.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

_SOURCES: Final[Mapping[str, str]] = {
    "oslo_db.sqlalchemy.types": """
import sqlalchemy as sa
class SoftDeleteInteger(sa.types.TypeDecorator):
    impl = sa.Integer
""",
    "oslo_db.sqlalchemy.models": """
import sqlalchemy as sa
from oslo_db.sqlalchemy.types import SoftDeleteInteger
class ModelBase:
    pass
class TimestampMixin:
    created_at = sa.Column(sa.DateTime)
    updated_at = sa.Column(sa.DateTime)
class SoftDeleteMixin:
    deleted_at = sa.Column(sa.DateTime)
    deleted = sa.Column(SoftDeleteInteger)
""",
    "neutron_lib.db.model_base": """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base, declared_attr
class HasProject:
    project_id = sa.Column(sa.String(255), index=True)
class HasProjectNoIndex(HasProject):
    project_id = sa.Column(sa.String(255))
class HasProjectPrimaryKey(HasProject):
    project_id = sa.Column(sa.String(255), nullable=False, primary_key=True)
class HasProjectPrimaryUniqueKey(HasProject):
    project_id = sa.Column(sa.String(255), nullable=False, primary_key=True, unique=True)
class HasId:
    id = sa.Column(sa.String(36), primary_key=True)
class HasStatusDescription:
    status = sa.Column(sa.String(16), nullable=False)
    status_description = sa.Column(sa.String(255))
class NeutronBaseV2:
    __table_args__ = {"mysql_engine": "InnoDB"}
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower() + "s"
BASEV2 = declarative_base(cls=NeutronBaseV2)
""",
    "fastapi_users_db_sqlalchemy": """
import sqlalchemy as sa
from sqlalchemy.orm import declared_attr, mapped_column
from fastapi_users_db_sqlalchemy.generics import GUID
class SQLAlchemyBaseUserTable:
    __tablename__ = "user"
    email = mapped_column(sa.String(320), unique=True, index=True, nullable=False)
    hashed_password = mapped_column(sa.String(1024), nullable=False)
    is_active = mapped_column(sa.Boolean, nullable=False)
    is_superuser = mapped_column(sa.Boolean, nullable=False)
    is_verified = mapped_column(sa.Boolean, nullable=False)
class SQLAlchemyBaseUserTableUUID(SQLAlchemyBaseUserTable):
    id = mapped_column(GUID, primary_key=True)
class SQLAlchemyBaseOAuthAccountTable:
    __tablename__ = "oauth_account"
    oauth_name = mapped_column(sa.String(100), index=True, nullable=False)
    access_token = mapped_column(sa.String(1024), nullable=False)
    expires_at = mapped_column(sa.Integer, nullable=True)
    refresh_token = mapped_column(sa.String(1024), nullable=True)
    account_id = mapped_column(sa.String(320), index=True, nullable=False)
    account_email = mapped_column(sa.String(320), nullable=False)
class SQLAlchemyBaseOAuthAccountTableUUID(SQLAlchemyBaseOAuthAccountTable):
    id = mapped_column(GUID, primary_key=True)
    @declared_attr
    def user_id(cls):
        return mapped_column(GUID, sa.ForeignKey("user.id", ondelete="cascade"), nullable=False)
""",
    "sqlalchemy_utils": """
import sqlalchemy as sa
class Timestamp:
    created = sa.Column(sa.DateTime, nullable=False)
    updated = sa.Column(sa.DateTime, nullable=False)
""",
    "starlette.authentication": "class BaseUser: pass\nclass SimpleUser(BaseUser): pass\n",
}
_TOPS: Final = frozenset(name.partition(".")[0] for name in _SOURCES)


def is_known(top: str) -> bool:
    """Whether something is known of a library by the name of its package."""
    return top in _TOPS


def has_module(dotted: str) -> bool:
    """Whether something is known of a module of a library."""
    return dotted in _SOURCES


def is_elsewhere(path: str) -> bool:
    """Whether a module's path is that of one from here, which no file has."""
    return path.startswith("<")


@lru_cache(maxsize=32)
def module_of(dotted: str) -> Module | None:
    """What is known of a module of a library; None where nothing is."""
    text = _SOURCES.get(dotted)
    made = parse(SourceText(text)) if text is not None else None
    return made if isinstance(made, Module) else None


def path_of(dotted: str) -> str:
    """The path that stands for such a module."""
    return f"<{dotted}>"
