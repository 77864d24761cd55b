"""The base images: stand-ins under the real names, from Debian and PyPI, or the real ones."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from commands import run
from engine import Engine, mirror, unmount

HERE = Path(__file__).resolve().parent / "stand-ins"
ROOT = HERE.parents[2]
SUITES = ("forky", "bookworm")
LABEL = "rasoi.stand-in"


def wanted() -> dict[str, str]:
    """The base images by the stand-in's name, with tag and without digest."""
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "backend" / "Dockerfile").read_text()
    names = re.findall(r"(?:image: |_IMAGE=)([\w./-]+:[\w.-]+)@sha256", text)
    return {re.split(r"[/:]", name.split(":")[0])[-1].removesuffix("-unprivileged"): name for name in names}


def build(engine: Engine) -> None:
    """All of them, unless they are there from these very files."""
    files = sorted(HERE.iterdir())
    content = b"\0".join(path.read_bytes() for path in files) + repr(sorted(wanted().items())).encode()
    stamp = hashlib.sha256(content).hexdigest()[:16]
    known = engine.docker("images", "-q", "--filter", f"label={LABEL}={stamp}").split()
    if len(set(known)) >= len(wanted()):
        return
    with ThreadPoolExecutor(len(SUITES)) as pool:
        list(pool.map(lambda suite: _root(engine, suite), SUITES))
    context = engine.cache / "stand-ins"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(HERE, context)
    script = "import sys; from pathlib import Path; from rasoi.embedded.kafka import fetch_jars; fetch_jars(Path(sys.argv[1]))"
    run(sys.executable, "-c", script, context / "jars", cwd=ROOT / "backend")
    targets = {
        name: {"dockerfile": "Dockerfile", "target": name, "tags": [image], "labels": {LABEL: stamp}}
        for name, image in wanted().items()
    }
    (context / "bake.json").write_text(
        json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets})
    )
    environ = {**engine.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    # one after the other: images that share layers and are stored at once were seen to lose one another's snapshots
    for name in targets:
        bake = ("docker", "buildx", "bake", "-f", "bake.json", "--progress", "plain", name)
        run(*bake, env=environ, cwd=context, seconds=1800)
    shutil.rmtree(context)


def _root(engine: Engine, suite: str) -> None:
    """A minimal Debian as an image, which trusts whom this machine trusts."""
    name = f"rasoi-debian:{suite}"
    if engine.docker("images", "-q", name):
        return
    at = engine.cache / "roots" / suite
    unmount(at)
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir(parents=True)
    script = (
        "/usr/share/debootstrap/scripts/sid"  # an older machine knows no script by the newer suite's name
    )
    run(
        "debootstrap",
        "--variant=minbase",
        "--include=ca-certificates",
        suite,
        at,
        mirror(),
        script,
        env=engine.environ,
        seconds=900,
    )
    for certificate in Path("/usr/local/share/ca-certificates").glob("*.crt"):
        shutil.copy(certificate, at / "usr/local/share/ca-certificates")
    run("chroot", at, "update-ca-certificates")
    (at / "etc/apt/apt.conf.d/99-mirror").write_text('Acquire::Check-Valid-Until "false";\n')
    for rest in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(at / rest, ignore_errors=True)
        (at / rest / "partial").mkdir(parents=True)
    archive = at.with_suffix(".tar")
    run("tar", "-C", at, "--exclude=./proc/*", "--exclude=./sys/*", "-cf", archive, ".")
    engine.docker("import", archive, name)
    unmount(at)
    shutil.rmtree(at)
    archive.unlink()


def override() -> str:
    """A Compose file that puts the stand-ins in the place of the images that are pinned by digest."""
    names = wanted()
    services: dict[str, object] = {
        service: {"image": names[kind]}
        for service, kind in (
            ("postgres", "postgres"), ("redis", "redis"), ("kafka-1", "kafka"), ("kafka-2", "kafka"), ("kafka-3", "kafka"),
            ("nginx", "nginx"), ("prometheus", "prometheus"), ("grafana", "grafana"),
        )
    }  # fmt: skip
    services["migrate"] = {"build": {"args": {"NODE_IMAGE": names["node"], "PYTHON_IMAGE": names["python"]}}}
    return json.dumps({"services": services}, indent=2)
