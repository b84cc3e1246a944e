"""Links that open a place of an indexed file in an editor on this machine."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class EditorLinks:
    """Ways to open one place; `nvim` and `path` are to be copied, Neovim having no address scheme."""

    vscode: str
    idea: str
    nvim: str
    path: str


def editor_links(root: str, path: str, line: int) -> EditorLinks | None:
    """The links to a line of a file below a local folder, or None where no link would be safe to offer.

    SECURITY: a path comes from a repository. One that leaves the folder, or that a terminal would act on when
    pasted, gets no link.
    """
    whole = PurePosixPath(root) / path
    if not whole.is_absolute() or ".." in whole.parts or not str(whole).isprintable():
        return None
    address = quote(str(whole), safe="/")
    return EditorLinks(
        vscode=f"vscode://file{address}:{line}",
        idea=f"idea://open?file={quote(str(whole), safe='')}&line={line}",
        nvim=f"nvim +{line} -- {shlex.quote(str(whole))}",
        path=f"{whole}:{line}",
    )
