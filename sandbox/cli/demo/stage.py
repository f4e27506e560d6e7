"""What the demo shows: every act printed for a reader of Chinese, of English, or of both."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table

from sandbox.cli.failure import describe
from sandbox.cli.table import as_table, pair
from sandbox.cli.words import Language, either, wrapped
from sandbox.errors import Refused

if TYPE_CHECKING:
    from sandbox.cli.demo.source import DemoSource
    from sandbox.cli.demo.story import Chapter
    from sandbox.local import LocalSandbox
    from sandbox.nouns.load import LoadReport
    from sandbox.nouns.policy import Policy
    from sandbox.nouns.release import Release


WIDEST = 100
"""Longest line of running text, columns."""


class Stage:
    """Prints the demo's acts; holds nothing but the console and the language."""

    def __init__(self, language: Language, console: Console | None = None) -> None:
        self.language = language
        self.console = console or Console(highlight=False)

    def say(self, zh: str, en: str, style: str = "") -> None:
        """One remark, indented; each language on lines of its own."""
        width = min(self.console.width, WIDEST) - 2
        for paragraph in either(self.language, zh, en).splitlines():
            for line in wrapped(paragraph, width):
                self.console.print(f"  {line}", style=style, markup=False, no_wrap=True)

    def heading(self, zh: str, en: str) -> None:
        """A rule with a title."""
        self.console.print()
        self.console.print(Rule(either(self.language, zh, en, join="  "), align="left", style="cyan"))

    def opening(self) -> None:
        """What is about to happen."""
        self.heading("数据沙箱演示", "Data Sandbox demo")
        self.say(
            "数据可用不可见：开发者提交 SQL，得到带误差的统计结果；明细不出域，每次披露都记入日志。",
            "Data usable, not visible: a developer sends SQL and gets statistics with error bars; rows never "
            "leave, and every disclosure is on a log.",
        )

    def invented(self, source: DemoSource) -> None:
        """The source that was made."""
        self.heading("一、数据来源（虚构）", "1. The source (invented)")
        self.say(
            f"已生成 {source.people:,} 人的 {source.visits:,} 条门诊结算记录和 {source.hospitals} 家"
            "医疗机构；姓名、身份证号（校验码有效）、手机号均为随机生成，与任何真实个人无关。",
            f"Made {source.visits:,} outpatient claims of {source.people:,} people at {source.hospitals} "
            "hospitals. Names, identity numbers (valid check digits) and mobiles are random; no real person "
            "is meant.",
        )

    def loaded(self, report: LoadReport, policy: Policy) -> None:
        """What the load did: the operator's side, exact."""
        self.heading("二、装载与脱敏（操作员视角）", "2. Load and mask (the operator's view)")
        table = Table(box=None, padding=(0, 2), header_style="dim")
        names = (
            ("表", "table"),
            ("读取", "read"),
            ("入库", "kept"),
            ("超出每人上限", "over bound"),
            ("标识无效", "bad unit"),
        )
        for place, (zh, en) in enumerate(names):
            table.add_column(either(self.language, zh, en, join=" "), justify="right" if place else "left")
        for load in report.tables:
            counts = (load.read, load.kept, load.dropped_rank, load.dropped_unit)
            table.add_row(load.name, *(f"{count:,}" for count in counts))
        self.console.print(table)
        privacy = policy.privacy
        self.say(
            f"身份证号、姓名、手机号、备注不入库；文件加密封存。预算终身上限 ε = {privacy.epsilon}"
            f"（δ = {float(privacy.delta):g}），单次作业至多 ε = {privacy.per_job.epsilon}；"
            f"少于约 {privacy.min_units} 人的分组不显示。",
            "Identity numbers, names, mobiles and notes are not stored; files are sealed. "
            f"Lifetime budget ε = {privacy.epsilon} (δ = {float(privacy.delta):g}), at most "
            f"{privacy.per_job.epsilon} a job; groups under about {privacy.min_units} people are not shown.",
        )
        self.heading("三、开发者提问", "3. A developer asks")
        self.say(
            "± 之后是 95% 置信误差，条形图末端的浅色部分同此。精确值从不显示。",
            "The ± after a number is its 95 % error, the shaded end of a bar the same. Exact values are "
            "never shown.",
            "dim",
        )

    def ask(self, box: LocalSandbox, number: int, chapter: Chapter) -> None:
        """One question, its answer or its refusal, its price and what is left."""
        self.console.print()
        title = either(self.language, f"问{number}　{chapter.zh}", f"Q{number}  {chapter.en}")
        self.console.print(title, style="bold", markup=False)
        self._sql(chapter.sql)
        try:
            answer = box.query(chapter.sql, epsilon=chapter.epsilon)
        except Refused as refusal:
            if not chapter.refused:
                raise
            self.console.print(
                Padding(describe(refusal, self.language), (0, 0, 0, 2)), style="yellow", markup=False
            )
            self._remark(chapter)
            return
        if chapter.refused:
            raise AssertionError("a statement that must be refused was answered")
        self._answer(answer)
        self._price(box, answer)
        self._remark(chapter)

    def replay(self, box: LocalSandbox, sql: str) -> None:
        """The first question again: the same release, free."""
        self.heading("四、同样的问题再问一次", "4. The same question again")
        before = _spent(box)
        answer = box.query(sql, epsilon="1.0")
        if not answer.replayed or _spent(box) != before:
            raise AssertionError("a replay must cost nothing")
        self.say(
            f"返回第 {answer.id} 号披露的原结果，一个数字都不变，不再扣预算：反复提问平均不掉误差。",
            f"The release of disclosure {answer.id} again, digit for digit, free: asking twice does not "
            "average the noise away.",
        )

    def compare(self, box: LocalSandbox, data: Path) -> None:
        """Released counts beside the exact ones: only because nobody real is in the source."""
        from sandbox.cli.demo import truth
        from sandbox.cli.demo.story import BY_CITY, BY_MONTH

        self.heading("与精确值对照（仅限虚构数据）", "Against the exact counts (invented data only)")
        for sql, exact in ((BY_CITY, truth.visits_by_city(data)), (BY_MONTH, truth.visits_by_month(data))):
            found = truth.compare(box.query(sql, epsilon="1.0"), "visits", exact)
            table = Table(box=None, padding=(0, 2))
            for each in found:
                mark = "within" if each.inside else "outside"
                table.add_row(each.key, pair(each.released, each.half), f"{each.exact:,}", mark)
            self.console.print(table)
            inside = sum(each.inside for each in found)
            self.say(
                f"{len(found)} 个数中有 {inside} 个的误差范围包含精确值；95% 置信容许二十分之一落在外面。",
                f"{inside} of {len(found)} error bars hold the exact count; at 95 % one in twenty may not.",
            )

    def _sql(self, sql: str) -> None:
        for line in sql.splitlines():
            self.console.print(f"    {line}", style="cyan", markup=False, no_wrap=True)
        self.console.print()

    def _answer(self, answer: Release) -> None:
        self.console.print(Padding(as_table(answer), (0, 0, 0, 2)))

    def _price(self, box: LocalSandbox, answer: Release) -> None:
        budget = box.budget()
        account = budget.balances[0]
        left = max(0.0, 1 - account.spent_rho / account.cap_rho)
        self.say(
            f"价格 ε {answer.cost.epsilon:g}（ρ {answer.cost.rho:.4f}），预算剩余 {left:.1%}，"
            f"还够 {budget.affordable} 次同样的作业；披露编号 {answer.id}。",
            f"Price ε {answer.cost.epsilon:g} (ρ {answer.cost.rho:.4f}); {left:.1%} of the budget is left, "
            f"enough for {budget.affordable} more like it; disclosure {answer.id}.",
            "green",
        )

    def _remark(self, chapter: Chapter) -> None:
        if chapter.remark_zh:
            self.say(chapter.remark_zh, chapter.remark_en, "italic")

    def log(self, box: LocalSandbox) -> None:
        """The log verified, and what it keeps of one job."""
        self.heading("五、披露日志", "5. The disclosure log")
        verdict = box.ledger.verify()
        if not verdict.ok:
            raise AssertionError("the demo's own log does not verify")
        records = box.ledger.records(limit=verdict.records)
        self.say(
            f"共 {len(records)} 条记录；哈希树、签名、预算账目逐条核验一致。",
            f"{len(records)} records; the hash tree, the signatures and the budget accounts were checked one "
            "by one, and all agree.",
            "green",
        )
        kinds = Counter(record.kind for record in records)
        listed = "  ".join(f"{kind} {count}" for kind, count in kinds.items())
        self.console.print(Padding(listed, (0, 0, 0, 2)), style="dim", markup=False)
        record = next(record for record in records if record.kind == "release")
        self.say(f"第 {record.number} 号披露留下了什么：", f"What it keeps of disclosure {record.number}:")
        for name, value in told(record.body):
            line = f"    {name:<10}{value}"
            self.console.print(line, markup=False, no_wrap=True, overflow="ellipsis")

    def farewell(self, keep: Path | None, seconds: float) -> None:
        """What was not protected, and how to go on."""
        self.heading("六、没有保护什么，下一步做什么", "6. What is not protected, and what next")
        self.say(
            "· 字段名、取值范围、公开表（医院名录）是公开信息，不受保护。\n"
            "· 误差只反映加入的噪声；数据自身的错漏、每人上限造成的截断不在其中。\n"
            "· 本演示中您既是操作员又是开发者，本机管理员能读取内存；正式使用须分开。",
            "· Column names, declared values and public tables (the hospitals) are public, not protected.\n"
            "· The errors are those of the noise; mistakes in the data and rows cut at the bound per person "
            "are not in them.\n"
            "· Here you are operator and developer at once, and root can read this machine's memory: keep "
            "the two apart in earnest.",
        )
        self.say("用您自己的 CSV 试一试：", "With a CSV of your own:", "bold")
        command = "sandbox" if shutil.which("sandbox") else ".venv/bin/sandbox"
        for line in ("scan my.csv > p.yaml", "try p.yaml --sql 'SELECT COUNT(*) AS n FROM my'"):
            self.console.print(Padding(f"{command} {line}", (0, 0, 0, 4)), style="cyan", markup=False)
        zh = f"文件保留在 {keep}。" if keep else "演示文件已删除；用 --keep 指定文件夹可保留。"
        en = f"The files are in {keep}." if keep else "The demo's files are gone; --keep DIR keeps them."
        self.say(f"全程 {seconds:.0f} 秒。{zh}", f"Took {seconds:.0f} s. {en}", "dim")


def _spent(box: LocalSandbox) -> list[float]:
    return [balance.spent_rho for balance in box.budget().balances]


def told(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a reader of a release's record looks at first: name and value."""
    yield "at", f"{body['at']} by {body['actor']}"
    yield "policy", body["policy"][:16] + "…"
    yield "snapshot", body["snapshot"][:16] + "…"
    yield "sql", " ".join(body["sql"].split())
    for measure in body["measures"]:
        step = float(Fraction(measure["quantum"]))
        most, scale = int(measure["linf"]) * step, float(measure["scale"]) * step
        yield "measured", f"{measure['label']}: one person at most {most:,.0f} a cell, noise {scale:,.0f}"
    yield "price", f"ρ {body['rho'] / 10**12:.6f}, δ {body['delta'] / 10**18:.1e}"
    yield "states", " → ".join(state for state, _ in body["states"])
