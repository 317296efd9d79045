"""The base: what a branch is compared with, found in the repository around an environment and read from its commits.

What has shipped is what the base has. Which ref that is, the command line says before the settings, these before what a
pull request's environment names, and that before what is found: a remote's default branch, the local one, HEAD.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from foreshot.lint.base import Base, BaseRevision
from foreshot.lint.words import code, plain
from foreshot.migration.header import read_header, read_header_above
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project import paths
from foreshot.project.environment import Environment
from foreshot.project.files import Listing
from foreshot.project.git import Repository
from foreshot.project.git.objects import object_id
from foreshot.project.sniff import revision_names
from foreshot.syntax.module import Module, parse
from foreshot.text import MAX_BYTES, SourceText, decode

_REQUESTS: Final = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Where GitHub and GitLab name the branch that a pull request is for."""
_DEFAULTS: Final = ("main", "master")
MAX_HELD: Final = 32 << 20
"""Characters of a commit's texts that are held for comparing and restoring."""
_HEADS: Final = "refs/heads/"
_REMOTES: Final = "refs/remotes/"


class NoBaseError(Exception):
    """The base that was asked for, or that a pull request names, is not there."""


class Ref(Struct, frozen=True):
    """A base that was found."""

    name: str
    """As people call it."""
    commits: tuple[str, ...]
    """The commit that it is at; after it those of other remotes' default branches."""
    kind: str = "branch"
    refs: tuple[str, ...] = ()
    """Whole names of the refs that it was read from."""


class Tree(Struct, frozen=True):
    """Revision files of one commit, by the path that they would have in the work tree."""

    blobs: Mapping[str, str]
    """Ids of contents."""
    read: Callable[[str], bytes]
    """The content of an id."""


def find_base(
    repository: Repository, asked: str | None, environ: Mapping[str, str], *, source: str = "--against"
) -> Ref | None:
    """The base; None before the first commit.

    Args:
        repository: where to look.
        asked: what the command line or the settings say.
        environ: the environment, which names the target of a pull request.
        source: what says ``asked``, for the complaint.

    Raises:
        NoBaseError: what was asked for is not there.
    """
    if asked is not None:
        commit = repository.commit_of(asked) or _on_a_remote(repository, asked)
        if commit is None:
            raise NoBaseError(_complaint(asked, source))
        return Ref(
            asked, (commit,), refs=(asked,) if asked.startswith("refs/") else _places(repository, asked)
        )
    requested = next((environ[name] for name in _REQUESTS if environ.get(name)), None)
    if requested is not None:
        commit = _on_a_remote(repository, requested) or repository.commit_of(f"{_HEADS}{requested}")
        if commit is None:
            raise NoBaseError(_complaint(f"origin/{requested}", "the pull request"))
        return Ref(requested, (commit,), refs=_places(repository, requested))
    found = _default_branches(repository)
    branch, head = repository.branch, repository.head
    if not found:
        local = (f"{_HEADS}{name}" for name in _DEFAULTS)
        main = next((name for name in local if repository.ref(name) is not None), None)
        on_main = branch is not None and branch.removeprefix(_HEADS) in _DEFAULTS
        if main is None or on_main:
            return None if head is None else Ref("HEAD", (head,), "commit")
        found = [main]
    commits = [repository.commit_of(name) for name in found]
    return Ref(
        found[0].removeprefix(_REMOTES).removeprefix(_HEADS),
        tuple(dict.fromkeys(commit for commit in commits if commit is not None)),
        refs=tuple(found),
    )


def _default_branches(repository: Repository) -> list[str]:
    """The default branch of each remote."""
    found: list[str] = []
    for remote in repository.remotes:
        names = ("HEAD", *_DEFAULTS)
        known = (repository.ref(f"{_REMOTES}{remote}/{name}") for name in names)
        found.extend(name for name in [next((name for name in known if name is not None), None)] if name)
    return found


def _on_a_remote(repository: Repository, name: str) -> str | None:
    found = (repository.commit_of(f"{_REMOTES}{remote}/{name}") for remote in repository.remotes)
    return next((commit for commit in found if commit is not None), None)


def _places(repository: Repository, name: str) -> tuple[str, ...]:
    places = [f"{_HEADS}{name}", f"{_REMOTES}{name}", f"refs/tags/{name}"]
    places += [f"{_REMOTES}{remote}/{name}" for remote in repository.remotes]
    return tuple(places)


def _complaint(name: str, source: str) -> str:
    branch = plain(name.removeprefix("origin/"))
    return (
        f"git knows no commit {code(name)} here (named by {source}), so nothing tells which revisions are new.\n"
        f"  Fetch it: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab, `git fetch origin {branch}` elsewhere.\n"
        "  Or review all revisions: `foreshot check --all`."
    )


