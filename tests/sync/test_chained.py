"""A server of this program as the upstream of another: runs there are made and kept here."""

from pathlib import Path

from agent_runs import CodegenClient
from tests.live_server import start_server
from tests.patience import PATIENCE_SECONDS


def test_a_run_at_another_instance_is_made_from_here_and_stays_when_that_is_gone(
    tmp_path: Path,
) -> None:
    with start_server(tmp_path / "upstream") as upstream:
        account = {
            "CODEGEN_BASE_URL": upstream.url,
            "CODEGEN_API_TOKEN": "any-token-at-all",
            "CODEGEN_ORG_ID": "1",
        }
        with CodegenClient(base_url=upstream.url) as there:
            before = there.create_agent_run("/say I was here before", agent="scripted")
            there.wait(before.id, timeout=PATIENCE_SECONDS)
        with start_server(tmp_path / "mirror", **account) as mirror:
            with CodegenClient(base_url=mirror.url) as here:
                made = here.create_agent_run(
                    "/say made from afar", provider="codegen", agent="scripted"
                )
                run = here.wait(made.id, timeout=PATIENCE_SECONDS)
                assert (run.status, run.provider) == ("COMPLETE", "codegen")
                assert run.organization_id != 1
                # Upstream of this program tells the prompt of what was made elsewhere, too.
                mirrored = {each.prompt: each for each in here.iter_agent_runs()}
                assert set(mirrored) == {"/say made from afar", "/say I was here before"}
                old = mirrored["/say I was here before"]
                entries = [dict(each) for each in here.iter_agent_run_logs(old.id)]
            with CodegenClient(base_url=upstream.url) as there:
                assert len(list(there.iter_agent_runs())) == 2
            upstream.stop()
            with CodegenClient(base_url=mirror.url) as here:
                assert here.get_agent_run(old.id).result == old.result
                shown = [dict(each) for each in here.iter_agent_run_logs(old.id)]
                assert shown == entries
                assert len(shown) > 1
