"""Mapped classes."""

from app.models.base import Base
from app.models.casks import Cask, Warehouse
from app.models.orders import Customer, Order, OrderLine, Subscription, VatRate

__all__ = ["Base", "Cask", "Customer", "Order", "OrderLine", "Subscription", "VatRate", "Warehouse"]
