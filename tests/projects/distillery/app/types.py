"""Column types of our own."""

from decimal import Decimal

import sqlalchemy as sa


class Litres(sa.TypeDecorator):
    """A volume in litres, kept to the millilitre."""

    impl = sa.Numeric(9, 3)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else Decimal(value).quantize(Decimal("0.001"))
