"""The `nightdex` command. What a command needs is imported inside it, so that `--help` answers at once."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from nightdex.asked import Asked, read_command_line, search_here
from nightdex.chain.commands import app as chain_app
from nightdex.options import ConfigOption, JsonOption
from nightdex.options import begin as _begin
from nightdex.options import begin_quietly as _begin_quietly
from nightdex.options import configuration_of as _configuration
from nightdex.options import terminate as _terminate

# ruff: noqa: PLC0415 - lancedb takes a second to import, pydantic a tenth; only commands that use them pay

app = typer.Typer(
    name="nightdex",
    help="A nightly index of all your repositories, and the search over it.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

key_app = typer.Typer(help="API keys: make, list and revoke them.", no_args_is_help=True)
app.add_typer(key_app, name="key")
app.add_typer(chain_app, name="chain")


@app.callback()
def options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take what stands before the command."""
    del debug  # `_run` looks for it by itself, because the command line may be beyond understanding


@app.command()
def run(
    *,
    repo: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Bring only this repository up to date; may be repeated."),
    ] = None,
    accept_vanished: Annotated[
        bool, typer.Option("--accept-vanished", help="Publish even when many repositories are gone at once.")
    ] = False,
    accept_golden: Annotated[
        bool, typer.Option("--accept-golden", help="Publish even when a golden query lost its answer.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is due, for how many hours and nights.")
    ] = False,
    engine: Annotated[
        str, typer.Option(metavar="WHERE", help="local, or ray: on a cluster. Default: as [engine] says.")
    ] = "",
    address: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Of the Ray cluster. Default: one of this machine.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Bring the index up to date and publish it.

    Exits with 3 when some repositories failed (they keep their last good chunks) or vectors are missing
    because the embedder broke down, with 11 when a run is going on.
    """
    # Without a handler SIGTERM would end the process without stopping its workers.
    signal.signal(signal.SIGTERM, _terminate)
    file = _begin(config) if dry_run else _begin_quietly(config)
    for key, value in (("KIND", engine), ("ADDRESS", address)):
        if value:
            os.environ[f"NIGHTDEX_ENGINE__{key}"] = value
    if dry_run:
        from nightdex.dry_run import dry_run_command

        return dry_run_command(file, repo or [], as_json=as_json)
    from nightdex.night import run_night_command

    return run_night_command(
        file, repo or [], accept_vanished=accept_vanished, accept_golden=accept_golden, as_json=as_json
    )


@app.command()
def schedule(*, config: ConfigOption = None) -> int:
    """Run a night every day, at the hour that [schedule] names, until stopped.

    Begins with one where the last is more than a day old. Exits with 130 when it was stopped during a night:
    what is done is kept, and the next one goes on from there.
    """
    from nightdex.schedule import schedule_command

    return schedule_command(_configuration(config, log_level=logging.INFO))


@app.command()
def serve(*, config: ConfigOption = None) -> int:
    """Answer searches over HTTP until stopped.

    A new night is served without a restart, and without failing a request. On a loopback address no key is
    needed; on any other the server starts only when there is one (`nightdex key create`).
    """
    from nightdex.service import serve_command

    return serve_command(_configuration(config, log_level=logging.INFO))


@app.command()
def mcp(*, config: ConfigOption = None) -> int:
    """Give one agent the tools over standard input and output; `nightdex setup` tells agents of it.

    A server that runs (`nightdex serve`) has the same tools at /mcp, for any number of agents.
    """
    from nightdex.service import mcp_command

    return mcp_command(_configuration(config))


# Gives back what is asked: a server reads the same command line to answer it, `_run` to open the index.
app.command("search")(read_command_line)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question; repo: lang: path: kind: filter inline.")],
    *,
    defer: Annotated[
        str,
        typer.Option(
            "--defer",
            metavar="HOW",
            help="answer: by the thinking tier. handback: the code only. never: hits.",
        ),
    ] = "answer",
    repo: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this repository.")] = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", metavar="N", help="What the code may cost a model that reads it.")
    ] = 8_000,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Ask a question that needs thinking; the right code goes with it.

    The answer is streamed, with the places it rests on. Exits with 1 when no answer was to be had: then the
    code is handed back, with the reason.
    """
    from nightdex.chain.configured import chain_of
    from nightdex.models import embedders_of
    from nightdex.shared import index_dir
    from search_api.ask_command import ask_command
    from search_api.asking import Action
    from search_api.query import question as parse_question

    if defer not in set(Action):
        raise typer.BadParameter(f"--defer is one of {', '.join(Action)}")
    # Without a handler SIGTERM would end the process and leave the model's running.
    signal.signal(signal.SIGTERM, _terminate)
    configuration = _configuration(config)
    embedder_for = embedders_of(configuration.settings.embedding)
    asked = parse_question(question, repos=repo or (), pack_tokens=max_tokens)
    chain = chain_of(configuration)
    return ask_command(asked, Action(defer), index_dir(configuration), embedder_for, chain, as_json=as_json)


@app.command()
def status(*, as_json: JsonOption = False, config: ConfigOption = None) -> int:
    """Show whether search can be trusted now, and what is known of the index and its nights.

    Exits with 0 where it can, with 3 where something is stale, missing or failed last night, and with 1 where
    the index is damaged or no night has come to its end for a day and a half.
    """
    from nightdex.status import status_command

    return status_command(_configuration(config), as_json=as_json)


