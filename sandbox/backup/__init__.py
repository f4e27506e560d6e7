"""Backup and restore of a home folder: one sealed archive; a restore gives no budget back. 备份与恢复."""

from sandbox.backup.making import create
from sandbox.backup.restoring import restore

__all__ = ["create", "restore"]
