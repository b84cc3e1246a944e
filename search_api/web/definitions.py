"""From a name in code to where it is defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from search_api.limits import MAX_LINE
from search_api.query import Mode
from search_api.similar import covering
from search_api.web.addresses import file_address, search_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index_store.catalogue import Catalogue
    from search_api.caller import Caller

# Languages that use each other's names.
_FAMILIES = (frozenset({"javascript", "typescript", "tsx"}), frozenset({"c", "cpp"}))


class UsedName(BaseModel):
    """A name, and where it stands; `line` is 0 where that does not matter."""

    name: str
    repo: str = ""
    path: str = ""
    line: int = Field(default=0, ge=0, le=MAX_LINE)


def definition_address(catalogue: Catalogue, caller: Caller, used: UsedName) -> str:
    """Where to go from a name: to the definition nearest to it.

    From a definition to its uses; to the definitions to choose from where several are equally near.
    """
    name, repo = used.name, used.repo
    file = catalogue.by_path(repo, used.path) if caller.may_see(repo) else range(0)
    rows = list(defining(catalogue, caller, name, catalogue.language[file[0]] if file else ""))
    in_repo = [row for row in rows if catalogue.repo[row] == repo]
    nearest = [row for row in in_repo if row in file] or in_repo or rows
    if len(nearest) != 1:
        return search_address(name, Mode.SYMBOL, repo if in_repo else "")
    [row] = nearest
    if row in file and covering(catalogue, file, used.line) == row:
        return search_address(name, Mode.EXACT)
    return file_address(catalogue.repo[row], catalogue.path[row], catalogue.start_line[row])


def defining(catalogue: Catalogue, caller: Caller, name: str, language: str) -> Iterator[int]:
    """The rows that define a name in a language, or in any where it is "".

    SECURITY: a caller is not led to, nor told of, what is outside of their scope.
    """
    akin = next((family for family in _FAMILIES if language in family), frozenset({language}))
    return (
        row
        for row in catalogue.by_name(name)
        if not catalogue.part[row]
        and caller.may_see(catalogue.repo[row])
        and (not language or catalogue.language[row] in akin)
    )


def defined_among(catalogue: Catalogue, caller: Caller, names: Iterable[str], language: str) -> set[str]:
    """Those of some names that have a definition to lead to."""
    return {name for name in names if next(defining(catalogue, caller, name, language), None) is not None}
