"""The rooms. Adding a rule is one new module and one line here.

A name is ``family/rule``; its module is ``foreshot.rules.family.rule`` with underscores. Modules are imported
when they are first needed.
"""

from __future__ import annotations

import importlib
from functools import cache

from foreshot.lint.rule import Rule
from foreshot.lint.run import RuleSet

IN_A_REVISION: tuple[str, ...] = (
    "input/syntax-error",
    "input/unreadable-file",
    "destructive/drop-table",
    "destructive/drop-column",
    "destructive/truncate-table",
    "destructive/whole-table-write",
    "destructive/narrowing-type-change",
    "destructive/drop-constraint",
    "destructive/drop-schema",
    "rename/column-rename-as-drop-add",
    "rename/table-rename-as-drop-create",
    "rename/constraint-rename-as-drop-create",
    "rename/rename-column",
    "rename/rename-table",
    "rename/rename-not-reversed",
    "data/not-null-without-default",
    "data/set-not-null-without-backfill",
    "data/python-default-on-add",
    "data/unique-over-existing-rows",
    "data/type-change-needs-using",
    "data/misread-server-default",
    "data/seeded-ids-without-sequence",
    "data/value-too-long",
    "data/columns-out-of-order",
    "data/constraint-over-existing-rows",
    "data/set-null-on-not-null",
    "data/update-misses-rows",
    "data/integer-primary-key",
    "locking/blocking-index",
    "locking/blocking-drop-index",
    "locking/blocking-foreign-key",
    "locking/blocking-check",
    "locking/blocking-unique",
    "locking/blocking-primary-key",
    "locking/blocking-not-null",
    "locking/table-rewrite",
    "locking/blocking-exclude",
    "locking/wide-reindex",
    "locking/concurrent-if-not-exists",
    "locking/timeout-breaks-build",
    "locking/lock-pileup",
    "transaction/mixed-schema-and-data",
    "transaction/unbatched-backfill",
    "transaction/split-by-autocommit",
    "transaction/half-applied-revision",
    "locking/copy-algorithm",
    "transaction/timeout-not-restored",
    "transaction/concurrently-in-transaction",
    "transaction/validate-in-same-transaction",
    "transaction/enum-value-used-in-same-transaction",
    "transaction/explicit-commit",
    "transaction/missing-commit-after-autobegin",
    "constraints/unnamed-constraint",
    "constraints/drop-unnamed-constraint",
    "constraints/identifier-too-long",
    "constraints/use-alter-ignored",
    "constraints/missing-primary-key",
    "operations/wrong-argument",
    "operations/alters-nothing",
    "operations/existing-type-mismatch",
    "operations/serial-to-identity",
    "operations/offline-unsafe",
    "constraints/foreign-key-on-delete-changed",
    "downgrade/missing-downgrade",
    "downgrade/copied-then-dropped",
    "downgrade/downgrade-loses-data",
    "downgrade/irreversible-operation",
    "sql/interpolated-sql",
    "sql/plain-string-execute",
    "sql/sql-syntax-error",
    "sql/colon-in-sql",
    "sql/several-statements-at-once",
    "sql/raw-ddl",
    "sql/other-dialect-sql",
    "sql/opaque-operation",
    "types/missing-type-import",
    "types/module-prefix-drift",
    "types/unresolvable-type",
    "types/model-import-in-migration",
    "history/create-all-in-migration",
    "history/docstring-disagrees",
    "history/merge-with-operations",
    "enums/enum-type-not-created",
    "enums/enum-type-already-exists",
    "enums/enum-type-not-dropped",
    "enums/drop-enum-type",
    "mysql/existing-type-required",
    "mysql/inline-reference-ignored",
    "operations/unknown-table",
    "operations/unknown-column",
    "operations/unknown-constraint",
    "operations/already-exists",
    "operations/view-in-the-way",
    "operations/extension-not-created",
    "constraints/constraint-name-conflict",
    "constraints/doubled-name",
    "constraints/duplicate-index",
    "constraints/redundant-index",
    "data/foreign-key-type-mismatch",
    "data/primary-key-over-nullable",
    "destructive/drop-foreign-owned-table",
    "destructive/drop-column-dependents",
    "downgrade/downgrade-not-inverse",
    "history/merge-conflict",
    "constraints/index-needed-by-foreign-key",
    "mysql/alter-loses-attributes",
    "sqlite/batch-foreign-key-cascade",
    "sqlite/batch-loses-objects",
    "sqlite/alter-outside-batch",
    "sqlite/batch-unnamed-constraint",
    "operations/operation-order",
)
"""Rules whose findings follow from one revision file and what all revisions of an environment share."""

