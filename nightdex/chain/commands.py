"""The subcommands of `nightdex chain`. What a command needs is imported inside it, as in nightdex/cli.py."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightdex.options import ConfigOption, JsonOption, configuration_of, terminate

if TYPE_CHECKING:
    from model_chain.chain import Chain

# ruff: noqa: PLC0415 - the backends' packages take half a second; only commands that use them pay

app = typer.Typer(
    name="chain",
    help="Send work to the cheapest tier that does it well, and see what it cost.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

TierOption = Annotated[
    str | None,
    typer.Option("--tier", metavar="TIER", help="local, haiku, codex or opus; default: the router's."),
]
FolderOption = Annotated[
    Path,
    typer.Option(
        "--folder", metavar="DIR", help="Where the work is; default: here.", file_okay=False, exists=True
    ),
]


@app.command()
def route(
    text: Annotated[str, typer.Argument(help="A task, or a search query with --query.")],
    *,
    query: Annotated[bool, typer.Option("--query", help="TEXT is a search query.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Say which tier a task belongs to, and why; nobody is asked."""
    from nightdex.chain.show import show_route

    show_route(text, "query" if query else "task", as_json=as_json)
    return 0


@app.command()
def run(
    task: Annotated[str, typer.Argument(help="What to do; - reads it from standard input.")] = "",
    *,
    tier: TierOption = None,
    command: Annotated[
        str | None, typer.Option("--command", metavar="CMD", help="Run CMD and condense what it prints.")
    ] = None,
    folder: FolderOption = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the plan first.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Send a task to its tier; print the result, and what it cost on standard error.

    The tier may read below DIR and changes nothing. With --command exactly CMD runs, and its exit status is
    that of nightdex.
    """
    from nightdex.chain.working import command_run, task_run

    if bool(task) == bool(command):
        raise typer.BadParameter("give either a TASK or --command")
    chain = _chain(config)
    if command:
        return command_run(chain, tier or "haiku", command, folder, as_json=as_json)
    text = sys.stdin.read() if task == "-" else task
    return task_run(chain, text, tier, folder, dry_run=dry_run, explain=explain or dry_run, as_json=as_json)


@app.command()
def handoff(
    feature: Annotated[str, typer.Argument(help="The feature, in a sentence or two.")],
    *,
    folder: FolderOption = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="The document is good: implement it.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Let Opus specify a feature and Codex implement it in a worktree of its own.

    The document is written to docs/; a person says yes to it; what is implemented is reviewed. The same
    command goes on where it broke off. Nothing is committed or pushed.
    """
    from nightdex.chain.handoff import handoff_command

    return handoff_command(_chain(config), feature, folder, yes=yes, as_json=as_json)


@app.command()
def ledger(
    *,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="YYYY-MM-DD; default: today.")
    ] = None,
    week: Annotated[bool, typer.Option("--week", help="The seven days up to DATE.")] = False,
    take_in: Annotated[
        bool, typer.Option("--import", help="First take in what Claude Code and Codex logged on disk.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show what each tier did and cost, and what the same would have cost on Opus alone."""
    from nightdex.chain.show import show_ledger

    return show_ledger(configuration_of(config), day, week=week, take_in=take_in, as_json=as_json)


@app.command()
def tiers(
    *,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask each tier to say ok, which costs a little.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show the tiers, and whether each has its program, login or key; exit 1 if one has not."""
    from nightdex.chain.show import show_tiers

    return show_tiers(_chain(config), ask=ask, as_json=as_json)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def guard(context: typer.Context) -> int:
    """Answer a hook of Claude Code or Codex on standard input; the same as `nightdex-guard`."""
    from model_chain.guard.hook import main

    return main(context.args)


def _chain(config: Path | None) -> Chain:
    from nightdex.chain.configured import chain_of

    # Without a handler SIGTERM would end the process and leave the model's running.
    signal.signal(signal.SIGTERM, terminate)
    return chain_of(configuration_of(config))
