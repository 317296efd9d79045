"""A rule's docstring as a page."""

from foreshot.ide.pages import Example, Page, page_of, parse
from foreshot.rules import all_rules

DOCSTRING = """The effect, in
one sentence.

First paragraph
of prose.

Second, with a fence that is no example:

```sql
SELECT 1
```

```python setup
a = 1
```
```python bad
b = 2
#   ^ no
```
Between.
```python good dialect=postgresql,mysql version=8
c = 3
```
````python good
d = \"\"\"
```
\"\"\"
````
"""


def test_parts():
    title, parts = parse(DOCSTRING)
    assert title == "The effect, in one sentence."
    prose, *examples = parts
    assert isinstance(prose, str)
    assert prose.startswith("First paragraph\nof prose.")
    assert prose.endswith("```sql\nSELECT 1\n```")
    assert examples == [
        Example("setup", "a = 1\n"),
        Example("bad", "b = 2\n#   ^ no\n"),
        "Between.",
        Example("good", "c = 3\n", options=(("dialect", "postgresql,mysql"), ("version", "8"))),
        Example("good", 'd = """\n```\n"""\n'),
    ]


def test_a_file_may_be_named_anywhere():
    for info, expected in {
        "python versions/0002.py bad": Example("bad", "x\n", path="versions/0002.py"),
        "python fixed versions/0002.py fix=2": Example(
            "fixed", "x\n", path="versions/0002.py", options=(("fix", "2"),)
        ),
        "ini alembic.ini": Example("file", "x\n", "ini", "alembic.ini"),
    }.items():
        assert parse(f"Title.\n\n```{info}\nx\n```\n")[1] == [expected]


def test_headings():
    _, parts = parse(DOCSTRING)
    headings = [part.heading for part in parts if isinstance(part, Example)]
    assert headings == ["Given", "Reported", "Fine on PostgreSQL and MySQL 8", "Fine"]
    assert Example("bad", "", path="env.py").heading == "Reported, in `env.py`"
    assert Example("fixed", "", options=(("fix", "2"),)).heading == "After the second fix"


def test_markdown():
    title, parts = parse(DOCSTRING)
    page = Page("a-rule", "family", title, parts, "error", ("PostgreSQL",), "safe")
    text = page.to_markdown()
    assert text.startswith(
        "# a-rule\n\n**Severity**: error  \n**Databases**: PostgreSQL  \n**Fix**: safe\n\nThe effect"
    )
    assert "Reported:\n\n```python\nb = 2\n#   ^ no\n```\n\nBetween." in text
    # Code that holds a fence stands in a longer one.
    assert 'Fine:\n\n````python\nd = """\n```\n"""\n````' in text
    assert "# foreshot: ignore[a-rule]" in text
    assert page.summary == "First paragraph of prose."


def test_every_rule_has_a_page():
    for rule in all_rules().by_name.values():
        page = page_of(rule)
        assert page.title, page.name
        assert page.title.endswith("."), page.name
        assert page.to_markdown().count("```") % 2 == 0
