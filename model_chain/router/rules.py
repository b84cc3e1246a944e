"""Rules: what the wording of a task or query says about the work it asks for.

Every rule adds weight to one label. Weights are small integers: 1 a hint, 2 usual, 4 nearly certain.
"""

# ruff: noqa: E501 - one rule, one line, so that the table can be read and compared

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["task", "query"]
TASK_LABELS = ("local", "haiku", "codex", "opus")  # cheapest first: abstaining goes to the last
QUERY_LABELS = ("raw", "summary", "reasoning")


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern and what it speaks for."""

    name: str
    label: str
    weight: int
    pattern: re.Pattern[str]


def _rule(name: str, label: str, weight: int, pattern: str, *, exact_case: bool = False) -> Rule:
    return Rule(name, label, weight, re.compile(pattern, 0 if exact_case else re.IGNORECASE))


_POLITE = r"^(?:(?:i'd like (?:you )?to|i would like (?:you )?to|i need (?:you )?to|i need|we need to|i want to|let's|please|pls|plz|hey|hi|ok|now|then|just|bitte|can you|could you(?: please)?|would you|i want you to|kannst du)[ ,:]+)*"
_START = _POLITE

TASK_RULES = (
    # thinking
    _rule("why", "opus", 4, r"\b(?:why|how come|warum|wieso|weshalb|pourquoi|por qu[eé])\b"),
    _rule("should", "opus", 4, r"\b(?:shou?l?d (?:we|i|our|the|it|this|they|he|a|errors?)|sollte[nt]?|soll(?:en)? wir)\b"),
    _rule("how should or would", "opus", 4, r"\bhow (?:should|shall|would|could|can|do|might) (?:we|i|a|you|the|one|they|our|an)\b"),
    _rule("what would or could", "opus", 4, r"\bwhat (?:would|could|if|should|makes|might|are we|is wrong|went wrong|explains|else)\b"),
    _rule("best, better, right", "opus", 3, r"\b(?:what'?s|what is|which is|is|are|choose|pick|find|suggest) (?:there )?(?:an? |the )?(?:best|better|right|cleanest|good|sane)\b|\bbest (?:way|approach|practice)|\bbetter (?:way|alternative|architecture|approach|design|option)|\bmore sense\b"),
    _rule("design", "opus", 3, r"(?:^|[,.:;] |\band |\bwe |\bto )(?:re)?design\b(?! tokens?| doc)|\bdesign (?:a|an|the|of|for|document|decisions?|review|would)\b|\bsystem design\b"),
    _rule("architecture", "opus", 4, r"\barchitect\w*\b"),
    _rule("compare to decide", "opus", 3, r"\b(?:compare|vs\.?|versus|weigh|contrast)\b(?!.*\b(?:files?|lockfiles?|lists?|folders?|director(?:y|ies)|checksums?|columns?|hash(?:es)?)\b)"),
    _rule("trade-offs and risks", "opus", 4, r"\btrade[- ]?offs?\b|\bpros and cons\b|\b(?:implications?|consequences|downsides?|drawbacks?|failure modes?|weak points?|weakness(?:es)?)\b|\brisks?\b|\bthreat model|\bwhat could go wrong\b"),
    _rule("strategy and plans", "opus", 4, r"\b(?:strategy|strategic|roadmap|vision|brainstorm|priorit[iy][sz]e|prioriti[sz]ation)\b|" + _START + r"(?:plan|outline|propose|devise|draft a|come up with|work out|define the bound)"),
    _rule("judgement", "opus", 4, _START + r"(?:evaluate|assess|judge|critique|argue|decide|choose|reconsider|recommend|advise|justify|estimate|weigh|think|reason|consider|rethink|ponder|make sense)\b"),
    _rule("judgement inside", "opus", 3, r"\b(?:recommend\w*|your opinion|justify|argue|decide (?:if|when|whether|between|on|how|which)|think (?:about|through|hard)|reason (?:about|through|it)|reasoning|worth (?:it|the)|pay off|make[s]? sense|convince|help me (?:choose|decide|think|understand|reason))\b"),
    _rule("root cause", "opus", 4, r"\broot[- ]cause\b|\b(?:diagnose|investigate|troubleshoot|figure out|understand (?:why|how)|find out (?:why|how|what causes)|likely cause|what causes|the cause of)\b"),
    _rule("hard bugs", "opus", 3, r"\b(?:deadlock\w*|race condition|data race|heisenbug|intermittent\w*|sporadic\w*|non-?determin\w*|memory ordering|lock[- ]free|sometimes|weird|strange|mysterious\w*|randomly|no idea|any idea|leaks? (?:somewhere|memory))\b"),
    _rule("explain", "opus", 3, _START + r"(?:explain|clarify|elaborate)\b|\bexplain (?:why|how|the (?:reason|trade|subtle|design))\b|\band explain\b"),
    _rule("is it sound", "opus", 3, r"^(?:so |but |and )?(?:is|are|does|do|can|could|would|will|was|were|has|have) (?:it|this|that|the|there|our|we|my|eventual|these|moving|a)\b(?!.*\b(?:file|folder|port|branch|tests? pass|installed|running|listening|open|exist)\b)"),
    _rule("which and why", "opus", 3, r"^which\b.*\b(?:and why|fits?|suits?|should|better|best|safer|scales?|sense|would)\b|\band why\b"),
    _rule("asks for a judgement", "opus", 8, r"\b(?:advi[sc]e\w*|suggest what|suggest how|(?:migration|testing|rollout|release|caching|retry|branching) strategy|contradict\w*|survive|arguments? (?:for|against)|economical|deserves?|behave if|would behave|holes in|judge|bottom of|phantom|make of|strengths|trade[- ]?offs? (?:behind|of|between)|pros and cons|how far can|falls over|which of the two|reconcil\w+|thoughts?|opinions?|recommendations?|verdict|conceptual\w*|feasib\w+|viab\w+|plausib\w+|suitab\w+|suits?|sensible|sound\b(?! (?:file|effect|card|clip|driver))|wrong with|possible (?:reasons?|causes?|explanations?)|(?:reasons?|causes?) (?:for|of|why|behind|the)|hypothes[ei]s|decision (?:document|memo|paper|matrix)|buy .{1,20}\bor build|could break|holds? up|defend|convinc\w+|second[- ]guess|rethink|long[- ]term|(?:our|the|this|that|proposed|current|overall) (?:\w+ )?(?:approach|strategy|concept|idea|assumptions?|proposal|reasoning|architecture|trade[- ]?offs?)|weaknesses|in your view|what do you think|do you think|makes? sense|worthwhile|overengineer\w*|over-engineer\w*|get rid of|going wrong|keeps? (?:\w+ )?(?:failing|happening|growing|crashing|coming back))\b"),
    _rule("whether it is right", "opus", 4, r"\b(?:whether|if) (?:our|we|we're|this|the|it|a|an|they|such)\b.{0,60}\b(?:right|good|better|correct|safe|sound|enough|needed|necessary|worth|break|scale|work|reali[sz]e|sense|suits?|fits?|appropriate|should|could|wise|ok|viable)\b"),
    _rule("PRD", "opus", 4, r"\b(?:write|draft|create|prepare|make) (?:a |the |an )?(?:prd|rfc|design doc\w*|adr|proposal|technical vision|product requirements?)\b"),
    _rule("thinking nouns", "opus", 2, r"\b(?:scalab\w+|consisten\w+|concurren\w+|abstraction|boundar(?:y|ies)|long[- ]term|approach|bottlenecks?|without downtime|correctness|invariants?|migration plan|attack(?:er|s)?|alternatives?)\b"),
    _rule("a question", "opus", 1, r"\?\s*$"),
    # structured code
    _rule("implement", "codex", 4, r"\b(?:re-?)?impl[eé]ment\w*\b(?! (?:is|are|was|plan|strategy|correct))"),
    _rule("per a specification", "codex", 3, r"\b(?:per|according to|as (?:specified|described|defined|listed)|following|exactly like|based on|from|see|against) (?:in |on |the |this |our |that |your |its |attached |accepted )*(?:\w+[ -])?(?:spec\w*|prd|rfc|schema|adr|docs?|doc/\S+|docs/\S+|ticket|issue|figma|datasheet|openapi|pattern|template|grammar|interface|signatures?|format|standard)\b|\bselon la sp[eé]cification|\bspec(?:ification)? (?:below|attached|in)\b"),
    _rule("write code", "codex", 4, r"\b(?:write|code|schreibe?|[eé]cris|create|build|make|generate|scaffold|add|develop|provide) (?:up |me |us |out )?(?:an? |the |some |new |missing |more |unit |integration |simple |small |python |typescript |react |kotlin |rust |go |java |sql |bash |end to end |e2e )*(?:[\w/-]+ ){0,2}?(?:functions?|class(?:es)?|methods?|tests?|endpoints?|components?|scripts?|quer(?:y|ies)|migrations?|parsers?|lexer|modules?|hooks?|handlers?|fixtures?|serializers?|middleware|wrappers?|decorators?|regex|dockerfiles?|workflows?|helm chart|cli|types?|interfaces?|structs?|validators?|validation|benchmarks?|mocks?|stubs?|adapters?|controllers?|routes?|services?|workers?|story|stories|playbooks?|roles?|testbench|counters?|flags?|parameters?|columns?|fields?|buttons?|forms?|pages?|drivers?|importers?|exporters?|reducers?|mappers?|definitions?|logging|support|pagination|error handling|variables|animation|plugin|bindings|client|server|library|package)\b"),
    _rule("tests to write", "codex", 3, r"\b(?:unit|integration|property|regression|snapshot|end[- ]to[- ]end|e2e) tests?\b|\b(?:write|add|extend|with|and|fix|make|get) (?:the |some |more |failing |missing |all |its )*tests?\b(?!.*\b(?:strategy|approach)\b)|\btests? (?:for|so that|that cover)"),
    _rule("review code", "codex", 4, r"\b(?:code[- ]?review|review (?:of )?(?:the |this |my |our |these |a )?(?:\w+ ){0,2}?(?:pull request|pr|mr|diff|patch|commit|changes?|implementation|code|branch|file|module|class|function|src/\S*|\S+\.\w{1,4})\b)|\bdo a review\b|" + _START + r"review (?:\w+/\S*|my)"),
    _rule("refactor", "codex", 4, r"\b(?:refactor\w*|moderni[sz]e|vectori[sz]ation|deduplicate the code|inline the|extract .{1,60}\binto\b|split .{1,60}\binto\b|rewrite (?!of\b)|restructure|parametri[sz]e|simplify the (?:code|function|loop))"),
    _rule("port", "codex", 4, r"\b(?:port|convert|translate|migrate|turn|transpile|rewrite|change)\b.{1,60}\b(?:to|into|in) (?:an? |the )?(?:typescript|javascript|python|c\+\+|rust|go|java|kotlin|swift|c\b|async\S*|hooks|esm|class(?:es)?|functions?|scripts?|dataclass\w*|enum|generics|testing|react|vue|svelte|sql|package|module|pytest|composition)\b|" + _START + r"port\b(?! \d)"),
    _rule("documentation", "codex", 4, r"\b(?:docstrings?|javadoc|jsdoc|doxygen|rustdoc|tsdoc|api docs?|type hints?|type annotations?|storybook)\b(?!.*\b(?:shorter|shrink|sentence)\b)|" + _START + r"document\b|\b(?:write|update|add|generate|extend|complete) (?:the |an? |some )?(?:\w+ ){0,2}?(?:documentation|docs?|readme|changelog|openapi|man ?page|tutorial|guide)\b"),
    _rule("fix known", "codex", 3, r"\bfix (?:the |this |that |these |all |a |an )?(?:\w+[ -]){0,3}?(?:failing|failed|tests?|types?|off[- ]by[- ]one|compile\w*|lint\w*|import|errors?|bugs?|warnings?|build|null\w*|crash|regression|issue|layout|query|bounds?|validation)\b|\bmake .{1,50}\bpass\b"),
    _rule("optimise code", "codex", 3, _START + r"(?:optimi[sz]e|speed up|clean ?up|simplify|improve) (?:the |this |that )?(?:\w+ ){0,2}(?:quer(?:y|ies)|functions?|loops?|method|class|code|script|module)\b(?!.*\?)"),
    _rule("extend code", "codex", 3, _START + r"(?:add|extend|enhance|integrate|wire|hook up|expose|support|enable|introduce|replace the|swap|make the \w+)\b(?! up)"),
    _rule("build code", "codex", 2, _START + r"(?:write|create|build|code|develop|generate|scaffold|make|set up|program|produce|define|provide)\b"),
    # mechanical
    _rule("shell command", "haiku", 4, r"^\s*(?:\$ )?(?:ls|cat|grep|rg|find \.|head|tail|wc|sed|awk|tree|fd|cd|mv|cp|rm|mkdir|touch|chmod|chown|tar|zip|unzip|du|df|ps|kill|curl|wget|git (?:status|log|diff|show|blame|branch|fetch|pull|stash|add|checkout|push|tag)|npm|yarn|pnpm|pip|cargo (?:fmt|clippy|test|tree)|docker|kubectl|ping|pytest|go (?:vet|fmt)|ps|top|diff|sort|ssh|scp|rsync|ln|echo|export|which|env)(?: +[-./~\w\"'*$]|\s*$)(?!.*\?\s*$)"),
    _rule("list and count", "haiku", 2, _START + r"(?:list\w*|count|enumerate|tally|show|print|display|dump|tail|head|cat|grep|collect|gather|extract|sort|tell me (?:which|the|how many|what|if|where)|give me (?:all|the (?:names?|list|number|paths?|count|last|first|p\d+|files?|diff|output))|get (?:me |the |all )|fetch|pull the|read|open|look (?:through|up|for all)|scan|search (?:the |for |all |through )|see (?:if|which|whether)|check|verify|find (?:all|every|any|where|the|duplicate|unused|files?|usages?|out which|references?|largest|dead|\.)|zähle?|zeig\w*|liste\w*|lösche?|trouve|compte|affiche|which|locate)\b(?!.*\b(?:best|why|should|trade)\b)"),
    _rule("file operations", "haiku", 2, _START + r"(?:rename|move|mv|copy|cp|delete|remove|rm|unlink|touch|chmod|zip|unzip|tar|compress the|archive|symlink|download|upload|strip|trim|uncomment|comment out|bump|restart|stop|start|kill|clean|purge|clear|rerun|re-run|run(?! (?:through|by|past|me through))|execute|launch|apply the patch|update the (?:copyright|version|year|submodule|date|lockfile)|create the (?:director|folder)|convert (?:all |the )?(?:tabs|line endings|crlf|spaces|\S+ (?:files?|images?))|export the|make a (?:table|list|backup|copy)|replace ['\"`\w./:]+ (?:by|with)|reformat|format|lint|backup|checkout|merge|cherry-pick|stage|commit|push|tag|ping|set .{1,30} to)\b"),
    _rule("counting question", "haiku", 4, r"\b(?:how many|how (?:large|big|long|old|much (?:disk|memory|space))|how often|wie viele|combien de)\b|^(?:what'?s|what is|whats) (?:the )?(?:(?:line|word|row|total|file) )?(?:count|size|version|name|path|value|port|commit|date|content|number|hash|current|latest|in the|in)\b|^what (?:version|files?|port|branch|tests?|packages?)\b|^(?:which|what) (?:\w+ )?(?:files?|tests?|functions?|branch(?:es)?|versions?|commits?|packages?|processe?s?|lines?|jobs?|modules?|services?|pods?|hosts?|env\w*|classes|endpoints?|migrations?|images?|users?|ports?|dependencies)\b(?!.*\b(?:and why|should|best|better|watch)\b)|^(?:is|are) there (?:a|any) (?:file|folder|process|branch)|^where (?:is|are|do we|does)\b|^who (?:last|wrote|changed|touched)"),
    _rule("look and tell", "haiku", 2, r"\b(?:tell me (?:which|what|how many|if|whether|where)|know (?:what|which|how many) (?!to)|and (?:report|list|paste|show) |(?:line|word|file|row|commit) count|total (?:size|number)|disk usage)\b"),
    _rule("determine a fact", "haiku", 2, _START + r"(?:determine|identify|detect|measure|locate|look (?:at|in|into)|see what|the list of|know (?:what|which)|pull|search for|examine|inspect|parse out|grab) (?:the |all |any |which |if |whether |what |me )*(?!best|cause|reason|risk)"),
    _rule("a concrete object", "haiku", 2, r"(?:^|[\s'\"`(])(?:[\w.-]*/[\w./*-]+|\*?\.\w{1,5}\b|\w+\.[a-z]{1,5}\b|`[^`]+`|'[^']+'|\"[^\"]+\"|--?\w+)|\b\w+_\w+\b|\b(?-i:[a-z]+[A-Z])\w+|\b(?:files?|tools?|symlinks?|cron|contents?|tokens? in|node_modules|permissions|access|migrations?|modules?|api keys?|pngs?|dirs?|outputs?|definition|struct|reports?|steps?|line count|tasks?|modified|todos|releases?|fichiers modifiés|occurred|string|users?|staging|binaries|firmware|docs?|notebooks?|package|sql|git|npm|docker|the last \d+|first \d+|dateien|fichiers?|folders?|director(?:y|ies)|lines?|rows?|columns?|words?|names?|paths?|urls?|links?|tables?|tests?|functions?|methods?|classes|modules?|packages?|imports?|usages?|callers?|references|occurrences|statements?|todos?|comments?|branch(?:es)?|commits?|tags?|diff|blame|status|logs?|entries|errors? lines?|warnings?|timestamps?|stack traces?|versions?|dependenc(?:y|ies)|lock ?files?|env\w*|variables?|ports?|process(?:es)?|pods?|containers?|jobs?|hosts?|servers?|crontab|database|db|schema|scripts?|migrations?|routes?|endpoints?|tasks|issues?|bugs?|images?|assets?|fixtures?|readme|manual|config\w*|json|csv|yaml|flags?|settings|keys?|addresses|emails?|checksums?|symbols?|hash(?:es)?|header|typo|whitespace|tabs|spaces|patch|build|docker\w*|coverage|audit|lint|disk|memory right|objects|numbers?|size|count|repo(?:sitory)?|codebase|directories|pipeline|suite|dump|goroutines|components?|scenes?|drawable)\b"),
    _rule("defined where", "haiku", 3, r"\b(?:all (?:usages|references|callers|occurrences|imports)|usages of|callers of|where \S+ is (?:defined|used|called|included|set|imported)|kannst du alle|find unused|duplicate file names|show git|in a table|per (?:file|package|module|directory|day)$)\b"),
    _rule("replace text", "haiku", 3, r"\b(?:replace|change|swap) ['\"`]?[\w./:<>-]+['\"`]? (?:by|with|to) ['\"`]?[\w./:<>-]+['\"`]? (?:in|everywhere|across)|\bfix the typo\b|\bwhitespace\b|\btypos?\b"),
    # free local work
    _rule("summarise", "local", 6, r"\b(?:sum+ari[sz]\w*|summary|summaries|sum up|zusammenfass\w*|fass\w* .*zusammen|r[eé]sum\w*|tl;?dr|condense|digest|recap|gist|in a nutshell|boil .{1,40}down|shorten|shrink|abstract of|short version|key (?:points|takeaways)|main points|highlights of|bullet points|essence of|brief(?:ly)? (?:describe|description)|teaser|paraphrase|headline for)\b"),
    _rule("describe briefly", "local", 6, r"\bdescri(?:be|ption)s?\b.*\b(?:one|1|single|two|short|brief\w*|line|sentence|chunk|index\w*|search)\b|\bone[- ](?:line|sentence)\b|\bin (?:one|two|three|a single|\d) (?:sentences?|lines?|words?|bullets?)\b|\b(?:caption|keywords|title|tags?) (?:for|to|please)\b|\bgive (?:this|the) .{1,20} a title"),
    _rule("embeddings", "local", 6, r"\b(?:re-?)?(?:embed(?:dings?|ded)?|vectori[sz]e|vectors? for|as vectors|nearest neighbou?rs?|semantic(?:ally)? (?:search|similar)|similar (?:snippets?|code|chunks?|past|incidents?|functions?|notes?)|cluster (?:these|the|all|my)|classify|by (?:meaning|similarity)|dedupe)\b(?! .*\b(?:choice|accuracy|latency)\b)(?!ded (?:board|system|device|target|linux))"),
    _rule("memory", "local", 6, r"\b(?:my|our|the|saved|knowledge|old|earlier|past) (?:\w+ )?(?:notes?|cards?|memor(?:y|ies)|bookmarks|conversations?)\b|\b(?:from|in|search|check|have a|do we have a) memory\b|\b(?:recall|remind me|remember what)\b|\b(?:what|which|where) did (?:i|we) (?:say|write|note|decide|call|save|agree)|\b(?:i|we) (?:noted|saved|wrote down)\b|\bindex the (?:new )?(?:notes|cards|docs)"),
    _rule("translate text", "local", 2, r"\btranslate (?:this|the|these) (?:comment|text|sentence|message|string|note|email)"),
)  # fmt: skip

_IDENTIFIER = (
    r"[A-Za-z_]\w*(?:::|\.|->|#)[A-Za-z_]\w*|\b[a-z]+[a-z0-9]*(?:[A-Z][a-z0-9]+)+|\b(?:[A-Z][a-z0-9]+){2,}\b|"
    r"\b[A-Za-z0-9]*[a-z0-9]+_[A-Za-z0-9_]+\b|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b_\w+|\w\(\)?|\b0x[0-9A-Fa-f]+"
)
QUERY_RULES = (
    _rule("identifier", "raw", 2, _IDENTIFIER, exact_case=True),
    _rule("one word of code", "raw", 3, r"^\S*(?:[_.:#@/(\\<>=\[\]{}$%!]|[a-z][A-Z]|[A-Z]{4})\S*$", exact_case=True),
    _rule("nothing but a name", "raw", 3, r"^\W*[\w.:$-]+\W*$"),
    _rule("code syntax", "raw", 5, r"(?:^|\s)(?:def|fn|func|class|struct|enum|impl|interface|#include|#define|#\[|const|let|var|public|private|static|async def|lambda|return|select \*|create table|insert into|@\w+|panic!|typedef|namespace|template<|require|extends)\b[ (].*|^import \S|^(?-i:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER) |^from \S+ import\b|^using \w+[.:;]|[;{}]\s*$|\(\s*$|!=|==|=>|->|&&|<\w+>|#\[| --?\w+(?:[ =]|$)|^[.#]\w[\w-]+$", exact_case=False),
    _rule("quoted text", "raw", 4, r"^[\"'`].+[\"'`]$"),
    _rule("error message", "raw", 4, r"\b[A-Z]\w*(?:Error|Exception|Warning)\b|\bE[A-Z]{4,}\b|\b(?:segfault|stack trace|traceback|errno|exit code \d+)\b|\bat \w+\.\w+:\d+", exact_case=True),
    _rule("definition or usages", "raw", 4, r"^(?:(?:find|show|list|all|the) )*(?:definition|declaration|usages?|uses|callers?|references?|tests?|implementations?|occurrences|imports?) (?:of|for|to) (?-i:\S*[_.:A-Z(]\S*)|^where (?:is|are) (?-i:\S*[_A-Z.:(]\S*) (?:defined|declared|used|set|called|imported|implemented)"),
    _rule("file name", "raw", 3, r"^[\w./-]+\.[a-z]{1,5}$|^\.\w+rc$"),
    _rule("why", "reasoning", 6, r"\b(?:why|how come|warum|wieso|weshalb|pourquoi|por qu[eé])\b"),
    _rule("should or would", "reasoning", 4, r"\b(?:should|would|could|might|ought)\b"),
    _rule("explain", "reasoning", 5, r"\b(?:explain|understand (?:the|how|why)|walk me through|describe (?:the|how)|help me understand|evaluate|assess|justify|argue|suggest|recommend|propose|elaborate|reasoning|discuss|analy[sz]e)\b"),
    _rule("compare", "reasoning", 5, r"\b(?:compare[ds]?|comparison|differences?|differs?|versus|vs|trade[- ]?offs?|pros and cons|advantages?|better|instead of|rather than|alternatives?|best)\b"),
    _rule("what happens", "reasoning", 5, r"\bwhat (?:happens|if|changes|causes|guarantees|assumptions|invariants|went|exactly)\b|\bwhat (?:is|are|'s) (?:wrong|missing|the (?:\w+ )?(?:reason|purpose|intent|role|relationship|impact|implications?|consequences|side effects|risks?|overall|architecture|design|idea|point|guarantees?|bottlenecks?|weak\w*))\b|\bwhat'?s the (?:relationship|difference|reason|point|purpose|idea)"),
    _rule("how it works", "reasoning", 4, r"\bhow (?:do|does|did|can|will|exactly)\b|\bhow (?:is|are) .{1,60}\b(?:guaranteed|ensured|affected|related|inherited|coordinated|kept|influenced|protected|enforced|maintained|prevented)\b|\bwie (?:funktioniert|h[aä]ngt)|\bcomment (?:fonctionne|marche)"),
    _rule("is it so", "reasoning", 4, r"^(?:is|are|does|do|can|did|will|was|has|have) (?:the|this|there|it|we|these|our|any|all|every|that|a|an|two|both|i|you)\b"),
    _rule("consequences", "reasoning", 4, r"\b(?:impact|implications?|consequences|side effects?|depends? on|dependenc\w+ between|interact\w*|relationship|affects?|influences?|propagat\w+|fit together|in sync|break|broken|data flow|lifecycle|architecture|invariants?|assumptions?|responsib\w+|design(?:ed)? (?:of|decisions?)|weakness(?:es)?|rationale|reason (?:for|behind)|bottlenecks?)\b"),
    _rule("safety", "reasoning", 4, r"\b(?:thread[- ]?safe|race conditions?|deadlocks?|vulnerab\w+|secure|security|memory leaks?|guarantee[sd]?|under which conditions|flaky|concurrency|consistency|go wrong|attack\w*|correct(?:ly|ness)?|scale[s]?|optimi[sz]e)\b"),
    _rule("when and when not", "reasoning", 4, r"^when (?:is|are|do|does|should)\b|\band when (?:not|to)\b"),
    _rule("which is", "reasoning", 3, r"^(?:which|who|where could|where can|when) \b.*\b(?:why|could|can|depends?|responsible|used|best|fallback|slow|should|happens?)\b|^under\b"),
    _rule("where it is done", "summary", 3, r"^where (?:do|does|is|are|did|can i find|we|the|wird|werden)\b(?!.*\b(?:could|deadlock|go wrong|why|bottleneck)\b)|^wo (?:wird|werden|ist)\b|^o[uù] (?:est|sont)\b"),
    _rule("code that does", "summary", 5, r"\b(?:functions?|funktion|fonction|code|method|logic|class|helper|part|place|module|handler|something|file|snippet|script|component|routine|utility|implementation|example)\b,? (?:thta|that|which|who|where|to|for|die|qui|of|does|handling|responsible)\b|^how to\b|^how (?:do|can) (?:i|you|we) (?!(?:know|decide|test|make sure|ensure|prevent|avoid|reduce|improve|guarantee)\b)(?=.)|^how (?:is|are) (?:the |a |an )?\w+ \w+(?:ed|t|n)\??$"),
    _rule("starts with a verb", "summary", 2, r"^(?:convert|validate|read|write|parse|load|compute|calculate|find|merge|sort|send|upload|download|compress|encrypt|decrypt|decode|encode|generate|detect|check|handle[sd]?|schedule|cache|map|normali[sz]e|escape|pick|watch|show|open|close|export|import|apply|allocate|serialise|serialize|tokeni[sz]e|draw|render|create|delete|update|get|fetch|format|resize|retry|split|join|filter|log|connect|cleanup|clean|undo|turn|flatten|wait|sign|resolve|build|run|start|stop|copy|search|match|compare two|limit|hash|verify|store|save|insert|remove|print|count|unit conversion|calibrate|scale|rotate|play|record|stream|poll|lock|mount|print)\b(?!.*(?-i:[_(]\w|[a-z][A-Z]))"),
    _rule("plain words", "summary", 1, r"^[^\W_]+(?:[ ,'-]+[^\W_]+){1,}[?.]?$"),
    _rule("a noun phrase", "summary", 1, r"^(?!(?:import|using|def|class|fn|func|impl|create|select)\b)[a-z][^\W_]*(?:[ -][a-zA-Z]+){1,4}$", exact_case=True),
)  # fmt: skip
_RULES = {"task": TASK_RULES, "query": QUERY_RULES}


def labels_of(kind: Kind) -> tuple[str, ...]:
    """The labels of a kind, cheapest first."""
    return TASK_LABELS if kind == "task" else QUERY_LABELS


def apply_rules(text: str, kind: Kind) -> tuple[dict[str, int], tuple[str, ...]]:
    """Weights per label, and the names of the rules that fired."""
    weights = dict.fromkeys(labels_of(kind), 0)
    fired = []
    for rule in _RULES[kind]:
        if rule.pattern.search(text):
            weights[rule.label] += rule.weight
            fired.append(f"{rule.label}: {rule.name}")
    return weights, tuple(fired)
