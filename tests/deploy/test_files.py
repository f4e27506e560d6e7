"""The files for containers say what the product and the engines of others understand.

No container engine is at hand in the tests: what one would check is checked by the formats' own schemas, by a
linter, and by doing the steps (``test_image.py``).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import compose_spec
import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from sandbox.cli.listening import listening
from sandbox.settings import Settings
from tests.deploy.dockerfile import ROOT, only, stages

DEPLOY = ROOT / "deploy"
OBJECTS = list(YAML(typ="safe").load_all(DEPLOY / "kubernetes" / "sandbox.yaml"))
COMPOSE = YAML(typ="safe").load(DEPLOY / "compose.yaml")
PROFILE = json.loads((DEPLOY / "seccomp.json").read_text(encoding="utf-8"))
NEVER = (
    "bpf", "init_module", "kexec_load", "keyctl", "mknod", "open_by_handle_at", "perf_event_open", "ptrace",
    "process_vm_readv", "reboot", "setns", "userfaultfd", "io_uring_setup", "clone3", "chroot",
)  # fmt: skip


def pod() -> dict:
    return next(each for each in OBJECTS if each["kind"] == "StatefulSet")["spec"]["template"]["spec"]


def test_the_dockerfile_passes_its_linter() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, "--ignore", "DL3008", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )  # Debian's own stable versions are what is wanted, not pinned ones that vanish
    assert done.stdout == ""
    assert done.returncode == 0


def test_what_the_image_copies_is_there_and_let_in() -> None:
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [rest.split()[:-1] for stage in stages() for rest in only(stage, "COPY") if "--from" not in rest]
    for source in (each for group in copied for each in group):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in let_in, source


def test_the_image_runs_as_nobody_in_particular_without_build_tools() -> None:
    runtime = stages()[-1]
    assert only(runtime, "USER") == ["10001:10001"]
    assert only(runtime, "STOPSIGNAL") == ["SIGTERM"]
    assert only(runtime, "VOLUME") == ["/home/sandbox/data"]
    installed = " ".join(only(runtime, "RUN"))
    assert "pip" not in installed
    assert "python3-venv" not in installed
    assert "uninstall --yes setuptools pip" in only(stages()[0], "RUN")[-1]


@pytest.mark.parametrize("each", OBJECTS, ids=lambda each: each["kind"])
def test_every_object_is_of_its_schema(each: dict) -> None:
    kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)


def test_the_schema_finds_a_mistake() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_the_pod_is_locked_down_and_has_memory_for_unsealed_data() -> None:
    spec, container = pod(), pod()["containers"][0]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    memory = next(each for each in spec["volumes"] if each["name"] == mounts["/dev/shm"])
    assert memory["emptyDir"]["medium"] == "Memory"
    assert "/home/sandbox/data" in mounts


def test_nothing_leaves_the_pod() -> None:
    policy = next(each for each in OBJECTS if each["kind"] == "NetworkPolicy")["spec"]
    assert policy["egress"] == []
    assert "Egress" in policy["policyTypes"]
    assert (
        policy["podSelector"]["matchLabels"]
        == next(each for each in OBJECTS if each["kind"] == "StatefulSet")["spec"]["selector"]["matchLabels"]
    )


def test_probes_ask_addresses_that_need_no_sign_in() -> None:
    from sandbox.api.access import ACCESS

    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        address = pod()["containers"][0][probe]["httpGet"]["path"]
        assert ACCESS["GET", address].act is None


def test_the_compose_file_is_of_its_schema() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{\w+[^}]*\}", "/value", text)  # what an engine fills in before it reads
    read = compose_spec.PyCompose.from_yaml(text)
    read.validate()
    assert set(read.service_names()) == {"sandbox", "postgresql"}


def test_the_composed_server_has_a_read_only_root_and_no_rights() -> None:
    service = COMPOSE["services"]["sandbox"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["shm_size"]
    assert (DEPLOY / service["security_opt"][1].removeprefix("seccomp:")).exists()
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


@pytest.mark.parametrize(
    "command", [COMPOSE["services"]["sandbox"]["command"], pod()["containers"][0]["args"]]
)
def test_the_commands_are_ones_the_server_takes(command: list[str]) -> None:
    assert command[:4] == ["serve", "--host", "0.0.0.0", "--behind-proxy"]
    proxy = "10.0.0.5" if command[4].startswith("${") else command[4]
    assert listening("0.0.0.0", 8470, None, None, proxy).proxies


def test_only_settings_that_exist_are_set() -> None:
    named = [*COMPOSE["services"]["sandbox"]["environment"]]
    named += [each["name"] for each in pod()["containers"][0]["env"]]
    known = {f"SANDBOX_{name.upper()}" for name in Settings.model_fields} | {"SANDBOX_PSEUDONYM_KEY"}
    assert set(named) <= known


def test_the_profile_names_real_calls_and_none_twice() -> None:
    import pyseccomp

    names = [name for rule in PROFILE["syscalls"] for name in rule["names"]]
    assert len(names) == len(set(names))
    machines = (pyseccomp.Arch.X86_64, pyseccomp.Arch.AARCH64)
    unknown = [
        name for name in names
        if all(pyseccomp.resolve_syscall(each, name) == -1 for each in machines)
    ]  # fmt: skip
    assert unknown == []


def test_the_profile_lets_the_jail_be_made_and_keeps_the_kernel_closed() -> None:
    assert PROFILE["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = {
        name for rule in PROFILE["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]
    }
    assert {"clone", "unshare", "mount", "umount2", "pivot_root", "seccomp"} <= allowed
    assert {"landlock_create_ruleset", "landlock_restrict_self"} <= allowed
    assert not allowed & set(NEVER)
