"""``Sandbox.connect`` against a real server: the same handle, light, safe with its token."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Refused, Sandbox
from sandbox.cli import main
from sandbox.client import RemoteSandbox
from sandbox.errors import Unavailable
from sandbox.nouns.release import Preview
from tests.api.conftest import BY_CITY, Running, running
from tests.clinic import CITIES


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that answers as soon as it can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=False)


@pytest.fixture
def box(here: Running) -> Iterator[RemoteSandbox]:
    with Sandbox.connect(here.url, token=here.tokens["developer"], agreement=here.agreement) as opened:
        yield opened


def test_a_query_comes_back_with_error_bars_and_a_price(box: RemoteSandbox) -> None:
    answer = box.query(BY_CITY, epsilon="0.5")
    assert {row[0] for row in answer.rows()} >= set(CITIES)
    assert answer.error()[0][0] is None
    assert any(bars[1] for bars in answer.error())
    assert answer.cost.epsilon == 0.5
    assert answer.to_arrow().column_names == ["city", "visits", "mean"]
    again = box.query(BY_CITY, epsilon="0.5")
    assert (again.replayed, again.id, again.rows()) == (True, answer.id, answer.rows())
    assert box.budget().affordable is not None


def test_a_preview_tells_the_price_before(box: RemoteSandbox) -> None:
    preview = box.query(BY_CITY, epsilon="0.3", mode="preview")
    assert isinstance(preview, Preview)
    assert preview.cost == box.query(BY_CITY, epsilon="0.3").cost


def test_listed_keys_travel_with_the_question(box: RemoteSandbox, here: Running) -> None:
    sql = "SELECT city, count(*) AS n FROM visits GROUP BY city"
    answer = box.query(sql, epsilon="0.3", keys={"city": [CITIES[0]]})
    assert [row[0] for row in answer.rows()] == [CITIES[0]]
    with pytest.raises(Refused, match="keys_invalid"):
        box.query(sql, keys={"city": []})
    with pytest.raises(Refused, match="value_not_in_domain"):
        box.query(sql, keys={"city": ["nowhere"]})


def test_a_dummy_answer_is_free_and_marked(box: RemoteSandbox) -> None:
    before = box.budget().balances
    answer = box.query(BY_CITY, epsilon="0.4", mode="dummy")
    assert (answer.dummy, answer.cost.rho) == (True, 0)
    assert box.budget().balances == before
    assert box.dummy("visits").dummy
    with pytest.raises(Refused, match="table_unknown"):
        box.dummy("elsewhere")


def test_a_result_can_be_downloaded_and_proved(box: RemoteSandbox, here: Running, tmp_path: Path) -> None:
    answer = box.query(BY_CITY, epsilon="0.6")
    job = next(each for each in box.jobs() if each["disclosure"] == answer.id)
    assert box.download(job["id"]).startswith(b"city,visits,mean")
    assert box.download(job["id"], "parquet").startswith(b"PAR1")
    with pytest.raises(Refused, match="format_unknown"):
        box.download(job["id"], "xls")
    with pytest.raises(Refused, match="not_found"):
        box.download("elsewhere")
    (tmp_path / "bundle.json").write_text(json.dumps(box.proof(answer.id)), encoding="utf-8")
    key = here.service.keyring.signer.public_key
    assert verify(tmp_path / "bundle.json", key) == 0
    assert verify(tmp_path / "bundle.json", bytes([key[0] ^ 1]) + key[1:]) == 1
    assert verify(tmp_path / "bundle.json", b"") == 1


def verify(bundle: Path, key: bytes) -> int:
    """Check a bundle offline under the key that the operator gave; the exit code of the command."""
    with pytest.raises(SystemExit) as left:
        main(["log", "verify", str(bundle), "--key", key.hex()])
    return int(left.value.code or 0)


def test_dates_come_back_as_dates(box: RemoteSandbox, here: Running) -> None:
    with Sandbox.connect(here.url, token=here.tokens["developer"], agreement=here.agreement) as other:
        assert {table.name for table in other.tables()} == {"visits", "persons", "hospitals"}
    assert "郑州市" in repr(box.tables())


def test_a_refusal_tells_every_problem_of_a_statement(box: RemoteSandbox) -> None:
    for mode in ("run", "preview"):
        with pytest.raises(Refused) as refusal:
            box.query("SELECT name,\n  nickname FROM visits", epsilon="0.1", mode=mode)
        found = (refusal.value, *refusal.value.others)
        assert [(each.code, each.position) for each in found] == [
            ("unknown_column", "1:8"), ("unknown_column", "2:3"),
        ]  # fmt: skip
        assert all(each.hint for each in found)


def test_a_refusal_is_the_local_one(box: RemoteSandbox) -> None:
    with pytest.raises(Refused) as refusal:
        box.query("SELECT name FROM visits")
    assert (refusal.value.code, refusal.value.position) == ("unknown_column", "1:8")
    with pytest.raises(Refused, match="profile_required"):
        box.query(BY_CITY, accuracy=0.05, mode="run")
    with pytest.raises(Refused, match="mode_unknown"):
        box.query(BY_CITY, mode="walk")


def test_several_agreements_must_be_told_apart(here: Running) -> None:
    token = here.tokens["developer"]
    second = here.agree(epsilon="1")
    with pytest.raises(Refused) as refusal:
        Sandbox.connect(here.url, token=token)
    assert refusal.value.code == "agreement_required"
    assert second in refusal.value.hint
    with pytest.raises(Refused, match="agreement_missing"):
        Sandbox.connect(here.url, token=here.tokens["stranger"])
    with pytest.raises(Refused, match="agreement_unknown"):
        Sandbox.connect(here.url, token=here.tokens["stranger"], agreement=second)


def test_a_wrong_token_is_told(here: Running) -> None:
    for nonsense in ("", "令牌", "a\nb"):
        with pytest.raises(Refused, match="unauthenticated"):
            Sandbox.connect(here.url, token=nonsense)
    with pytest.raises(Refused, match="unauthenticated"):
        Sandbox.connect(here.url, token="dsb_0_x")


def test_a_token_never_travels_in_clear() -> None:
    with pytest.raises(Refused, match="https_required"):
        Sandbox.connect("http://sandbox.example.org", token="t")


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unavailable, match="server_unreachable"):
        Sandbox.connect("http://127.0.0.1:9", token="t")


def test_the_client_needs_no_engine_no_noise_no_parser() -> None:
    blocked = (
        "duckdb",
        "opendp",
        "presidio_analyzer",
        "sqlglot",
        "sqlalchemy",
        "fastapi",
        "cryptography",
        "pydantic",
        "pyarrow",
        "pandas",
        "polars",
        "typer",
        "rich",
        "IPython",
    )
    program = (
        "import sys\n"
        f"for name in {blocked!r}: sys.modules[name] = None\n"
        "import sandbox.client, sandbox\n"
        "try: sandbox.Sandbox.connect('http://elsewhere', token='t')\n"
        "except sandbox.Refused as refusal: print(refusal.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[2],
        check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("https_required", "")
