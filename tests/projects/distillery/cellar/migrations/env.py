"""How Alembic runs our migrations."""

from alembic import context
from sqlalchemy import create_engine

from models import Base

target_metadata = Base.metadata
url = context.config.get_main_option("sqlalchemy.url")


def run_migrations():
    if context.is_offline_mode():
        context.configure(url=url, target_metadata=target_metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
