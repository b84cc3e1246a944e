"""The routes, a module for each group. A new group is a module with a `router`, listed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search_api.routes import asking, editors, files, hooks, index, operations, search, similar
from search_api.web import chain_page, definition_page, nights_page, pages

if TYPE_CHECKING:
    from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = (
    search.router,
    similar.router,
    files.router,
    index.router,
    asking.router,
    hooks.router,
    editors.router,
    operations.router,
    pages.router,
    definition_page.router,
    nights_page.router,
    chain_page.router,
)