IN_A_PROJECT: tuple[str, ...] = (
    "history/multiple-heads",
    "history/missing-parent",
    "history/duplicate-revision-id",
    "history/revision-cycle",
    "history/invalid-revision-id",
    "history/missing-revision-id",
    "history/stale-parent",
    "history/edited-after-merge",
    "history/deleted-after-merge",
    "history/forks-from-base",
    "history/unknown-branch-label",
    "history/empty-revision",
    "history/changed-revision-id",
    "history/unreviewed-autogenerate",
    "locking/missing-lock-timeout",
    "transaction/autocommit-needs-transaction-per-migration",
    "types/sqlalchemy-prefix-drift",
    "types/template-missing-import",
    "environment/target-metadata-missing",
    "environment/compare-type-disabled",
    "environment/credentials-in-ini",
    "environment/async-engine-without-run-sync",
    "environment/batch-mode-missing",
    "environment/statement-before-configure",
    "environment/percent-in-url",
    "environment/unknown-configure-option",
    "environment/wrong-hook-signature",
    "environment/hook-returns-nothing",
    "environment/hook-ignores-none",
    "environment/default-schema-named",
    "environment/prefix-without-dot",
    "environment/broken-write-hook",
    "environment/revision-environment-needed",
    "environment/legacy-engine-execute",
    "environment/version-table-in-many-schemas",
    "environment/offline-branch-missing",
    "environment/models-not-imported",
    "environment/include-schemas-off",
    "environment/unfiltered-foreign-tables",
    "environment/duplicate-table-key",
    "constraints/naming-convention-missing",
    "constraints/foreign-key-without-index",
    "constraints/naming-convention-mismatch",
    "destructive/drop-mapped-column",
    "enums/enum-values-out-of-step",
    "enums/enum-value-removed",
    "drift/pending-migration",
    "drift/unmapped-table",
    "types/unstable-type-repr",
    "drift/unreachable-model",
    "drift/undetectable-change",
    "configuration/invalid-setting",
    "suppression/unused-suppression",
    "suppression/unknown-rule",
)
"""Rules that look at a whole environment: its graph and its configuration."""

NAMES = frozenset(entry.partition("/")[2] for entry in (*IN_A_REVISION, *IN_A_PROJECT))
"""The name of every rule."""


_FAMILIES = {entry.partition("/")[2]: entry.partition("/")[0] for entry in (*IN_A_REVISION, *IN_A_PROJECT)}


def family_of(rule: str) -> str:
    """The family of a rule; empty for a name that is no rule's."""
    return _FAMILIES.get(rule, "")


@cache
def by_hand() -> frozenset[str]:
    """The rules whose repairs are chosen one at a time."""
    return frozenset(name for name, rule in project_rules().by_name.items() if rule.by_hand)


@cache
def rule_named(name: str) -> Rule:
    """One rule, without loading the others.

    Raises:
        KeyError: for a name that is no rule's.
    """
    return _load(f"{_FAMILIES[name]}/{name}")


@cache
def revision_rules() -> RuleSet:
    """The rules that look at one revision."""
    return RuleSet(_load(entry) for entry in IN_A_REVISION)


@cache
def shipped_rules() -> RuleSet:
    """Those of them that have something to say of a revision that has shipped."""
    return RuleSet(rule for rule in revision_rules().by_name.values() if rule.of_shipped)


@cache
def project_rules() -> RuleSet:
    """The rules that look at a whole environment."""
    return RuleSet(_load(entry) for entry in IN_A_PROJECT)


@cache
def all_rules() -> RuleSet:
    """Every rule, in the order of the catalogue."""
    return RuleSet(_load(entry) for entry in (*IN_A_REVISION, *IN_A_PROJECT))


def _load(entry: str) -> Rule:
    family, _, name = entry.partition("/")
    module = importlib.import_module(f"foreshot.rules.{family}.{name.replace('-', '_')}")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__
    ]
    rule: Rule = found[0]()
    return rule
