"""The graph on histories that Alembic refuses, on huge ones, and as pictures. The sound ones are in tests/oracle."""

import json
import random

import pytest

from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.graph_names import Unresolved, nearest, resolve_revision
from foreshot.migration.graph_render import render_dot, render_json, render_mermaid, render_text
from foreshot.migration.revision_parts import HeaderProblem, RevisionHeader
from foreshot.text import Span


def node(name: str, *down: str, key: str = "", **rest) -> Node:
    return Node(key or f"{name}.py", RevisionHeader(name, down, **rest))


def graph(*nodes: Node) -> RevisionGraph:
    return RevisionGraph(nodes)


def line(count: int) -> list[Node]:
    return [node(f"r{at:06}", *([f"r{at - 1:06}"] if at else [])) for at in range(count)]


def ids(nodes) -> list[str]:
    return [found.id for found in nodes]


FORK = (node("a"), node("b", "a"), node("c", "a"))
UNREAD = HeaderProblem("down_revision", "cannot be read", Span(0, 1), certain=False)


def test_missing_parent():
    found = graph(node("a"), node("b", "a", "gone"))
    assert [(missing.key, missing.index, missing.id) for missing in found.missing_parents] == [
        ("b.py", 1, "gone")
    ]
    assert found.heads == ("b",)
    assert found.bases == ("a",)
    assert ids(found.order) == ["a", "b"]


def test_empty_parent_is_a_base_and_missing():
    found = graph(node("a", ""), node("b", "a"))
    assert found.bases == ("a",)
    assert [missing.id for missing in found.missing_parents] == [""]


def test_duplicate_ids_are_all_kept_and_the_first_file_is_meant():
    found = graph(node("a"), node("b", "a", key="2.py"), node("b", "gone", key="1.py"), node("c", "b"))
    assert {name: [file.key for file in files] for name, files in found.duplicates.items()} == {
        "b": ["1.py", "2.py"]
    }
    meant = found.node("b")
    assert meant is not None
    assert meant.key == "1.py"
    assert [child.id for child in found.children("b")] == ["c"]
    second = found.at("2.py")
    assert second is not None
    assert found.children(second) == ()
    assert ids(found.parents(second)) == ["a"]
    assert found.heads == ("c",)
    assert len(found.order) == 4


def test_duplicates_of_a_head_are_one_head():
    found = graph(node("a"), node("b", "a", key="1.py"), node("b", "a", key="2.py"))
    assert found.heads == ("b",)
    assert not found.is_branch_point("a")


def test_loops():
    found = graph(node("a", "c"), node("b", "a"), node("c", "b"), node("d", "c"), node("e", "e"))
    assert sorted(cycle.ids for cycle in found.cycles) == [("a", "c", "b"), ("e",)]
    assert found.heads == ("d", "e")
    assert found.bases == ()
    assert found.ancestors("d") == {"a", "b", "c"}
    assert found.ancestors("a") == {"a", "b", "c"}
    assert len(found.order) == 5
    assert found.looping == {"a.py", "b.py", "c.py", "e.py"}


def test_loop_through_a_dependency():
    found = graph(node("a", depends_on=("b",)), node("b", "a"))
    assert [(cycle.ids, cycle.through_dependencies) for cycle in found.cycles] == [(("a", "b"), True)]


def test_unreadable_parents_make_no_base():
    found = graph(node("a"), node("b", problems=(UNREAD,)), node(""))
    assert found.bases == ("a",)
    assert found.heads == ("a", "b")
    assert ids(found.unreadable) == ["", "b"]
    assert "" not in found


def test_dependencies_that_alembic_does_not_find():
    base = node("1234abcd", branch_labels=("red",))
    found = graph(base, node("b", depends_on=("1234", "red", "red@head", "nowhere", "12")))
    assert [(lost.index, lost.name, lost.meant) for lost in found.unresolved_dependencies] == [
        (0, "1234", "1234abcd"),
        (2, "red@head", "1234abcd"),
        (3, "nowhere", None),
        (4, "12", None),
    ]
    assert ids(found.dependencies("b")) == ["1234abcd"]
    assert found.heads == ("1234abcd", "b")
    assert found.real_heads == ("b",)


def test_colliding_labels():
    found = graph(node("a", branch_labels=("x",)), node("b", branch_labels=("x", "a")))
    assert [(clash.label, clash.key, clash.other) for clash in found.label_collisions] == [
        ("x", "b.py", "a.py"),
        ("a", "b.py", "a.py"),
    ]