def tree_of(repository: Repository, commit: str, environment: Environment) -> Tree:
    """The files that a commit has in the version folders as they are configured now."""
    blobs: dict[str, str] = {}
    for folder in environment.version_dirs:
        if not paths.is_inside(folder, repository.root):
            continue
        inside = paths.relative(folder, repository.root)
        for name, blob in repository.walk(commit, inside, deep=environment.recursive):
            if revision_names(Listing((), (name.rpartition("/")[2],))):
                blobs.setdefault(_in_work_tree(repository, name), blob)
    return Tree(blobs, repository.blob)


def elsewhere(
    repository: Repository,
    commit: str,
    names: Collection[str],
    blobs: Collection[str],
    known: Mapping[str, str],
) -> Mapping[str, str]:
    """Files of a commit that may be revisions of folders that have moved since.

    In a folder where a file has one of the ``names``, or one of the contents ``blobs``, every Python file may be one.
    """
    found: dict[str, dict[str, str]] = {}
    likely: set[str] = set()
    for name, blob in repository.walk(commit):
        folder, _, base = name.rpartition("/")
        if base.endswith(".py") and base != "__init__.py":
            found.setdefault(folder, {})[_in_work_tree(repository, name)] = blob
            if base in names or blob in blobs:
                likely.add(folder)
    return {path: blob for folder in likely for path, blob in found[folder].items() if path not in known}


def _in_work_tree(repository: Repository, name: str) -> str:
    return paths.child(repository.root, name.replace("/", paths.SEP))


class Contents:
    """The files of the work tree by what git would call their contents, each hashed once."""

    def __init__(self, texts: Mapping[str, bytes], digits: int) -> None:
        self._texts = texts
        self._digits = digits
        self._ids: dict[str, tuple[str, ...]] = {}

    def of(self, path: str) -> tuple[str, ...]:
        """The ids of a file as it is, and with the line ends that git stores."""
        known = self._ids.get(path)
        if known is None:
            known = self._ids[path] = ids_of(self._texts[path], self._digits)
        return known


def ids_of(data: bytes, digits: int) -> tuple[str, ...]:
    """What git would call a content as it is, and with the line ends that it stores."""
    ids = (object_id("blob", data, digits),)
    return (*ids, object_id("blob", data.replace(b"\r\n", b"\n"), digits)) if b"\r\n" in data else ids


def read_base(
    ref: Ref, tip: Tree, start: Tree | None, texts: Mapping[str, bytes], contents: Contents
) -> tuple[Base, frozenset[str]]:
    """What the base has, compared with the work tree, and the paths of files that have not changed since it branched off.

    Args:
        ref: the base.
        tip: its files now.
        start: those of the commit that the branch began at; None when that is not known.
        texts: the files of the work tree.
        contents: the same, by their ids.
    """
    headers: dict[str, RevisionHeader | None] = {}
    same = _unchanged(tip, texts, contents)
    untouched = _unchanged(start, texts, contents) if start is not None else frozenset[str]()
    others = list(_revisions(tip, same, headers))
    before = (
        {}
        if start is None
        else {item.header.revision: item for item in _revisions(start, untouched, headers)}
    )
    base = Base(
        ref.name,
        "commit" if ref.kind == "commit" else "branch",
        same,
        tuple(others),
        before,
        start is not None,
    )
    return base, untouched


def _unchanged(tree: Tree, texts: Mapping[str, bytes], contents: Contents) -> frozenset[str]:
    blobs = tree.blobs
    same: set[str] = set()
    for path in texts:
        blob = blobs.get(path)
        # Line ends that were stored otherwise, too, make no difference.
        if blob is not None and (blob in contents.of(path) or _alike(tree.read, blob, texts[path])):
            same.add(path)
    return frozenset(same)


def _alike(read: Callable[[str], bytes], blob: str, data: bytes) -> bool:
    there = read(blob)
    return b"\r" in there + data and _unix(there) == _unix(data)


def _unix(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _revisions(
    tree: Tree, but: Collection[str], headers: dict[str, RevisionHeader | None]
) -> Iterable[BaseRevision]:
    """The revisions of a commit but some that are known."""
    held = 0
    for path, blob in tree.blobs.items():
        if path in but:
            continue
        if blob not in headers:
            headers[blob] = header_of(text_of(tree.read, blob))
        header = headers[blob]
        if header is not None and header.revision:
            text = text_of(tree.read, blob) if held < MAX_HELD else None
            held += len(text.content) if text is not None else 0
            yield BaseRevision(path, header, text.content if text is not None else None)


def text_of(read: Callable[[str], bytes], blob: str) -> SourceText | None:
    """A file of a commit as a text."""
    data = read(blob)
    text = decode(data) if len(data) <= MAX_BYTES else None
    return text if isinstance(text, SourceText) else None


def header_of(source: SourceText | None) -> RevisionHeader | None:
    """The header of a text, also of one that does not parse to the end."""
    if source is None:
        return None
    module = parse(source)
    return read_header(module) if isinstance(module, Module) else read_header_above(source, module)
