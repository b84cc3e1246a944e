"""Made-up repositories of a wanted size, for measuring what does not depend on what the code says."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

FUNCTIONS_A_FILE = 25
FILES_A_REPOSITORY = 100

_WORDS = """
account batch cache chunk client commit config cursor date digest driver edge entry error event field file
filter frame grid group handle hash header index invoice item job key label layer ledger line link list
lock log mail map mask match merge message meter node offset order owner packet page parser patch path
payment peer phase pipe plan point pool port price probe proxy query queue range rate record region render
report request retry route row rule scan schema scope score session shard share signal slot snapshot
socket source span stage state store stream summary table tag target task token topic trace tree unit user
value vector view window worker zone
""".split()  # noqa: SIM905 - quoted one by one, nobody could read them
_VERBS = """
add apply build check clear close collect count create decode delete drop encode expire fetch find flush
format gather join load lookup merge move open pack parse publish push read refresh remove rename reset
resolve restore rotate save schedule send sort split start stop sum trim update validate wait walk write
""".split()  # noqa: SIM905 - quoted one by one, nobody could read them

_GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org"]


def words(chance: random.Random, count: int) -> list[str]:
    """Some words that occur in the code."""
    return [chance.choice(_VERBS if number == 0 else _WORDS) for number in range(count)]


def make_repositories(folder: Path, functions: int) -> list[Path]:
    """Git repositories below a folder with so many functions together; the same ones for the same number."""
    chance = random.Random(0)
    made: list[Path] = []
    while functions > 0:
        repository = folder / f"repository{len(made):02}"
        for number in range(FILES_A_REPOSITORY):
            if functions <= 0:
                break
            path = repository / chance.choice(_WORDS) / f"{'_'.join(words(chance, 2))}_{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            count = min(FUNCTIONS_A_FILE, functions)
            path.write_text("\n\n".join(_function(chance) for _ in range(count)))
            functions -= count
        subprocess.run([*_GIT, "init", "-q", "-b", "main", str(repository)], check=True)
        _commit(repository)
        made.append(repository)
    return made


def touch(repository: Path, number: int) -> None:
    """One more commit: a file of its own changes."""
    (repository / "changing.py").write_text(_function(random.Random(number)))
    _commit(repository)


def _function(chance: random.Random) -> str:
    verb, *nouns = words(chance, 3)
    name = "_".join([verb, *nouns])
    first, second = chance.choice(_WORDS), chance.choice(_WORDS)
    return f'''def {name}({first}, {second}):
    """{verb.capitalize()} the {nouns[0]} of a {nouns[1]} by its {first}."""
    {nouns[0]} = self.{chance.choice(_WORDS)}.{chance.choice(_VERBS)}({first}, limit={chance.randrange(1000)})
    if not {nouns[0]}:
        raise ValueError("no {nouns[1]} for this {second}")
    return [{chance.choice(_VERBS)}({second}) for {second} in {nouns[0]}]
'''


def _commit(repository: Path) -> None:
    git = [*_GIT, "-C", str(repository)]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "--no-gpg-sign", "-m", "change"], check=True)
