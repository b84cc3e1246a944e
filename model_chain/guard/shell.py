"""Which programs a bash command starts, read from its syntax tree and never by running it.

tree-sitter-bash parses; launchers (sudo, xargs, `sh -c` ...) are unwrapped; variables, functions, arrays and
aliases are followed as far as the command itself defines them. A command in a branch counts: it could run.
Program names that only the environment knows are not guessed.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import NamedTuple

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from model_chain.guard.known_text import printed, read_into, with_input
from model_chain.guard.launchers import SHELLS, Launch, launches
from model_chain.guard.limits import DEEPEST_CALL, LONGEST_COMMAND, MOST_ALTERNATIVES, MOST_COMMANDS
from model_chain.guard.words import (
    UNKNOWN,
    UNKNOWN_SPLIT,
    Expander,
    Fields,
    Scope,
    braces,
    from_ascii,
    text_of,
    to_ascii,
)

MECHANICAL = frozenset(("grep", "find", "cat", "head", "tail", "wc", "ls", "awk", "sed", "rg", "fd", "tree"))

_BRANCHES = frozenset(
    ("if_statement", "elif_clause", "else_clause", "case_item", "while_statement", "c_style_for_statement")
)
_SUBSHELLS = frozenset(("subshell", "command_substitution", "process_substitution"))
_BIN_FOLDERS = ("/bin", "/usr/bin", "/usr/local/bin")
_BACKQUOTED = re.compile(r"`([^`]*)`")
_REFERENCES = re.compile(r"(?:declare|local|typeset)\s+(?:[-+]\w+\s+)*-\w*n")
_FALLBACK_BREAKS = re.compile(r"[;&|\n()`]|\$\(|\b(?:then|do|else|if|while)\b")


class TooComplex(Exception):
    """The command is longer or deeper than the guard reads; split it into smaller commands."""


class Invocation(NamedTuple):
    """One program start: its argument list and where its standard input comes from."""

    argv: Fields
    word: str = ""  # the mechanical word it is, or ""
    piped_from: Fields = ()  # the program before it in the pipeline
    heredoc: bool = False


class Reading(NamedTuple):
    """Everything a command may start, in order, and whether it writes files by redirection."""

    invocations: tuple[Invocation, ...]
    writes: bool = False

    @property
    def mechanical(self) -> tuple[Invocation, ...]:
        """The starts of grep, find, cat and their like."""
        return tuple(found for found in self.invocations if found.word)


def read_command(source: str) -> Reading:
    """Read a bash command line.

    Raises:
        TooComplex: it is too long or nested too deeply to be read in the guard's time.
    """
    if len(source) > LONGEST_COMMAND:
        raise TooComplex
    reader = _Reader()
    reader.script(source, Scope(), 0)
    if "\\\n" in source:  # the parser ends a word there; bash joins the two halves
        reader.script(source.replace("\\\n", ""), Scope(), 0)
    return Reading(tuple(dict.fromkeys(reader.found)), reader.writes)


class _Input(NamedTuple):
    """What a command finds on standard input: text known from the command line, and who writes it."""

    text: str | None = None
    writer: Fields = ()
    heredoc: bool = False


_NOTHING = _Input()


class _Reader:
    def __init__(self) -> None:
        self.found: list[Invocation] = []
        self.writes = False
        self._parser = Parser(Language(tree_sitter_bash.language()))
        self._expand = Expander(self._output)
        self._commands = 0
        self._depth = 0

    def script(self, source: str, scope: Scope, depth: int) -> None:
        if depth > DEEPEST_CALL:
            raise TooComplex
        self._depth = depth
        source = to_ascii(source)
        root = self._parser.parse(source.encode()).root_node
        for child in root.children:
            self._walk(child, scope, _NOTHING)
            if child.has_error:
                self._fallback(text_of(child), scope)
        if root.has_error and not root.children:
            self._fallback(source, scope)

    # -- statements

    def _walk(self, node: Node, scope: Scope, stdin: _Input) -> None:  # noqa: C901, PLR0912 (one branch a node type)
        kind = node.type
        if kind == "command":
            self._command(node, scope, stdin)
        elif kind == "pipeline":
            self._pipeline(node, scope, stdin)
        elif kind == "redirected_statement":
            self._redirected(node, scope, stdin)
        elif kind == "list":
            self._and_or(node, scope, stdin)
        elif kind == "function_definition":
            self._define(node, scope)
        elif kind == "for_statement":
            self._for(node, scope, stdin)
        elif kind in ("variable_assignment", "variable_assignments", "declaration_command"):
            self._assign(node, scope)
        elif kind == "unset_command":
            for name in node.named_children:
                scope.functions.pop(text_of(name), None)
                scope.variables.pop(text_of(name), None)
        elif kind in _SUBSHELLS:
            if text_of(node).startswith("`") and "\\`" in text_of(node):  # nested backquotes hide one level
                self._nested(text_of(node)[1:-1].replace("\\`", "`"), scope.copy())
            self._children(node, scope.copy(), stdin)
        elif kind in _BRANCHES:
            scope.branches += 1
            self._children(node, scope, stdin)
            scope.branches -= 1
        else:
            self._children(node, scope, stdin)

    def _children(self, node: Node, scope: Scope, stdin: _Input) -> None:
        for child in node.named_children:
            self._walk(child, scope, stdin)

    def _and_or(self, node: Node, scope: Scope, stdin: _Input) -> None:
        stack: list[Node] = []
        rest = node
        while rest.type == "list" and rest.named_children:  # a && b && c leans left: no recursion per command
            stack.extend(reversed(rest.named_children[1:]))
            rest = rest.named_children[0]
        self._walk(rest, scope, stdin)
        for child in reversed(stack):
            scope.branches += 1
            self._walk(child, scope, stdin)
            scope.branches -= 1

    def _pipeline(self, node: Node, scope: Scope, stdin: _Input) -> None:
        for child in node.named_children:
            inner = scope.copy()
            self._walk(child, inner, stdin)
            stdin = self._output_input(child, inner)

    def _output_input(self, node: Node, scope: Scope) -> _Input:
        first = self._first_argv(node, scope)
        return _Input(self._literal(node, scope), first or (UNKNOWN,))

    def _first_argv(self, node: Node, scope: Scope) -> Fields:
        while node.type in ("redirected_statement", "negated_command", "pipeline") and node.named_children:
            node = node.named_children[-1 if node.type == "pipeline" else 0]
        if node.type != "command":
            return ()
        return self._argvs(node, scope)[0]

    def _redirected(self, node: Node, scope: Scope, stdin: _Input) -> None:
        body = node.child_by_field_name("body")
        rest: list[Node] = []
        for redirect in node.children_by_field_name("redirect"):
            self._note_write(redirect)
            if redirect.type == "heredoc_redirect":
                stdin = _Input(self._heredoc_text(redirect, scope), heredoc=True)
                for child in redirect.named_children:
                    if child.type == "heredoc_body" or child.type.endswith("_redirect"):
                        self._note_write(child)
                        self._children(child, scope.copy(), _NOTHING)
                    elif child.type not in ("heredoc_start", "heredoc_end"):
                        rest.append(child)
            elif redirect.type == "herestring_redirect":
                stdin = _Input(self._expand.text(redirect.named_children[-1], scope))
                self._children(redirect, scope.copy(), _NOTHING)
            else:
                self._children(redirect, scope.copy(), _NOTHING)
                stdin = self._fed(redirect, scope) or stdin
        if body is not None:
            self._walk(body, scope, stdin)
        for child in rest:  # what follows on the heredoc's first line: a pipe from the body, or && and ||
            piped = child.type == "pipeline" and body is not None
            writer = (
                _Input(stdin.text, self._first_argv(body, scope) or (UNKNOWN,))
                if piped and body
                else _NOTHING
            )
            self._walk(child, scope, writer)

    def _fed(self, redirect: Node, scope: Scope) -> _Input | None:
        """`< <(…)`: what the process prints, as far as it can be told."""
        source = redirect.named_children[-1] if redirect.named_children else None
        if source is None or source.type != "process_substitution" or not text_of(redirect).startswith("<"):
            return None
        return _Input(self._output(source, scope))

    def _heredoc_text(self, redirect: Node, scope: Scope) -> str:
        body = next((child for child in redirect.named_children if child.type == "heredoc_body"), None)
        if body is None:
            return ""
        quoted = any(
            set(text_of(c)) & set("\"'\\") for c in redirect.named_children if c.type == "heredoc_start"
        )
        return text_of(body) if quoted else self._substitute(body, scope)

    def _substitute(self, body: Node, scope: Scope) -> str:
        if not body.named_children:
            return text_of(body)
        whole, at, out = body.text or b"", body.start_byte, ""
        for child in body.named_children:
            out += whole[at - body.start_byte : child.start_byte - body.start_byte].decode(errors="replace")
            known = child.type == "heredoc_content"
            out += text_of(child) if known else self._expand.text(child, scope)
            at = child.end_byte
        return out + whole[at - body.start_byte :].decode(errors="replace")

    def _note_write(self, redirect: Node) -> None:
        if redirect.type != "file_redirect":
            return
        operators = {child.type for child in redirect.children if not child.is_named}
        target = text_of(redirect.named_children[-1]) if redirect.named_children else ""
        if operators & {">", ">>", "&>", "&>>", ">|"} and target != "/dev/null":
            self.writes = True

    def _define(self, node: Node, scope: Scope) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            scope.functions[text_of(name)] = (body, scope.branches > 0)

    def _for(self, node: Node, scope: Scope, stdin: _Input) -> None:
        variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        items = node.children_by_field_name("value")
        for item in items:
            self._substitutions(item, scope)
        fields = self._expand.words(items, scope)[0] if items else (scope.positional or ())[1:]
        scope.branches += 1
        if variable is not None:
            chosen: list[Fields] = [(field,) for field in fields]
            scope.variables[text_of(variable)] = chosen[:MOST_ALTERNATIVES] or [(UNKNOWN,)]
        if body is not None:
            self._walk(body, scope, stdin)
        scope.branches -= 1

    def _assign(self, node: Node, scope: Scope) -> None:
        if node.type != "variable_assignment":
            if text_of(node).startswith("export -f"):
                scope.exported.update(text_of(child) for child in node.named_children)
            set_one = self._refer if _REFERENCES.match(text_of(node)) else self._assign
            for child in node.named_children:
                set_one(child, scope) if child.type == "variable_assignment" else self._walk(
                    child, scope, _NOTHING
                )
            return
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return
        self._substitutions(value, scope)
        values = self._expand.values(value, scope)
        appends = any(child.type == "+=" for child in node.children)
        if appends and value.type == "array":
            scope.append_array(text_of(name), values)
        else:
            scope.assign(text_of(name), values, append=appends)

    def _refer(self, node: Node, scope: Scope) -> None:
        """`declare -n name=value`: from now on the name stands for the variable that the value names."""
        self._assign(node, scope)
        name, value = (node.child_by_field_name(field) for field in ("name", "value"))
        if name is not None and value is not None:
            scope.refer(text_of(name), self._expand.text(value, scope))

    # -- commands

    def _substitutions(self, node: Node, scope: Scope) -> None:
        """Walk what runs inside a word."""
        if node.type in _SUBSHELLS:
            self._walk(node, scope, _NOTHING)
            return
        if node.type == "expansion" and "`" in text_of(node):  # the grammar sees no backquotes in there
            for source in _BACKQUOTED.findall(text_of(node)):
                self._nested(source, scope.copy())
        for child in node.named_children:
            self._substitutions(child, scope)

    def _argvs(self, node: Node, scope: Scope) -> list[Fields]:
        words = [*node.children_by_field_name("name"), *node.children_by_field_name("argument")]
        words = [
            word.named_children[0] if word.type == "command_name" else word for word in words if word.is_named
        ]
        return [fields for fields in self._expand.words(words, scope) if fields] or [("",)]

    def _command(self, node: Node, scope: Scope, stdin: _Input) -> None:
        self._commands += 1
        if self._commands > MOST_COMMANDS:
            raise TooComplex
        for child in node.named_children:
            if (
                child.type == "variable_assignment"
                and (value := child.child_by_field_name("value")) is not None
            ):
                self._substitutions(value, scope)
            elif child.type == "herestring_redirect":
                stdin = _Input(self._expand.text(child.named_children[-1], scope))
                self._substitutions(child, scope)
            else:
                self._note_write(child)
                self._substitutions(child, scope)
        if node.child_by_field_name("name") is None:
            return
        self._read_from_process(node, scope)
        for argv in self._argvs(node, scope):
            self._start(argv, scope, stdin, external=False)
            if argv[0] == UNKNOWN_SPLIT and len(argv) > 1:  # `$SUDO grep`: perhaps empty
                self._start(argv[1:], scope, stdin, external=False)

    def _read_from_process(self, node: Node, scope: Scope) -> None:
        """`source <(…)` and `bash <(…)` run what the process prints."""
        name, given = node.child_by_field_name("name"), node.children_by_field_name("argument")
        if name is None or not given or given[0].type != "process_substitution":
            return
        if text_of(name) in ("source", ".", *SHELLS):
            self._nested(self._output(given[0], scope) or "", scope)

    def _start(self, argv: Fields, scope: Scope, stdin: _Input, *, external: bool) -> None:
        if not argv:
            return
        name = argv[0]
        if not external and scope.expands_aliases and name in scope.aliases:
            alias = scope.aliases[name]
            inner = scope.copy()
            inner.aliases.pop(name)
            self._nested(" ".join((alias, *argv[1:])), inner)
            return
        if not external and name in scope.functions:
            body, may_be_missing = scope.functions[name]
            self._call(body, argv, scope, stdin)
            if not may_be_missing:
                return
        self._builtin(argv, scope, stdin.text)
        shown = tuple(map(from_ascii, argv))
        self.found.append(Invocation(shown, mechanical_word(name), stdin.writer, stdin.heredoc))
        for launch in launches(argv) or ():
            self._launch(launch, scope, stdin)

    def _builtin(self, argv: Fields, scope: Scope, stdin: str | None) -> None:
        if argv[0] == "set" and "--" in argv:
            scope.positional = ("", *argv[argv.index("--") + 1 :])
        elif argv[0] == "shopt" and "expand_aliases" in argv:
            scope.expands_aliases = "-u" not in argv
        elif argv[0] == "alias":
            for word in argv[1:]:
                name, equals, value = word.partition("=")
                if equals:
                    scope.aliases[name] = value
        elif argv[0] == "printf" and argv[1:2] == ("-v",) and len(argv) > 3:
            scope.assign(argv[2], [(printed(("printf", *argv[3:])) or "",)])
        elif argv[0] in ("read", "mapfile", "readarray") and stdin is not None:
            read_into(scope, argv, stdin)

    def _call(self, body: Node, argv: Fields, scope: Scope, stdin: _Input) -> None:
        self._depth += 1
        if self._depth > DEEPEST_CALL:
            self._depth -= 1
            return  # recursion: everything it starts has been seen
        outer, scope.positional = scope.positional, argv
        self._walk(body, scope, stdin)
        scope.positional = outer
        self._depth -= 1

    def _launch(self, launch: Launch, scope: Scope, stdin: _Input) -> None:
        if launch.from_stdin:
            if stdin.text is not None:
                self._nested(stdin.text, self._fresh(scope, launch.argv))
        elif launch.script is not None:
            inner = scope if launch.same_shell else self._fresh(scope, launch.argv)
            self._nested(launch.script, inner)
        else:
            if launch.appends is None:
                self._start(launch.argv, scope, stdin, external=launch.external)
                return
            known = stdin.text is not None
            argv = with_input(launch.argv, launch.appends, stdin.text or "") if known else launch.argv
            self._start(argv, scope, _NOTHING, external=launch.external)  # xargs gives the command no input

    @staticmethod
    def _fresh(scope: Scope, argv: Fields) -> Scope:
        inner = Scope()
        inner.variables = scope.variables  # over-approximates: only exported ones are inherited
        inner.functions = {name: body for name, body in scope.functions.items() if name in scope.exported}
        inner.exported = scope.exported
        inner.positional = argv or ("",)
        return inner

    def _nested(self, source: str, scope: Scope) -> None:
        depth = self._depth
        self.script(source, scope, depth + 1)
        self._depth = depth

    # -- text that the command line itself determines

    def _output(self, node: Node, scope: Scope) -> str | None:
        """What a command substitution prints, when echo, printf, which or a function of them says so."""
        statements = [self._literal(child, scope) for child in node.named_children]
        return (
            None if not statements or None in statements else "".join(filter(None, statements)).rstrip("\n")
        )

    def _literal(self, node: Node, scope: Scope) -> str | None:
        if node.type in ("compound_statement", "subshell"):
            parts = [self._literal(child, scope) for child in node.named_children]
            return None if None in parts else "".join(filter(None, parts))
        if node.type != "command":
            return None
        argv = self._argvs(node, scope)[0]
        if argv[0] in scope.functions and self._depth < DEEPEST_CALL:
            self._depth += 1
            text = self._literal(scope.functions[argv[0]][0], scope)
            self._depth -= 1
            return text
        return printed(argv)

    # -- what the parser could not read

    def _fallback(self, source: str, scope: Scope) -> None:
        """Fail closed on a syntax error: the first word of anything that looks like a command counts."""
        for piece in _FALLBACK_BREAKS.split(source):
            words = [w for token in piece.split() for w in braces(re.sub(r"[\\\"']", "", token))]
            while words and re.match(r"\w+=|[<>\d]", words[0]):
                words.pop(0)
            if words:
                self._start(tuple(words), scope, _NOTHING, external=False)


def mechanical_word(name: str) -> str:
    """The mechanical word a program name stands for, or "" (`./find.sh` and `git-grep` are none)."""
    folder, slash, base = name.rpartition("/")
    if slash:
        absolute = folder.startswith(("/", "~", UNKNOWN, UNKNOWN_SPLIT, "..")) or not folder
        in_bin = "bin" in folder.rpartition("/")[2] or any(
            fnmatchcase(known, folder) for known in _BIN_FOLDERS
        )
        if not (absolute and in_bin):
            return ""
        if set(base) & set("*?["):
            return next((word for word in sorted(MECHANICAL) if fnmatchcase(word, base)), "")
    return base if base in MECHANICAL else ""
