"""What the demo's invented province is made of: public lists and rough proportions.

City names, codes and populations follow public sources (GB/T 2260, the 2020 census, rounded); diagnosis codes
are ICD-10 categories. Hospitals, people and visits are invented: no real person or institution is meant.
"""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A prefecture-level city of Henan."""

    name: str
    code: str
    """First four digits of its administrative codes (GB/T 2260)."""
    people: int
    """Residents, units of 10 000."""
    counties: str
    """Last two digits of some of its counties and districts."""


CITIES = (
    City("郑州市", "4101", 1260, "02 03 04 05 06 08 22 81 82 83 84 85"),
    City("开封市", "4102", 482, "02 03 04 05 12 21 22 23 25"),
    City("洛阳市", "4103", 706, "02 03 04 05 11 23 24 25 26 27 28 29"),
    City("平顶山市", "4104", 499, "02 03 04 11 21 22 23 25 81 82"),
    City("安阳市", "4105", 548, "02 03 05 06 22 23 26 27 81"),
    City("鹤壁市", "4106", 157, "02 03 11 21 22"),
    City("新乡市", "4107", 625, "02 03 04 11 21 24 25 26 27 81 82 83"),
    City("焦作市", "4108", 352, "02 03 04 11 21 22 23 25 82 83"),
    City("濮阳市", "4109", 377, "02 22 23 26 27 28"),
    City("许昌市", "4110", 438, "02 03 24 25 81 82"),
    City("漯河市", "4111", 237, "02 03 04 21 22"),
    City("三门峡市", "4112", 203, "02 03 21 24 81 82"),
    City("南阳市", "4113", 971, "02 03 21 22 23 24 25 26 27 28 29 30 81"),
    City("商丘市", "4114", 782, "02 03 21 22 23 24 25 26 81"),
    City("信阳市", "4115", 623, "02 03 21 22 23 24 25 26 27 28"),
    City("周口市", "4116", 903, "02 03 21 22 23 24 25 28 81"),
    City("驻马店市", "4117", 701, "02 21 22 23 24 25 26 27 28 29"),
    City("济源市", "4190", 73, "01"),
)


class Department(NamedTuple):
    """A department of a hospital and what its visits look like."""

    name: str
    child: float
    """Weight among patients under 15."""
    adult: float
    """Weight among patients from 15 to 54."""
    old: float
    """Weight among patients of 55 and over."""
    winter: float
    """Swing of the year: +0.5 is half as many visits again in January and half as few in July."""
    price: float
    """Median amount of one visit, CNY."""
    codes: str
    """ICD-10 codes, the most frequent first."""


DEPARTMENTS = (
    Department(
        "内科", 8, 30, 48, 0.28, 215, "I10 E11.9 J06.9 I25.1 K29.5 J44.9 I63.9 E78.5 J20.9 K21.9 R51 D64.9"
    ),
    Department("外科", 4, 12, 9, -0.05, 380, "K80.2 K35.8 N20.0 L02.9 K40.9 I83.9 K64.9 N40 D17.9 S01.9"),
    Department("妇产科", 0, 16, 3, 0.0, 260, "Z34.9 N76.0 D25.9 N92.6 N83.2 O20.0 N95.1 Z39.2 N72"),
    Department("儿科", 62, 0, 0, 0.45, 160, "J06.9 J20.9 A09.9 J18.9 J03.9 B08.4 R50.9 J45.9 L20.9 K59.0"),
    Department("骨科", 4, 10, 12, 0.05, 420, "M54.5 M17.9 M51.2 S52.5 M47.8 M75.0 S82.9 M81.9 S93.4"),
    Department("眼科", 7, 4, 7, -0.05, 200, "H52.1 H25.9 H10.9 H04.1 H40.9 H11.0 H35.3 H01.0"),
    Department("口腔科", 8, 9, 4, -0.08, 350, "K02.9 K04.0 K05.1 K08.1 K07.3 K01.1 K12.0"),
    Department("皮肤科", 5, 8, 3, -0.35, 150, "L30.9 L50.9 L70.0 B35.3 L23.9 B07 L40.9 L08.9"),
    Department("中医科", 2, 9, 11, 0.05, 240, "M54.2 K30 R53 G47.0 N94.6 M79.6 R05"),
    Department("急诊科", 6, 6, 5, 0.12, 410, "R10.4 R50.9 S09.9 T14.9 R07.4 I63.9 A09.9 T63.4"),
    Department("康复科", 1, 2, 5, 0.0, 480, "I69.3 M54.5 G81.9 M75.0 Z50.1 S14.1"),
    Department("精神科", 1, 4, 2, 0.05, 260, "F41.9 F32.9 G47.0 F20.9 F41.1 F51.0"),
)

AGE_BANDS = (5.2, 6.6, 6.3, 5.6, 5.0, 5.6, 8.3, 7.0, 6.3, 7.6, 8.6, 7.8, 5.6, 5.5, 4.0, 2.4, 1.5, 0.8, 0.3)
"""Share of residents by five years of age, from 0 to 94, per cent."""

AGE_ACTIVITY = (2.0, 1.3, 0.8, 0.6, 0.7, 0.8, 0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.2, 2.3, 2.2, 1.9, 1.6)
"""Visits by five years of age, relative to one another."""

WEEKDAYS = (1.32, 1.14, 1.08, 1.05, 1.06, 0.76, 0.59)
"""Visits by day of the week from Monday, relative to one another."""

HOLIDAYS = (("2025-01-28", 8, 0.35), ("2025-04-04", 3, 0.7), ("2025-05-01", 5, 0.65), ("2025-10-01", 8, 0.6))
"""First day, length in days, and visits relative to an ordinary day: the four long holidays."""

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
MALE_NAMES = "伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国志文海东晓峰永亮成家豪子轩"
FEMALE_NAMES = "芳娜敏静丽艳娟霞秀兰燕玲桂英红梅婷雪慧莹颖琳洁倩佳蕾欣怡梦雨萍蓉晶月春玉凤淑珍云子涵思雅"
MOBILE_PREFIXES = "130 131 132 134 135 136 137 138 139 150 151 152 157 158 159 166 173 176 177 180 183 186 187 188 189 198 199"  # noqa: E501

NOTES = (
    "患者一般情况可，门诊取药",
    "复诊，病情平稳，继续原方案治疗",
    "建议一周后复查血常规",
    "嘱低盐低脂饮食，规律服药",
    "血压控制尚可，调整用药剂量",
    "血糖偏高，建议内分泌科随诊",
    "完善影像学检查后复诊",
    "已告知注意事项，不适随诊",
    "换药，伤口愈合良好",
    "建议住院治疗，患者要求门诊观察",
    "疫苗接种史完整",
    "过敏史：青霉素",
    "否认药物过敏史",
    "陪同就诊，沟通良好",
    "康复训练第二疗程",
    "慢病长处方三十天",
    "异地就医备案已核验",
    "转诊至上级医院进一步检查",
)
"""Notes of doctors without personal data."""

NOTES_WITH_MOBILE = (
    "家属联系电话 {mobile}",
    "请于检查前致电{mobile}确认时间",
    "随访电话：{mobile}，上午联系",
)
NOTES_WITH_NAME = ("患者{name}由家属陪同就诊", "{name}，复诊，症状缓解", "代{name}取药")

STREETS = "解放路 建设路 人民路 中山路 东风路 文化路 和平路 健康路 新华路 光明路 胜利路 黄河路"
"""Streets that name community health centres."""
