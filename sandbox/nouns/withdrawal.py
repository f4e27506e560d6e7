"""Why a released answer is taken back. 撤回."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What the developer is told; the reason itself is for those who watch."""

    PERSONAL_DATA = "personal_data"  # 含个人信息
    OUT_OF_SCOPE = "out_of_scope"  # 超出授权范围
    WRONG = "wrong"  # 数据有误
    UNLAWFUL = "unlawful"  # 违反规定
    SECURITY = "security"  # 安全事件
