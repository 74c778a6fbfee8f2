"""What deploying a released package uploads: AWS CLI's `cloudformation package` against moto's S3.

`python tests/aws/package.py FOLDER AWS`, where `packaging/package.py` made FOLDER, and AWS is AWS CLI: version 1 does,
since version 2, which no registry has, shares its code for this. A function must get its binary at the top
of its archive, and may be executed; the layer its configuration; the repository's metadata what it names. Of
`cloudformation.json`, that no parameter is resolved in it.
"""

import io
import json
import logging
import os
import pathlib
import subprocess
import sys
import zipfile

os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}

import boto3
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse
from tally import Tally

BUCKET = "deployment"
EXECUTABLE = 0o111


def packaged(folder: pathlib.Path, address: str) -> dict:
    """The template as it is deployed."""
    output = folder.parent / "packaged.yaml"
    command = [sys.argv[2], "cloudformation", "package", "--template-file", folder / "template.yaml"]
    environment = os.environ | {"AWS_ENDPOINT_URL": address}
    done = subprocess.run(
        [*command, "--s3-bucket", BUCKET, "--output-template-file", output], text=True, capture_output=True, env=environment,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return yaml_parse(output.read_text())


def resolved(template: dict) -> list[str]:
    """Parameters that nothing refers to, so that setting them has no effect."""
    text = json.dumps({name: section for name, section in template.items() if name not in ("Parameters", "Metadata")})
    referred = lambda name: f'{{"Ref": "{name}"}}' in text or f"${{{name}}}" in text  # noqa: E731
    found = [f"nothing refers to {name}" for name in template["Parameters"] if not referred(name)]
    groups = [given["Properties"] for given in template["Resources"].values() if given["Type"] == "AWS::CodeDeploy::DeploymentGroup"]
    found += [] if len(groups) == 3 else [f"{len(groups)} deployment groups"]
    wanted = {"Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": {"Ref": "DeploymentType"}}]}
    return found + [f"a deployment goes by {group['DeploymentConfigName']}" for group in groups if group["DeploymentConfigName"] != wanted]


def main() -> int:
    folder = pathlib.Path(sys.argv[1]).resolve()
    tally = Tally()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    s3 = boto3.client("s3", endpoint_url=address)
    s3.create_bucket(Bucket=BUCKET)
    template = packaged(folder, address)

    def read(uri: str) -> bytes:
        key = str(uri).removeprefix(f"s3://{BUCKET}/")
        return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def archive(uri: str) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(read(uri)))

    bootstrap = (folder / "function/bootstrap").read_bytes()

    def code(uri: str) -> list[str]:
        """What is wrong with a function's archive."""
        found = archive(uri)
        if found.namelist() != ["bootstrap"]:
            return [f"holds {found.namelist()}"]
        problems = [] if found.read("bootstrap") == bootstrap else ["the binary is another"]
        may_run = found.getinfo("bootstrap").external_attr >> 16 & EXECUTABLE
        return problems if may_run else [*problems, "the binary may not be executed"]

    def of_type(kind: str) -> dict[str, dict]:
        every = template["Resources"].items()
        return {name: resource["Properties"] for name, resource in every if resource["Type"] == kind}

    functions = of_type("AWS::Serverless::Function")
    tally.check("there are three functions", [] if len(functions) == 3 else [*functions])
    for name, properties in functions.items():
        tally.check(f"{name} gets its binary and nothing else", code(properties["CodeUri"]))
    for name, properties in of_type("AWS::Serverless::LayerVersion").items():
        files = archive(properties["ContentUri"]).namelist()
        tally.check(f"{name} has the configuration", [] if files == ["destination.json"] else files)
    repository = template["Metadata"]["AWS::ServerlessRepo::Application"]
    for key, file in (("LicenseUrl", "LICENSE-APACHE"), ("ReadmeUrl", "README.md")):
        is_there = read(repository[key]) == (folder / file).read_bytes()
        tally.check(f"{key} is uploaded", [] if is_there else [repository[key]])
    transformed = json.loads((folder / "cloudformation.json").read_text())
    tally.check("every parameter of the transformed template has its effect", resolved(transformed))
    server.stop()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
