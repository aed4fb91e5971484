"""The layer is named by its recipe, so that every machine names the same one."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import byte_code, code, layer, slim_botocore
from infra.node import packaged_node

PROJECT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("name", ["EVERYBODYS", "THE_ARCHIVES"])


def test_the_hash_is_the_same_in_another_process_and_folder(tmp_path):
    asked = "import sys; sys.path.insert(0, sys.argv[1]); from infra.layer import recipe_hash; print(recipe_hash())"

    elsewhere = subprocess.run(
        [sys.executable, "-c", asked, str(PROJECT)], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert elsewhere.stdout.strip() == layer.recipe_hash()


def test_the_hash_does_not_ask_the_machine_anything(monkeypatch):
    before = layer.recipe_hash()

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "version_info", (3, 99))
    monkeypatch.setenv("PATH", "")

    assert layer.recipe_hash() == before


@BOTH
def test_the_hash_changes_with_what_is_locked(tmp_path, name):
    recipe = getattr(layer, name)
    changed = tmp_path / recipe.lock.name
    changed.write_text(recipe.lock.read_text(encoding="utf-8") + "# another package\n", encoding="utf-8")

    assert layer.recipe_hash(recipe._replace(lock=changed)) != layer.recipe_hash(recipe)


@BOTH
def test_line_ends_of_a_checkout_do_not_matter(tmp_path, name):
    recipe = getattr(layer, name)
    windows = tmp_path / recipe.lock.name
    windows.write_bytes(recipe.lock.read_bytes().replace(b"\n", b"\r\n"))

    assert layer.recipe_hash(recipe._replace(lock=windows)) == layer.recipe_hash(recipe)


def test_the_template_names_each_layer_by_a_custom_hash_of_its_recipe(dev):
    layers = dev.resources("AWS::Lambda::LayerVersion").values()
    keys = {content["Content"]["S3Key"] for content in layers}

    assert len(keys) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}\.zip", key) for key in keys)


@pytest.mark.parametrize(
    ("name", "requirements"),
    [("EVERYBODYS", "requirements.txt"), ("THE_ARCHIVES", "requirements-archive.txt")],
)
def test_what_requirements_pin_is_what_is_locked(name, requirements):
    wanted = re.findall(
        r"^([a-z0-9-]+)(?:\[\w+\])?==(\S+)$", (PROJECT / requirements).read_text(), re.MULTILINE
    )
    lock = getattr(layer, name).lock.read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))

    assert wanted
    assert {name: locked[name] for name, _ in wanted} == dict(wanted)


@BOTH
def test_the_lock_names_no_place_to_load_from_and_every_hash(name):
    lock = getattr(layer, name).lock.read_text()

    assert "http" not in lock
    assert lock.count("--hash=sha256:") >= len(re.findall(r"^\S+==", lock, re.MULTILINE))


def test_a_slim_botocore_knows_our_services_without_their_manuals(tmp_path):
    data = tmp_path / "data"
    for service in ("dynamodb", "ec2"):
        (data / service).mkdir(parents=True)
        model = {"documentation": "<p>long</p>", "shapes": {"documentation": {"type": "string"}}}
        (data / service / "service-2.json.gz").write_bytes(
            slim_botocore.gzip.compress(json.dumps(model).encode())
        )
    (data / "dynamodb" / "examples-1.json.gz").write_bytes(slim_botocore.gzip.compress(b"{}"))
    partition = {"partition": "aws-cn", "services": {"dynamodb": {"endpoints": {}}, "ec2": {}}}
    (data / "endpoints.json").write_text(json.dumps({"partitions": [partition]}))

    slim_botocore.slim(tmp_path)

    assert sorted(str(path.relative_to(data)) for path in data.rglob("*.json*")) == [
        "dynamodb/service-2.json",
        "endpoints.json",
    ]
    # A shape may be called like that; only texts go.
    assert json.loads((data / "dynamodb" / "service-2.json").read_text()) == {
        "shapes": {"documentation": {"type": "string"}}
    }
    assert json.loads((data / "endpoints.json").read_text()) == {
        "partitions": [{"partition": "aws-cn", "services": {"dynamodb": {"endpoints": {}}}}]
    }


def test_the_clients_that_we_make_of_a_slim_botocore_find_where_to_call(tmp_path):
    """In a process of its own: what is loaded here is the whole one."""
    import botocore

    shutil.copytree(Path(botocore.__file__).parent, tmp_path / "botocore")
    slim_botocore.slim(tmp_path / "botocore")
    program = """
import botocore.session, sys
session = botocore.session.get_session()
for service, operation, asked in [
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"pk": {"S": "1"}}}),
    ("s3", "head_object", {"Bucket": "files", "Key": "orders/1/2", "ChecksumMode": "ENABLED"}),
]:
    for region in ("eu-west-1", "cn-north-1"):
        client = session.create_client(service, region_name=region)
        print(client.generate_presigned_url(operation, Params=asked).partition("?")[0])
"""
    told = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "PYTHONPATH": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", program], env=told, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == [
        "https://dynamodb.eu-west-1.amazonaws.com/",
        "https://dynamodb.cn-north-1.amazonaws.com.cn/",
        "https://files.s3.amazonaws.com/orders/1/2",
        "https://files.s3.cn-north-1.amazonaws.com.cn/orders/1/2",
    ], done.stderr


@BOTH
@pytest.mark.parametrize(("uv_is_here", "installer"), [(True, "uv"), (False, "pip")])
def test_either_installer_takes_wheels_for_lambda_and_checks_them(monkeypatch, name, uv_is_here, installer):
    monkeypatch.setattr(layer.importlib.util, "find_spec", lambda name: uv_is_here or None)

    command = layer._installer(Path("layer/python"), getattr(layer, name))

    assert command[1:3] == ["-m", installer]
    assert "--require-hashes" in command
    assert "--no-deps" in command
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert command[command.index("--python-version") + 1] == "3.13"
    assert any("aarch64" in word for word in command)


def test_node_comes_with_the_packages():
    folder = packaged_node()

    assert folder is not None
    assert (folder / "node").exists()


def test_our_code_is_our_two_packages_and_nothing_else(tmp_path):
    code.build(tmp_path)

    names = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
    assert names == {"functions", "shared"}
    assert (tmp_path / "functions" / "order_api.py").read_bytes() == (
        PROJECT / "functions/order_api.py"
    ).read_bytes()


def test_byte_code_knows_where_lambda_will_load_it_from(tmp_path):
    (tmp_path / "rule.py").write_text("def price():\n    return 1\n")

    could = byte_code.write(tmp_path, loaded_from="/var/task")

    written = list(tmp_path.rglob("*.pyc"))
    assert bool(written) == could
    for compiled in written:
        assert compiled.name == "rule.cpython-313.pyc"
        assert b"/var/task/rule.py" in compiled.read_bytes()
        assert str(tmp_path).encode() not in compiled.read_bytes()