@app.command()
def notify(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What to say. Default: that this is a test.")
    ] = "",
    *,
    test: Annotated[bool, typer.Option("--test", help="Say that this is a test.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Say something over the channels of [notify], which are told of nights that fail.

    Exits with 1 when one of them did not take it.
    """
    from nightdex.notify import notify_command

    if test and text:
        raise typer.BadParameter("--test has a text of its own")
    return notify_command(_configuration(config), text, as_json=as_json)


@app.command()
def check(
    generation: Annotated[
        int | None, typer.Argument(metavar="GENERATION", help="Default: the one that serves.")
    ] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Compare every byte with what was published.

    Exits with 1 when a file or a row of the index is not what was published.
    """
    from nightdex.upkeep import check_command

    return check_command(_configuration(config), generation, as_json=as_json)


@app.command()
def rollback(
    generation: Annotated[
        int | None, typer.Argument(metavar="GENERATION", help="Default: the newest one below the current.")
    ] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Let an older generation serve again.

    Every file of it is checked first.
    """
    from nightdex.upkeep import rollback_command

    return rollback_command(_configuration(config), generation, as_json=as_json)


@app.command()
def backup(
    place: Annotated[Path, typer.Argument(metavar="DEST", help="A folder that is not there yet.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the backup that is there.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Copy the index that serves, the ledger, keys, caches and reports into a folder, and check the copy.

    Nights and servers may run meanwhile. The folder appears as a whole or not at all.
    """
    from nightdex.backup.command import backup_command

    signal.signal(signal.SIGTERM, _terminate)
    return backup_command(_configuration(config), place, force=force, as_json=as_json)


@app.command()
def restore(
    place: Annotated[Path, typer.Argument(metavar="SRC", help="What `nightdex backup` made.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace ledger, keys and caches.")] = False,
    without_index: Annotated[
        bool, typer.Option("--without-index", help="Only the rest: `nightdex run` builds the index.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Restore a backup into the state_dir of repos.toml, here or on another machine.

    All of it is checked before anything changes. A server that runs follows at once.
    """
    from nightdex.backup.command import restore_command

    signal.signal(signal.SIGTERM, _terminate)
    configuration = _configuration(config)
    return restore_command(configuration, place, force=force, index=not without_index, as_json=as_json)


@key_app.command("create")
def key_create(
    *,
    repos: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="The only repositories it may see. Default: all, future ones too."),
    ] = None,
    expires: Annotated[str, typer.Option(metavar="SPAN", help="90d, 12h, 4w or never.")] = "90d",
    note: Annotated[str, typer.Option(metavar="TEXT", help="Whom or what it is for.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Make a key and show it, once."""
    from nightdex.keys import create_command

    return create_command(_configuration(config).state_dir, repos, expires, note, as_json=as_json)


@key_app.command("list")
def key_list(*, as_json: JsonOption = False, config: ConfigOption = None) -> int:
    """Show which keys there are, what they may see and when they end."""
    from nightdex.keys import list_command

    return list_command(_configuration(config).state_dir, as_json=as_json)


@key_app.command("revoke")
def key_revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="As `nightdex key list` shows it.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """End a key at once, also for a server that is running."""
    from nightdex.keys import revoke_command

    return revoke_command(_configuration(config).state_dir, key, as_json=as_json)


@app.command()
def doctor(
    *,
    pull: Annotated[
        bool, typer.Option("--pull", help="First let every Ollama host pull the models it lacks.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Examine everything that can be wrong, and say what to do about it.

    Exits with 1 when something that is configured does not work.
    """
    from nightdex.doctor.command import doctor_command

    return doctor_command(_begin(config), pull=pull, as_json=as_json)


@app.command()
def setup(
    client: Annotated[str, typer.Argument(help="claude, codex, cursor, vscode, nvim or systemd.")],
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Take exactly that back.")] = False,
    http: Annotated[
        bool, typer.Option("--http", help="Use the running `nightdex serve`, not a process of the client's.")
    ] = False,
    user: Annotated[
        bool, typer.Option("--user", help="With systemd: services of your own, not of the system.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Tell an agent, an editor or systemd about nightdex, in its own configuration.

    Shows the change before it is made; every other byte of the file stays as it is.
    """
    from nightdex.setup.command import launch_of, program, setup_command, setup_systemd_command, shipped
    from nightdex.setup.systemd import services_of, unit_folder

    # To take it back nothing has to be configured any more.
    if client == "systemd":
        services = None
        if not undo:
            services = services_of(_configuration(config), program(), shipped("systemd", "systemd"), own=user)
        return setup_systemd_command(services, unit_folder(os.environ, own=user), yes=yes, as_json=as_json)
    if user:
        raise typer.BadParameter("--user is for systemd alone")
    launch = None if undo else launch_of(_configuration(config), http=http)
    return setup_command(client, launch, os.environ, yes=yes, as_json=as_json)


@app.command()
def version() -> int:
    """Show the version."""
    from importlib.metadata import version as package_version

    print(package_version("nightdex"))  # noqa: T201 - the command's own output
    return 0


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_run(given))


def _run(arguments: list[str]) -> int:
    from nightdex import failures

    if hasattr(sys.stdout, "reconfigure"):
        # Names that are not UTF-8, and terminals that are not, must not end a command.
        sys.stdout.reconfigure(errors="backslashreplace")
    as_json = failures.holds("--json", arguments)
    try:
        status = app(arguments or ["--help"], prog_name="nightdex", standalone_mode=False)
        if isinstance(status, Asked):
            status = search_here(status)
        sys.stdout.flush()
    except typer.TyperException as error:
        return failures.report_usage(error.format_message(), as_json=as_json)
    except BrokenPipeError:
        failures.silence_stdout()
        return failures.PIPE_CLOSED
    except KeyboardInterrupt:
        return failures.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: nobody is shown a traceback
        return failures.report(error, as_json=as_json, debug=failures.holds("--debug", arguments))
    return int(status or 0)