@pytest.mark.parametrize(
    ("nodes", "groups"),
    [
        (FORK, [("b", "c")]),
        ((node("a"), node("b", "a", branch_labels=("x",)), node("c", "a")), []),
        ((node("a", branch_labels=("x",)), node("b", "a"), node("c", "a")), [("b", "c")]),
        ((node("a", branch_labels=("x",)), node("b", branch_labels=("y",))), []),
        ((node("a"), node("b")), [("a", "b")]),
        ((node("a"), node("b", "gone")), []),
        ((node("a"), node("b", "gone"), node("c", "b"), node("d", "b")), [("c", "d")]),
        ((node("a"), node("b", problems=(UNREAD,))), []),
        (
            (
                node("a"),
                *(node(n, "a", problems=(HeaderProblem("branch_labels", "", Span(0, 1)),)) for n in "bc"),
            ),
            [],
        ),
    ],
)
def test_heads_that_nothing_tells_apart(nodes, groups):
    assert list(graph(*nodes).confused_heads) == groups


def test_merge_plan():
    found = graph(*FORK, node("d", "b"))
    plan = found.merge_plan()
    assert plan is not None
    assert plan.parents == ("c", "d")
    assert [ids(side) for side in plan.sides] == [["c"], ["b", "d"]]
    assert plan.common == ("a",)
    assert graph(node("a")).merge_plan() is None
    assert graph().merge_plan() is None


def test_newer_than():
    found = graph(*FORK, node("d", "b", "c"))
    assert ids(found.newer_than("b")) == ["c", "d"]
    assert ids(found.newer_than()) == ["a", "b", "c", "d"]


class TestReplacing:
    def test_equal_header_is_the_same_graph(self):
        found = graph(*FORK)
        assert found.with_replaced("b.py", RevisionHeader("b", ("a",))) is found
        assert found.with_replaced("none.py", None) is found

    def test_new_words_share_the_shape(self):
        found = graph(*FORK)
        changed = found.with_replaced("b.py", RevisionHeader("b", ("a",), message="new"))
        assert changed is not found
        assert changed.shape is found.shape
        there = changed.node("b")
        assert there is not None
        assert there.header.message == "new"

    def test_new_parent_file_gone_and_file_new(self):
        found = graph(*FORK)
        assert found.with_replaced("c.py", RevisionHeader("c", ("b",))).heads == ("c",)
        assert found.with_replaced("c.py", None).heads == ("b",)
        assert found.with_replaced("d.py", RevisionHeader("d", ("b", "c"))).heads == ("d",)
        assert found.without({"b.py", "c.py"}).heads == ("a",)

    def test_a_problem_changes_the_shape(self):
        found = graph(node("a"))
        assert found.with_replaced("a.py", RevisionHeader("a", (), problems=(UNREAD,))).bases == ()


class TestNames:
    found = graph(
        node("aaaa1111"), node("aaaa2222", "aaaa1111"), node("bbbb3333", "aaaa2222", branch_labels=("top",))
    )

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("bbbb3333", ["bbbb3333"]),
            ("b", ["bbbb3333"]),
            ("top", ["bbbb3333"]),
            ("head", ["bbbb3333"]),
            ("heads", ["bbbb3333"]),
            ("top@head", ["bbbb3333"]),
            ("base", []),
            ("-1", ["aaaa2222"]),
            ("head-2", ["aaaa1111"]),
            ("head-3", []),
            ("+1", ["aaaa1111"]),
            ("+3", ["bbbb3333"]),
            ("aaaa1+1", ["aaaa2222"]),
            ("top@-1", ["aaaa2222"]),
        ],
    )
    def test_resolved(self, name, expected):
        nodes = resolve_revision(self.found, name)
        assert not isinstance(nodes, Unresolved), nodes
        assert ids(nodes) == expected

    @pytest.mark.parametrize(
        "name",
        ["", "zzzz", "aaaa", "head-4", "+4", "no@head", "top@zzzz", "@", "-", "-99999999999", "bbbb3333+1"],
    )
    def test_unresolved(self, name):
        assert isinstance(resolve_revision(self.found, name), Unresolved)

    def test_nearest(self):
        assert nearest(self.found, "aaaa2223")[0] == "aaaa2222"
        assert nearest(self.found, "bbbb") == ("bbbb3333",)
        assert nearest(self.found, "tpo") == ("top",)
        assert nearest(self.found, "bbbb3333", exclude={"bbbb3333"}) == ()
        assert nearest(self.found, "") == ()

    def test_steps_around_a_loop_end(self):
        loop = graph(node("a", "b"), node("b", "a"), node("c", "b"))
        assert isinstance(resolve_revision(loop, "c-900000000"), Unresolved)


