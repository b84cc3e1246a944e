"""What `nightdex search` is asked: its command line, wherever it is read, and its answer without a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightdex.options import ConfigOption, JsonOption, configuration_of

if TYPE_CHECKING:
    from search_api.cli import Output
    from search_api.query import Query
    from search_api.similar import Like

# ruff: noqa: PLC0415 - the searcher takes half a second to import; `--help` needs none of it


@dataclass(frozen=True, slots=True)
class Asked:
    """A command line of `nightdex search` that holds."""

    question: Query | Like
    output: Output
    config: Path | None


def read_command_line(
    query: Annotated[
        str, typer.Argument(help="Words, code or a name; repo: lang: path: kind: filter inline.")
    ] = "",
    *,
    like: Annotated[
        str, typer.Option(metavar="REPO:PATH:LINE", help="Instead of QUERY: find code like this one.")
    ] = "",
    mode: Annotated[
        str, typer.Option(metavar="MODE", help="hybrid, raw, summary, exact, symbol, similar or auto.")
    ] = "hybrid",
    repo: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this repository.")] = None,
    lang: Annotated[list[str] | None, typer.Option(metavar="LANGUAGE", help="Only this language.")] = None,
    path: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Only this directory, file or glob.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Only this kind: function, class, ...")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="Hits to show.")] = 10,
    offset: Annotated[int, typer.Option(metavar="N", help="Hits to pass over.")] = 0,
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", metavar="N", help="What the hits may cost a model that reads them."),
    ] = None,
    regex: Annotated[
        bool, typer.Option("--regex", help="QUERY is an RE2 pattern (with --mode exact).")
    ] = False,
    as_json: JsonOption = False,
    vimgrep: Annotated[bool, typer.Option("--vimgrep", help="Write path:line:column:text.")] = False,
    no_server: Annotated[
        bool, typer.Option("--no-server", help="Open the index here, even where a server answers.")
    ] = False,
    config: ConfigOption = None,
) -> Asked:
    """Search the index.

    A server of the same index on this machine answers at once; without one the index is opened here.

    --repo, --lang, --path and --kind may be repeated: any of the values given will do.
    """
    from search_api.cli import Output
    from search_api.query import Mode, parse_query
    from search_api.similar import Like

    del no_server  # `nightdex.__main__` has looked for it: whoever comes here has no server
    if as_json and vimgrep:
        raise typer.BadParameter("--json and --vimgrep exclude each other")
    if like and query:
        raise typer.BadParameter("--like takes the place of QUERY; give one of them")
    parsed = parse_query(
        like or query,
        mode=Mode.SIMILAR if like else mode,
        repos=repo or (),
        languages=lang or (),
        paths=path or (),
        kinds=kind or (),
        limit=limit,
        offset=offset,
        regex=regex,
        max_tokens=max_tokens,
    )
    output = Output.JSON if as_json else Output.VIMGREP if vimgrep else Output.HUMAN
    return Asked(Like(parsed) if like else parsed, output, config)


def search_here(asked: Asked) -> int:
    """Open the index, search it, write the answer; return the exit status."""
    from nightdex.models import embedders_of
    from nightdex.shared import index_dir
    from search_api.cli import search_command

    configuration = configuration_of(asked.config)
    embedder_for = embedders_of(configuration.settings.embedding)
    return search_command(asked.question, index_dir(configuration), embedder_for, asked.output)
