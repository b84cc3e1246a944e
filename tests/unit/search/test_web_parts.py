from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from search_api.answer import Why
from search_api.web.editors import editor_links
from search_api.web.static_files import static_files
from search_api.web.templates import age, render
from search_api.web.view import SIGNALS, reasons

WEB = Path(__file__).parents[3] / "search_api" / "web"


def test_a_place_opens_in_three_editors_whatever_its_path_is_made_of() -> None:
    links = editor_links("/code/my shop", "src/a&b 'c'#1.py", 7)
    assert links is not None
    assert links.vscode == "vscode://file/code/my%20shop/src/a%26b%20%27c%27%231.py:7"
    assert links.idea == "idea://open?file=%2Fcode%2Fmy%20shop%2Fsrc%2Fa%26b%20%27c%27%231.py&line=7"
    assert links.nvim == """nvim +7 -- '/code/my shop/src/a&b '"'"'c'"'"'#1.py'"""


@pytest.mark.parametrize(
    ("root", "path"),
    [("/code", "../../etc/passwd"), ("/code", "a\nrm -rf ~"), ("/code", "a\x1b[2J"), ("relative", "a.py")],
)
def test_no_link_leaves_the_folder_or_drives_a_terminal(root: str, path: str) -> None:
    assert editor_links(root, path, 1) is None


def test_every_list_that_can_find_a_hit_has_a_chip_of_its_own() -> None:
    every = Why(**dict.fromkeys(("code", "summary", "lexical", "description", "exact"), 1), signals=())
    labels = [reason.label for reason in reasons(every)]
    assert len(set(labels)) == len(fields(Why)) - 1, labels  # signals are no list


def test_every_signal_of_the_ranking_has_a_sentence() -> None:
    documented = (
        (WEB.parents[1] / "docs" / "API.md").read_text().split("moved it:", 1)[1].split(", which", 1)[0]
    )
    assert set(re.findall(r"`([a-z-]+)`", documented)) == set(SIGNALS)


def test_no_template_switches_the_escaping_off_or_holds_a_script_or_style_of_its_own() -> None:
    for template in (WEB / "templates").glob("*.html"):
        text = template.read_text()
        assert not re.search(r"\|\s*safe|autoescape|Markup|\sstyle=|<style|\son[a-z]+=|javascript:", text), (
            template
        )
        assert not re.search(r"<script(?! src=)", text), template


def test_no_page_asks_another_host_for_anything() -> None:
    for file in [*(WEB / "templates").glob("*.html"), *(WEB / "static").glob("*.[cj]s*")]:
        assert not re.search(r"(?:src|href|url|import|fetch)\W{1,3}(?:https?:)?//", file.read_text()), file


def test_every_static_file_is_served_and_every_one_served_exists() -> None:
    assert {path.name for path in (WEB / "static").iterdir()} == set(static_files())


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("2026-11-24T11:59:30+00:00", "just now"),
        ("2026-11-24T11:58:59+00:00", "1 minute ago"),
        ("2026-11-24T04:00:00+00:00", "8 hours ago"),
        ("2026-11-21T04:00:00+00:00", "3 days ago"),
        ("", ""),
    ],
)
def test_an_age_is_said_in_its_largest_unit(since: str, words: str) -> None:
    assert age(since, datetime(2026, 11, 24, 12, tzinfo=UTC)) == words


def test_a_value_that_a_template_forgets_to_get_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(Exception, match="undefined"):
        render("results.html")