class TestPictures:
    hostile = graph(
        node("a\x1b[2J", message='x"]; click n0 "javascript:alert(1)" \u202e`' + "\n\\N"),
        node("b", "a\x1b[2J", "gone\r\n::error::", branch_labels=('"l\x07',), depends_on=("nobody\x1b",)),
        node("\ud800", "b"),
        node("c", "c"),
        node(""),
    )

    def test_text(self):
        assert list(render_text(graph(*FORK, node("d", "b", "c", message="join")))) == [
            "●  d (head) (merge) join",
            "├─╮",
            "│ ●  c",
            "● │  b",
            "├─╯",
            "●  a (base) (branch point)",
        ]

    @pytest.mark.parametrize("render", [render_text, render_mermaid, render_dot, render_json])
    def test_nothing_from_a_file_is_obeyed(self, render):
        for row in render(self.hostile):
            assert row.isprintable()
            row.encode()

    def test_mermaid_and_dot_stay_inside_their_quotes(self):
        for row in render_mermaid(self.hostile):
            assert row.count('"') in (0, 2)
            assert "javascript:" not in row
        for row in render_dot(self.hostile):
            assert row.replace("\\\\", "").replace('\\"', "").count('"') in (0, 2)

    def test_json(self):
        found = json.loads("".join(render_json(graph(*FORK))))
        assert [(row["revision"], row["path"], row["head"]) for row in found["revisions"]] == [
            ("a", "a.py", False),
            ("b", "b.py", True),
            ("c", "c.py", True),
        ]
        assert found["heads"] == ["b", "c"]
        assert json.loads("".join(render_json(graph())))["revisions"] == []

    @pytest.mark.parametrize("seed", range(100))
    def test_every_revision_once_and_lanes_that_end(self, seed):
        rng = random.Random(seed)
        names = [f"n{at:02}" for at in range(rng.randint(1, 40))]
        nodes = [node(name, *rng.sample(names, rng.randint(0, min(3, len(names))))) for name in names]
        for found in (graph(*nodes), graph(*nodes[: len(nodes) // 2])):
            rows = list(render_text(found, ascii_only=True))
            drawn = [row[row.index("n") :][:3] for row in rows if "*" in row]
            assert sorted(drawn) == sorted(node.id for node in found.nodes)
            assert all(row.isascii() for row in rows)


@pytest.mark.parametrize("seed", range(300))
def test_any_input_is_an_answer(seed):
    rng = random.Random(seed)
    pool = ["", "a", "b", "c", "d", "base", "head", "heads", "a@b", "x-1", "lab"]
    some = lambda most: tuple(rng.choice(pool) for _ in range(rng.randint(0, most)))  # noqa: E731
    nodes = [
        node(rng.choice(pool), *some(3), key=f"{at}.py", branch_labels=some(1), depends_on=some(2))
        for at in range(rng.randint(0, 9))
    ]
    found = RevisionGraph(nodes)
    assert sorted(ordered.key for ordered in found.order) == sorted(given.key for given in nodes)
    place = {ordered.key: at for at, ordered in enumerate(found.order)}
    for ordered in found.order:
        if ordered.key not in found.looping:
            above = (*found.parents(ordered), *found.dependencies(ordered))
            assert all(place[parent.key] < place[ordered.key] for parent in above)
        found.labels_of(ordered)
    for cycle in found.cycles:
        for step, above in zip(cycle.nodes, [*cycle.nodes[1:], cycle.nodes[0]], strict=True):
            if len(cycle.nodes) > 1:
                assert above in (*found.parents(step), *found.dependencies(step))
    found.merge_plan()
    assert found.confused_heads is found.confused_heads
    assert isinstance(found.missing_parents + found.unresolved_dependencies + found.label_collisions, tuple)
    for render in (render_text, render_mermaid, render_dot, render_json):
        assert list(render(found)) or not nodes
    for name in [*pool, "a+1", "b-2", "lab@head", "a@heads"]:
        resolve_revision(found, name)


def test_large_histories_take_linear_time():
    """Quadratic time would be more than the time limit of a test; bench/graph.py measures it."""
    nodes = line(100_000)
    found = RevisionGraph(nodes)
    assert found.heads == ("r099999",)
    assert len(found.ancestors("r099999")) == 99_999
    assert found.order[-1].id == "r099999"
    ring = RevisionGraph([node("r000000", "r099999"), *nodes[1:]])
    assert len(ring.cycles[0].nodes) == 100_000
    assert len(ring.ancestors("r000000")) == 100_000


def test_comparing_two_sides_of_a_small_fork_visits_only_the_fork():
    nodes = line(50_000)
    found = RevisionGraph([*nodes, node("s1", "r049990"), node("s2", "s1")])
    assert found.shape.position
    # A walk through the whole history each time would be more than the time limit of a test.
    for _ in range(20_000):
        plan = found.merge_plan(("r049999", "s2"))
        assert plan is not None
        assert plan.common == ("r049990",)
