"""Public code lists and number formats of China: what identity numbers look like. 国家标准代码表.

Constants only, shared by the masks (as SQL) and by the recognizers (as Python). Nothing here comes from rows.
"""

from __future__ import annotations

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Weights of the first 17 digits of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
RESIDENT_CHECKS = "10X98765432"
"""Check character by the weighted sum modulo 11."""

PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省",
    "22": "吉林省", "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省",
    "35": "福建省", "36": "江西省", "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省",
    "44": "广东省", "45": "广西壮族自治区", "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省",
    "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省", "63": "青海省",
    "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
    "71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区",
}  # fmt: skip
"""Province codes and names (GB/T 2260)."""
RESIDENT_REGIONS = (*PROVINCES, "83")
"""First two digits of resident numbers: provinces, and 81/82/83 of residence permits for people of Hong Kong,
Macau and Taiwan (港澳台居民居住证申领发放办法, article 3)."""
MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of a unified social credit code (GB 32100-2015): no I, O, S, V, Z."""
USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
USCC_KINDS = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19",
    "9": "123", "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
"""Registering department → kinds of institution it may register (GB 32100-2015 with amendment 1)."""

FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
"""Full-width forms of the printable ASCII characters and the ideographic space."""
HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F)) + " "
"""What each becomes, in the same order."""
FULL_WIDTH_MARK = "[０-９Ａ-Ｚａ-ｚ＠．＋－（）\u3000]"
"""Regular expression: full-width characters that can be part of an identifier."""

PLATE_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"

SUSPECTS: dict[str, str] = {
    "CN_RESIDENT_ID": r"[1-9][0-9]{5}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx]",
    "CN_USCC": r"[1-9ANYany][1-9][0-9]{6}[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]{10}",
    "EMAIL_ADDRESS": r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+\.[A-Za-z0-9.\-]+",
    "CN_BANK_CARD": r"[3-9](?:[ -]?[0-9]){12,18}",
    "CN_MOBILE": r"(?:(?:\+|00)?86[ -]?)?1[3-9](?:[ -]?[0-9]){9}",
    "CN_LANDLINE": r"[(]?0[1-9][0-9]{1,2}[)]?[ -]?[2-9][0-9]{2,3}[ -]?[0-9]{4}",
    "CN_PLATE": rf"[{PLATE_PROVINCES}][A-HJ-NP-Za-hj-np-z][·• ]?[0-9A-HJ-NP-Za-hj-np-z]{{4,6}}[挂学警港澳]?",
    "CN_PASSPORT": r"[EGDSPKMegdspkm][A-HJ-NP-Za-hj-np-z]?[0-9]{7,8}",
    "CN_TRAVEL_PERMIT": r"[HMCWLThmcwlt][A-Za-z]?[0-9]{7,10}",
    "IP_ADDRESS": r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
}
"""Entity → RE2 pattern over half-width text that covers everything its recognizer accepts and more (no
checksum, no look at neighbours). In the order in which they win: identity number before card before phone."""
