"""Descriptions without a model: what the code says about itself, put into one or two sentences.

Nothing is invented. Small language models write more fluently and are often wrong; see
`model_chain.backends.facts` for what is read out of the code.
"""

from __future__ import annotations

from model_chain.backends.facts import Facts, read_facts
from model_chain.document import first_sentence
from model_chain.protocol import CodeUnit, Description
from model_chain.words import path_words, split_identifier, word_set

SOURCE = "extractive@1"

# A description stays readable in a result list and inside one embedding window.
MAX_WORDS = 80
MAX_DOC_WORDS = 40

_CONSTRUCTORS = frozenset({"__init__", "constructor", "init", "initialize", "__construct", "new"})
_ACTIONS = frozenset({"function", "method", "macro"})
_PREDICATES = frozenset({"is", "has", "can", "should"})
_VERBS = word_set(
    """
    abort accept acquire add allocate append apply assert assign attach authenticate begin bind block
    build cache calculate call cancel check choose clean clear clone close collect commit compare
    compile complete compress compute configure confirm connect consume convert copy count create debug
    decode decompress decrypt define delete describe deserialize destroy detach detect disable
    disconnect dispatch display download drain draw drop dump emit enable encode encrypt end enqueue
    ensure escape evaluate execute expand export extend extract fail fetch fill filter find finish flush
    fold follow format forward free generate get give go group handle hash highlight identify ignore
    import include increment infer inject insert inspect install invalidate invoke iterate join keep
    kill launch list listen load locate lock log lookup make map mark match measure merge migrate mount
    move normalize notify open order override pack pad parse patch pause perform persist poll pop
    populate prepare prepend print process produce publish pull push put query queue raise read rebuild
    receive record redirect reduce refresh register reject release reload remove rename render replace
    report request require reset resize resolve restart restore resume retrieve retry return revoke
    rewrite roll rotate route run sanitize save scan schedule search select send serialize serve set
    show shutdown sign skip sleep sort spawn split start stop store stream strip submit subscribe sum
    swap sync synchronize take test throw tokenize touch track transform translate traverse trim
    truncate try unbind undo unescape unlock unmount unpack unregister unsubscribe unwrap update upload
    use validate verify visit wait walk warn watch wrap write yield zip
    """
)
_KIND_NOUNS = {
    "impl": "implementation",
    "type": "type alias",
    "table": "database object",
    "rule": "style rule",
    "section": "section",
    "config": "configuration",
    "module": "module-level code",
    "window": "part",
}


class ExtractiveSummariser:
    """Describes a unit from its names, signature, doc comment, calls, errors and literals. Deterministic."""

    @property
    def source(self) -> str:
        """Changes whenever the same unit would be described in other words."""
        return SOURCE

    def summarise(self, unit: CodeUnit) -> Description:
        """Describe one unit in 5 to 80 words; it never fails."""
        doc = _clip(first_sentence(unit.doc), MAX_DOC_WORDS)
        facts = read_facts(unit)
        said = _with_stop(_capital(doc)) if doc else ""
        subject = _subject(unit)
        room = MAX_WORDS - len(said.split()) - len(subject.split())
        sentence = _with_stop(_capital(", ".join([subject, *_clauses(facts, room)])))
        return Description(text=f"{said} {sentence}".strip(), source=SOURCE)


def _subject(unit: CodeUnit) -> str:
    """Kind, name and owner: "method of Session to refresh token", "python section in docs setup"."""
    owner, _, name = unit.symbol.rpartition(".")
    noun = _KIND_NOUNS.get(unit.kind, unit.kind)
    where = f"in {unit.language or 'text'} file {path_words(unit.path) or unit.path}"
    if not name:
        return f"{noun} {where}"
    if name in _CONSTRUCTORS and owner:
        return f"constructor of {_last(owner)} {where}"
    of_owner = f" of {_last(owner)}" if owner else ""
    return f"{noun}{of_owner} {_phrase(name, unit.kind)} {where}"


def _phrase(name: str, kind: str) -> str:
    words = split_identifier(name) or name
    first, _, rest = words.partition(" ")
    if first in _PREDICATES and rest and kind in _ACTIONS:
        return f"telling whether it {words}"
    return f"to {words}" if first in _VERBS and kind in _ACTIONS else f"named {words}"


def _clauses(facts: Facts, room: int) -> list[str]:
    """Clauses in order of worth, as many as fit into `room` words."""
    candidates = [
        ("taking ", facts.parameters),
        ("returning ", facts.returns),
        ("raising ", facts.errors),
        ("calling ", facts.calls),
        ("mentioning ", facts.literals),
    ]
    clauses: list[str] = []
    for opening, items in candidates:
        clause = f"{opening}{_enumerate(items)}"
        if items and len(clause.split()) <= room:
            clauses.append(clause)
            room -= len(clause.split())
    return clauses


def _enumerate(items: tuple[str, ...]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def _last(owner: str) -> str:
    return owner.rpartition(".")[2]


def _clip(text: str, words: int) -> str:
    kept = text.split()
    return text if len(kept) <= words else " ".join(kept[:words])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
