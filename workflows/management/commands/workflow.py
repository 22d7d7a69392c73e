"""`manage.py workflow export|plan|apply|test`: workflows as files that are reviewed, and their cases in CI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.actors import SYSTEM, Actor, actor_of
from crm.errors import RapportError
from crm.models import Member
from workflows.junit import Suite, as_junit
from workflows.models import Workflow
from workflows.selectors.documents import draft_of
from workflows.selectors.workflows import get_workflow
from workflows.services.cases import try_cases
from workflows.services.texts import (
    Applied,
    Files,
    apply_workflows,
    export_workflow,
    plan_workflow,
    read_files,
    refuse_stale,
)

NO_CHANGE, CHANGES = 0, 2


class Command(BaseCommand):
    help = "Export workflows to files, tell what files would change, apply them, and carry out cases."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="write KEY.yaml, KEY.layout.yaml and KEY.cases.yaml")
        export.add_argument("key", nargs="+")
        export.add_argument("--dir", default=".", type=Path, help="the folder to write to")
        plan = acts.add_parser(
            "plan", help="tell what applying the files of a folder would change; "
            "exit code 0: nothing, 2: something, 1: an error",
            description="Tells what applying the files of a folder would change. "
            "Exit code 0: nothing, 2: something, 1: an error, such as files that were exported from an older draft.",
        )  # fmt: skip
        plan.add_argument("dir", type=Path)
        apply = acts.add_parser("apply", help="save the files of a folder as drafts, all or none")
        apply.add_argument("dir", type=Path)
        apply.add_argument("--as", dest="member", required=True, metavar="USERNAME", help="the member who does it")
        apply.add_argument("--publish", action="store_true", help="publish what changed, if its cases pass")
        apply.add_argument("--ignore-cases", action="store_true", help="publish though a case fails; it is audited")
        test = acts.add_parser("test", help="carry out the cases of drafts; exit code 1 if one fails")
        test.add_argument("key", nargs="*", help="all workflows that have cases, if none is named")
        test.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except RapportError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(str(error)) from error

    def _export(self, options: dict[str, Any]) -> None:
        folder: Path = options["dir"]
        folder.mkdir(parents=True, exist_ok=True)
        for key in options["key"]:
            workflow = get_workflow(actor=SYSTEM, key=key)
            for name, content in export_workflow(actor=SYSTEM, workflow=workflow).items():
                (folder / name).write_text(content, encoding="utf-8")
                self.stdout.write(str(folder / name))

    def _plan(self, options: dict[str, Any]) -> None:
        plans = [plan_workflow(actor=SYSTEM, files=files) for files in _read(options["dir"])]
        for plan in plans:
            self._tell(plan.files.key, plan.sentences())
        for plan in plans:
            refuse_stale(plan)
        raise SystemExit(NO_CHANGE if all(plan.is_empty for plan in plans) else CHANGES)

    def _apply(self, options: dict[str, Any]) -> None:
        actor = _actor(options["member"])
        applied = apply_workflows(
            actor=actor, files=_read(options["dir"]), publishes=options["publish"],
            ignore_cases=options["ignore_cases"],
        )  # fmt: skip
        for one in applied:
            self._tell(one.plan.files.key, [*one.plan.sentences(), *_published_in_words(one)])

    def _tell(self, key: str, sentences: list[str]) -> None:
        self.stdout.write(f"{key}:{'' if sentences else ' no change'}")
        for sentence in sentences:
            self.stdout.write(f"  {sentence}")

    def _test(self, options: dict[str, Any]) -> None:
        suites = [self._suite(workflow) for workflow in _workflows(options["key"])]
        if options["junit"]:
            options["junit"].write_text(as_junit(suites), encoding="utf-8")
        total = sum(len(suite.results) for suite in suites)
        failed = sum(not result.passed for suite in suites for result in suite.results)
        broken = [suite for suite in suites if suite.error]
        cases = "1 case" if total == 1 else f"{total} cases"
        self.stdout.write(f"{cases}, {failed} failed" + (f", broken drafts: {len(broken)}" if broken else ""))
        if failed or broken:
            raise SystemExit(1)

    def _suite(self, workflow: Workflow) -> Suite:
        try:
            document = draft_of(workflow)
            report = try_cases(actor=SYSTEM, workflow=workflow, document=document)
        except RapportError as error:
            self.stdout.write(f"FAILED  {workflow.key}: {error.detail}")
            return Suite(workflow.key, (), error.detail)
        for result in report.results:
            self.stdout.write(f"{'ok    ' if result.passed else 'FAILED'}  {workflow.key}: {result.name}")
            for difference in result.differences:
                self.stdout.write(f"          {difference}")
        self.stdout.write(f"        {workflow.key}: {report.coverage.in_words(document)}")
        return Suite(workflow.key, report.results)


def _read(folder: Path) -> list[Files]:
    found = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not found:
        raise CommandError(f"There are no .yaml files in {folder}.")
    try:
        return read_files({path.name: path.read_text(encoding="utf-8") for path in found})
    except UnicodeDecodeError as error:
        raise CommandError(f"A file in {folder} is not UTF-8: {error}") from error


def _actor(username: str) -> Actor:
    member = Member.objects.filter(username=username, is_active=True).first()
    if member is None:
        raise CommandError(f"There is no active member {username!r}.")
    return actor_of(member)


def _workflows(keys: list[str]) -> list[Workflow]:
    if keys:
        return [get_workflow(actor=SYSTEM, key=key) for key in keys]
    return list(Workflow.objects.filter(cases__isnull=False).distinct().order_by("key"))


def _published_in_words(applied: Applied) -> list[str]:
    if applied.published is None:
        return []
    secrets = [f"The secret of the webhook “{node}”, shown this once: {secret}"
               for node, secret in applied.published.secrets.items()]  # fmt: skip
    return [f"Published as version {applied.published.version.number}.", *secrets]
