"""What can be written is what the models have, and the type checker refuses anything else."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

from sqlalchemy import Table

from agent_runs.models import AgentRun, Delivery, Record, Repo
from agent_runs.providers.base import RunNews
from agent_runs.reading.run import reading_of
from agent_runs.store.engine.tables import make_metadata
from agent_runs.store.organization.repos import NewRepo
from agent_runs.store.runs.changes import PrivateChanges, RunChanges, RunFields
from agent_runs.store.runs.deliveries import DeliveryChanges
from agent_runs.store.runs.runs import RunPrivate

ROOT = Path(__file__).parents[2]
SAMPLE = """
from agent_runs.models import AgentRun, Delivery
from agent_runs.providers.base import Recorder
from agent_runs.store.engine.database import Transaction
from agent_runs.store.organization import repos
from agent_runs.store.runs import deliveries, runs
from agent_runs.store.runs.changes import RunChanges


async def right(transaction: Transaction, run: AgentRun, recorder: Recorder) -> None:
    changes: RunChanges = {"status": "ACTIVE"}
    await runs.change(transaction, run, fence=1, **changes)
    await runs.insert(transaction, prompt="p", extra={"of_upstream": 1}, title="t")
    await recorder.update(session_id="s", activity=None)


async def wrong(
    transaction: Transaction, run: AgentRun, delivery: Delivery, recorder: Recorder
) -> None:
    await runs.change(transaction, run, statsu="ACTIVE")
    await runs.change(transaction, run, turn="2")
    await runs.change(transaction, run, id=2)
    await runs.change_private(transaction, run.id, fence=1, sesion_id="s")
    await runs.insert(transaction, prompt="p", titles="t")
    await runs.insert(transaction, prompt="p", metadata=[])
    await deliveries.change(transaction, delivery, due=None)
    await deliveries.change(transaction, delivery, attempts=None)
    await repos.insert(transaction, name="n")
    await repos.insert(transaction, name="n", url="/n", branch="main")
    await recorder.update(status="COMPLETE")
    await recorder.update(activity=1)
"""


def _columns(table: str) -> set[str]:
    described: Table = make_metadata("sqlite").tables[table]
    return set(described.columns.keys())


def _same(changes: type, model: type, *, but: set[str]) -> None:
    """Compare names and types with those of a model, but for some fields."""
    own = get_type_hints(model)
    names = list(model.model_fields) if issubclass(model, Record) else list(own)
    assert get_type_hints(changes) == {name: own[name] for name in names if name not in but}


# Given once, or worked out whenever a run is written.
_TOLD = {"id", "created_at", "updated_at", "web_url", *reading_of({"id": 1, "status": "ACTIVE"})}


def test_a_new_run_can_have_every_field_of_a_run() -> None:
    _same(RunFields, AgentRun, but={*_TOLD, "prompt"})


def test_every_field_of_a_run_can_be_changed_but_its_identity() -> None:
    _same(RunChanges, AgentRun, but=_TOLD)


def test_what_a_worker_keeps_can_be_changed_and_has_a_column_each() -> None:
    _same(PrivateChanges, RunPrivate, but={"fence"})
    assert {each.name for each in dataclasses.fields(RunPrivate)} <= _columns("run")


def test_a_provider_tells_fields_of_a_run() -> None:
    news, changes = get_type_hints(RunNews), get_type_hints(RunChanges)
    assert news == {name: changes[name] for name in news}


def test_a_new_repository_can_have_every_field_of_a_repository() -> None:
    _same(NewRepo, Repo, but={"id"})
    assert NewRepo.__required_keys__ == {"name", "url"}


def test_an_attempt_changes_fields_of_a_delivery() -> None:
    _same(DeliveryChanges, Delivery, but={"id", "agent_run_id", "created_at", "url", "event"})


def test_columns_that_rows_are_found_by_are_fields_too() -> None:
    unused = {"agent_pid", "agent_started"}  # the schema has them, and nobody writes them
    inner = {"payload", "fence", "title_folded", "mode", *RunPrivate.__dataclass_fields__, *unused}
    assert _columns("run") - inner <= AgentRun.model_fields.keys()
    assert _columns("repo") - {"payload"} <= Repo.model_fields.keys()
    assert _columns("delivery") - {"run_id", "secret", "body", "payload"} <= {
        *Delivery.model_fields
    }


def test_the_type_checker_refuses_wrong_names_and_types(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE)
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "extraPaths": [str(ROOT)]})
    )
    checker = Path(sys.executable).with_name("basedpyright")
    checked = subprocess.run(
        [checker, "--outputjson", "--project", tmp_path, "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    diagnostics = json.loads(checked.stdout)["generalDiagnostics"]
    refused = {
        each["range"]["start"]["line"] for each in diagnostics if each["severity"] == "error"
    }
    lines = SAMPLE.splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("async def wrong"))
    wrong = {at for at, line in enumerate(lines) if "await" in line and at > begin}
    assert refused == wrong
