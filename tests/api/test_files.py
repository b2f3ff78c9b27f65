"""Diff and files of a run over HTTP."""

import httpx
import pytest
from api_parts import Finish

pytestmark = pytest.mark.anyio


async def test_what_a_run_made_can_be_read(http: httpx.AsyncClient, finished: Finish) -> None:
    prompt = "/run printf 'one\\ntwo\\n' > made.txt; printf '\\000\\001' > bytes.bin"
    run = (await http.post("/agent_runs", json={"prompt": prompt})).json()
    assert (await finished(run["id"])).status == "COMPLETE"
    path = f"/agent_runs/{run['id']}"

    diff = await http.get(f"{path}/diff")
    assert diff.headers["content-type"].startswith("text/x-diff")
    assert "+two" in diff.text
    told = (await http.get(f"{path}/diff", headers={"accept": "application/json"})).json()
    assert told["diff"] == diff.text
    assert {"path": "made.txt", "added": 2, "removed": 0, "status": "added"} in told["files"]

    files = (await http.get(f"{path}/files")).json()["items"]
    assert {"path": "made.txt", "size": 8} in files
    text = await http.get(f"{path}/files/made.txt")
    assert (text.text, text.headers["content-type"]) == ("one\ntwo\n", "text/plain; charset=utf-8")
    raw = await http.get(f"{path}/files/bytes.bin")
    assert (raw.content, raw.headers["content-type"]) == (b"\0\1", "application/octet-stream")
    assert raw.headers["content-disposition"] == "attachment"


async def test_a_file_whose_name_is_not_utf_8_is_listed_as_far_as_it_can_be_told(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    prompt = "/run printf x > $(printf 'b\\377d'); printf x > ok"
    run = (await http.post("/agent_runs", json={"prompt": prompt})).json()
    await finished(run["id"])
    files = await http.get(f"/agent_runs/{run['id']}/files")
    assert files.status_code == 200, files.text
    assert [file["path"] for file in files.json()["items"]] == ["b\N{REPLACEMENT CHARACTER}d", "ok"]


async def test_nothing_outside_of_the_work_tree_can_be_read(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    run = (
        await http.post("/agent_runs", json={"prompt": "/run ln -s /etc/passwd link; echo"})
    ).json()
    await finished(run["id"])
    for path in ("../../../../etc/passwd", "..%2F..%2Fapi-token", "%2Fetc%2Fpasswd", "link", "no"):
        answer = await http.get(f"/agent_runs/{run['id']}/files/{path}")
        assert answer.status_code in {404, 422}, path
        assert b"root:" not in answer.content
    for path in ("diff", "files", "files/x"):
        assert (await http.get(f"/agent_runs/4711/{path}")).status_code == 404
