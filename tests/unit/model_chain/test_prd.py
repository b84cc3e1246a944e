from __future__ import annotations

import pytest

from model_chain.prd import SECTIONS, prd_problems, unwrapped

GOOD = """# Export carts

## Goal
Users export a cart as CSV. Not: import.

## Endpoints
`GET /cart.csv`

```json
{"type": "object", "properties": {"id": {"type": "string"}}}
```

## Errors
404 when there is no cart.

## Data
Nothing is stored.

## Edge cases
- an empty cart: a header line alone

## Acceptance
- [ ] GET /cart.csv gives one line an item
"""


def test_a_document_of_the_outline_has_no_problems() -> None:
    assert prd_problems(GOOD) == []
    assert prd_problems(unwrapped(f"```markdown\n{GOOD}```")) == []
    assert unwrapped(f"```markdown\n{GOOD}```\n") == GOOD


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# Export carts", "Export carts", "the first line"),
        ("## Errors\n404 when there is no cart.\n\n", "", "the sections are Goal, Endpoints, Data"),
        ("## Data", "## Storage", "the sections are"),
        ("404 when there is no cart.", "", "section Errors is empty"),
        ('{"type": "object"', '{"type": object', "a json block is not JSON"),
        ("- [ ] GET", "GET", 'no "- [ ] " item'),
        ("Nothing is stored.", "TBD", "leaves something open: 'TBD'"),
    ],
)
def test_what_is_missing_is_named(old: str, new: str, problem: str) -> None:
    problems = prd_problems(GOOD.replace(old, new))
    assert len(problems) == 1
    assert problem in problems[0]


def test_headings_inside_a_json_block_are_no_sections() -> None:
    assert prd_problems(GOOD.replace('{"type": "object"', '{"x":\n"## Data", "type": "object"')) == []
    assert len(SECTIONS) == 6
