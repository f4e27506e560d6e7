"""What a health office would ask of a year of outpatient claims, in the order the demo asks it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """One question of the demo."""

    zh: str
    en: str
    sql: str
    epsilon: str = "1.0"
    refused: bool = False
    """Whether this statement is meant to be refused."""
    remark_zh: str = ""
    remark_en: str = ""
    """Said after the answer."""


BY_CITY = """\
SELECT p.region AS city, COUNT(*) AS visits,
       COUNT(DISTINCT v.id_card) AS people,
       AVG(clamp(v.amount, 0, 3000)) AS mean_amount
FROM visits v JOIN persons p ON v.id_card = p.id_card
WHERE p.region IS NOT NULL
GROUP BY p.region ORDER BY visits DESC"""

BY_MONTH = """\
SELECT visited_on AS month, COUNT(*) AS visits
FROM visits WHERE visited_on IS NOT NULL
GROUP BY visited_on ORDER BY month"""

BY_AGE_AND_SEX = """\
SELECT p.birth_date AS age, p.sex,
       AVG(clamp(v.amount, 0, 3000)) AS mean_amount
FROM visits v JOIN persons p ON v.id_card = p.id_card
WHERE p.birth_date IS NOT NULL AND p.sex IS NOT NULL
GROUP BY p.birth_date, p.sex ORDER BY age, p.sex"""

BY_LEVEL = """\
SELECT h.level, COUNT(*) AS visits,
       AVG(clamp(v.amount, 0, 3000)) AS mean_amount
FROM visits v JOIN hospitals h ON v.hospital_code = h.hospital_code
GROUP BY h.level ORDER BY mean_amount DESC"""

TOP_DEPARTMENTS = """\
SELECT department, SUM(clamp(amount, 0, 3000)) AS total,
       SUM(clamp(amount, 0, 3000)) / COUNT(DISTINCT id_card) AS per_person
FROM visits WHERE department IS NOT NULL
GROUP BY department ORDER BY total DESC LIMIT 5"""

NAMES = "SELECT name, mobile, diagnosis FROM visits LIMIT 10"
UNBOUNDED = """\
SELECT insurance, AVG(days) AS mean_days
FROM visits WHERE insurance IS NOT NULL GROUP BY insurance"""
BOUNDED = UNBOUNDED.replace("AVG(days)", "AVG(clamp(days, 0, 30))")

CHAPTERS = (
    Chapter(
        "各市有多少门诊人次、多少人就诊、次均费用多少？",
        "By city: how many visits, how many people, what mean amount?",
        BY_CITY,
    ),
    Chapter(
        "一年之中门诊量怎样变化？",
        "How do visits move over the year?",
        BY_MONTH,
        remark_zh="小于误差的差别可能只是噪声。",
        remark_en="A difference smaller than the errors may be noise alone.",
    ),
    Chapter(
        "不同年龄、性别的次均费用有何差别？",
        "Mean amount by age band and sex, joined through the person?",
        BY_AGE_AND_SEX,
        remark_zh="两张受保护的表只能按同一个人连接；误差随分组变细而增大。",
        remark_en="Two protected tables join on the person only; finer groups have larger errors.",
    ),
    Chapter(
        "三级、二级、一级医院的门诊量和次均费用？",
        "Visits and mean amount by level of hospital, through a public table?",
        BY_LEVEL,
    ),
    Chapter(
        "哪五个科室的费用最多，人均多少？",
        "Which five departments have the largest total, and how much is it a person?",
        TOP_DEPARTMENTS,
        remark_zh="人均、排序和取前五名都在加噪之后进行，不再消耗预算。",
        remark_en="The ratio, the order and the cut to five happen after the noise and cost nothing.",
    ),
    Chapter(
        "能看看患者的姓名和手机号吗？",
        "May I see names and mobile numbers?",
        NAMES,
        refused=True,
        remark_zh="明细数据没有任何出口，与申请人是谁、预算多少无关。",
        remark_en="Rows have no way out, whoever asks and whatever budget is left.",
    ),
    Chapter(
        "平均开药多少天？",
        "How many days of medicine on average?",
        UNBOUNDED,
        refused=True,
        remark_zh="没有上下限，一个人就可能把平均值拉到任意远，误差也就无从谈起。",
        remark_en="Without bounds one person could pull the mean anywhere, and no error could be told.",
    ),
    Chapter("加上范围，再问一次", "The same with bounds", BOUNDED),
)
"""Asked in this order; the first is asked a second time at the end, as a replay."""
