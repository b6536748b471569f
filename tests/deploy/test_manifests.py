"""What containers and clusters are told: no root, nothing to write but where it must, limits, one place for versions.

Neither kubeconform nor a cluster is here: the form of the manifests is checked by kustomize, where kubectl is, and what
they mean by these sentences.
"""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from callcenter.config.load import load_centre

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"


def every(path: Path) -> list[Any]:
    return [part for part in YAML(typ="safe").load_all(path.read_text(encoding="utf-8")) if part]


COMPOSE: dict[str, Any] = every(DEPLOY / "compose.yaml")[0]
SERVICES: dict[str, Any] = COMPOSE["services"]
VERSIONS = dict(
    line.split("=", 1)
    for line in (DEPLOY / ".env").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
OBJECTS = {
    f"{part['kind']} {part['metadata']['name']}": part
    for path in sorted(KUBERNETES.glob("*.yaml"))
    if path.name not in ("kustomization.yaml", "centre.yaml")
    for part in every(path)
}


# --- compose


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_nobody_writes_nowhere_else_and_takes_no_more_than_its_share(name: str):
    service = SERVICES[name]

    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), "by number, and not root"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= set(service)
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert service["restart"] == "unless-stopped"


def test_every_version_of_an_image_is_read_from_one_place():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+):\?", text))

    assert asked == set(VERSIONS)
    assert {service["image"] for service in SERVICES.values() if "image" in service} <= {
        f"${{{name}:?it is in deploy/.env}}" for name in VERSIONS
    }
    for image in VERSIONS.values():
        assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*(@sha256:[0-9a-f]{64})?", image), f"{image}: a version, not latest"
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2
    assert f"ARG PYTHON_IMAGE={VERSIONS['PYTHON_IMAGE']}\n" in dockerfile, "built without compose it is the same"
    assert VERSIONS["PROMETHEUS_IMAGE"].startswith("prom/prometheus:v3.")


def test_secrets_are_files_and_what_may_be_replaced_is_mounted_by_its_folder():
    for name, service in SERVICES.items():
        told = [*service.get("environment", {}), *map(str, service.get("environment", {}).values())]
        assert not [one for one in told if re.search("PASSWORD(?!.*FILE)", one) and "FILE" not in one], name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("./") and not source.endswith(".sh"):
                assert (DEPLOY / source).is_dir(), f"{name}: {source}: a file that is replaced stays the old one"
    key = re.findall(r"credentials_file: (\S+)", (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert key == ["secrets/metrics.key"]
    assert (DEPLOY / "prometheus" / "secrets").is_dir()
    ignored = subprocess.run(
        ["git", "check-ignore", "deploy/prometheus/secrets/metrics.key", "deploy/secrets/postgres"],
        cwd=DEPLOY.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ignored.returncode in (0, 128), "a key that is put there is never committed"
    assert "deploy/prometheus/secrets" in (DEPLOY.parent / ".dockerignore").read_text(encoding="utf-8")


def test_health_is_readiness_and_no_interpreter_is_started_for_it():
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (asked,) = re.findall(r"HEALTHCHECK .*CMD (.+)", dockerfile)

    assert asked == '["/usr/local/bin/ready"]'
    assert "/readyz" in (DEPLOY / "ready").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "python" not in (DEPLOY / "ready").read_text(encoding="utf-8").lower().replace("start of python", "")


# --- Kubernetes

POD: dict[str, Any] = OBJECTS["StatefulSet callcenter"]["spec"]["template"]["spec"]
CONTAINER: dict[str, Any] = POD["containers"][0]


def test_every_manifest_is_among_those_that_are_applied():
    listed = every(KUBERNETES / "kustomization.yaml")[0]["resources"]

    assert sorted(listed) == sorted(
        path.name for path in KUBERNETES.glob("*.yaml") if path.name not in ("kustomization.yaml", "centre.yaml")
    )


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_version_of_its_kind_and_selects_the_pods(name: str):
    versions = {
        "Namespace": "v1", "ServiceAccount": "v1", "Service": "v1", "StatefulSet": "apps/v1",
        "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1",
    }  # fmt: skip
    found = OBJECTS[name]
    spec = found.get("spec", {})
    selector = spec.get("podSelector", spec.get("selector"))
    labels = OBJECTS["StatefulSet callcenter"]["spec"]["template"]["metadata"]["labels"]

    assert found["apiVersion"] == versions[found["kind"]]
    assert selector is None or selector.get("matchLabels", selector) == labels


def test_a_pod_is_nobody_and_writes_to_its_own_folders_alone():
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] == 10001
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert POD["automountServiceAccountToken"] is False
    assert {"cpu", "memory", "ephemeral-storage"} <= set(CONTAINER["resources"]["limits"])
    writable = {m["mountPath"] for m in CONTAINER["volumeMounts"] if not m.get("readOnly")}
    assert writable == {"/data", "/tmp"}
    assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == {volume["name"] for volume in POD["volumes"]}
    enforced = OBJECTS["Namespace callcenter"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    assert enforced == "restricted"


def test_one_writes_and_one_stands_by_on_another_machine():
    spec = OBJECTS["StatefulSet callcenter"]["spec"]
    (apart,) = POD["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]

    assert spec["replicas"] == 2
    assert "--standby" in CONTAINER["args"]
    assert apart["topologyKey"] == "kubernetes.io/hostname"
    # Each of these would wait for a standby to be ready, which it is not before it takes over.
    assert (spec["podManagementPolicy"], spec["updateStrategy"]) == ("Parallel", {"type": "OnDelete"})
    assert CONTAINER["startupProbe"]["failureThreshold"] == 2**31 - 1
    assert CONTAINER["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert CONTAINER["livenessProbe"]["httpGet"]["path"] == "/healthz", "a slow disk is no reason to start again"


def test_who_serves_is_never_evicted_before_somebody_took_over_and_the_standby_always_may_be():
    budget = OBJECTS["PodDisruptionBudget callcenter"]["spec"]

    assert (budget["minAvailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_the_network_lets_in_and_out_who_is_named_and_nobody_else():
    policy = OBJECTS["NetworkPolicy callcenter"]["spec"]
    out = {port["port"] for rule in policy["egress"] for port in rule["ports"]}

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8080]
    assert out == {53, 5432}
    assert all(rule["from"] for rule in policy["ingress"])
    assert all(rule["to"] for rule in policy["egress"])


def test_the_image_is_that_of_the_version_and_the_centre_is_one():
    (image,) = every(KUBERNETES / "kustomization.yaml")[0]["images"]
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert (image["name"], image["newTag"]) == (CONTAINER["image"], project["version"])
    assert load_centre(str(KUBERNETES / "centre.yaml")).queues[0].name == "hotline"


@pytest.mark.ci
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
def test_kustomize_builds_it():
    done = subprocess.run(["kubectl", "kustomize", str(KUBERNETES)], capture_output=True, text=True, check=False)
    built = [part for part in YAML(typ="safe").load_all(done.stdout) if part]

    assert done.returncode == 0, done.stderr
    assert len(built) == len(OBJECTS) + 1, "and the centre"
    assert all(part["metadata"].get("namespace") == "callcenter" for part in built if part["kind"] != "Namespace")
