#!/usr/bin/env python3
"""Makes the package of a release: the template, the built function and its configuration, without Rust.

`packaging/package.py --architecture arm64 --bootstrap PATH --output FOLDER` writes FOLDER, ready for
`aws cloudformation package`, and FOLDER.zip. `template.yaml` stays as it is but for three things: the functions come
from the folder `function` instead of being built, the processor is the package's, and the metadata of AWS's Serverless
Application Repository is added. `cloudformation.json` is the same after SAM's transformation, for tools such as CDK that
do not know SAM; its code and its configuration are the objects `function` and `config` of whatever bucket.

Needs SAM's translator (packaging/requirements.txt).
"""

import argparse
import json
import logging
import pathlib
import re
import shutil
import sys
import zipfile

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARCHITECTURES = ("arm64", "x86_64")
# The folders of the package that `CodeUri` and `ContentUri` name.
FUNCTION, CONFIG = "function", "config"
# Every file of a zip has this time, so that equal contents give an equal zip.
EPOCH = (1980, 1, 1, 0, 0, 0)


def version():
    manifest = (ROOT / "Cargo.toml").read_text()
    return re.search(r'^version = "([^"]+)"', manifest, re.MULTILINE).group(1)


def without_builds(lines):
    """Drops each `Metadata:` block of a resource that tells SAM how to compile it."""
    kept, dropped, index = [], 0, 0
    while index < len(lines):
        end = index + 1
        if lines[index] == "    Metadata:":
            while end < len(lines) and (lines[end].startswith("      ") or not lines[end].strip()):
                end += 1
            if any("BuildMethod:" in line for line in lines[index:end]):
                dropped += 1
                index = end
                continue
        kept.extend(lines[index:end])
        index = end
    return kept, dropped


def with_code(lines):
    """Names each function's folder at the function: `aws cloudformation package` looks there and not under `Globals`, and
    takes the whole folder of the template for a function that names none."""
    kept, functions = [], 0
    for index, line in enumerate(lines):
        kept.append(line)
        if line == "    Properties:" and lines[index - 1] == "    Type: AWS::Serverless::Function":
            kept.append(f"      CodeUri: {FUNCTION}/")
            functions += 1
    return kept, functions


def replaced(text, before, after):
    """Replaces what must occur exactly once."""
    if text.count(before) != 1:
        sys.exit(f"template.yaml has {text.count(before)} times {before!r}; the package needs it once")
    return text.replace(before, after)


def repository_metadata(repository):
    """What the Serverless Application Repository asks for."""
    entries = {
        "Name": "tiktok-audiences",
        "Description": "Segment's TikTok Audiences destination: events in, hashed identifiers out to TikTok",
        "Author": "The tiktok-audiences contributors",
        "SpdxLicenseId": "Apache-2.0",
        "LicenseUrl": "LICENSE-APACHE",
        "ReadmeUrl": "README.md",
        "Labels": ["tiktok", "segment", "rudderstack", "audiences", "cdp"],
        "SemanticVersion": version(),
    }
    if repository:
        entries |= {"HomePageUrl": repository, "SourceCodeUrl": repository}
    # JSON is YAML, and quotes what YAML would misread.
    lines = [f"    {key}: {json.dumps(value)}" for key, value in entries.items()]
    return "\n".join(["  AWS::ServerlessRepo::Application:", *lines, ""])


def packaged(template, architecture, repository):
    lines, dropped = without_builds(template.split("\n"))
    functions = sum(line == "    Type: AWS::Serverless::Function" for line in lines)
    lines, named = with_code(lines)
    if {dropped, named} != {functions}:
        sys.exit(f"template.yaml has {functions} functions, builds {dropped} and gets code for {named}")
    text = replaced("\n".join(lines), "    CodeUri: .\n", "")
    text = replaced(text, "    Default: arm64\n", f"    Default: {architecture}\n")
    return replaced(text, "\nMetadata:\n", "\nMetadata:\n" + repository_metadata(repository))


def transformed(template):
    """The template after SAM's transformation, as CloudFormation itself would do it."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    source = yaml_parse(template)
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://package/{FUNCTION}"
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = f"s3://package/{CONFIG}"
    # The translator asks the session for its region, and nobody over the network.
    session = boto3.session.Session(region_name="us-east-1")
    return unresolved(Translator({}, Parser(), boto_session=session).translate(source, {}))


def unresolved(template):
    """Puts the one parameter back whose default the translator writes in its place: how deployments go."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CodeDeploy::DeploymentGroup":
            _, values = resource["Properties"]["DeploymentConfigName"]["Fn::Sub"]
            values["ConfigName"] = {"Ref": "DeploymentType"}
    return template


def write_zip(folder, archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH)
                entry.external_attr = (0o755 if path.name == "bootstrap" else 0o644) << 16
                file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--architecture", choices=ARCHITECTURES, required=True)
    parser.add_argument("--bootstrap", type=pathlib.Path, default=ROOT / ".aws-sam/build/IngestFunction/bootstrap")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the folder to make; the zip is beside it")
    parser.add_argument("--repository", help="address of the source code, for the metadata")
    options = parser.parse_args()

    shutil.rmtree(options.output, ignore_errors=True)
    function = options.output / FUNCTION
    function.mkdir(parents=True)
    shutil.copy(options.bootstrap, function / "bootstrap")
    (function / "bootstrap").chmod(0o755)
    shutil.copytree(ROOT / "config", options.output / CONFIG)
    for name in ("README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"):
        shutil.copy(ROOT / name, options.output)
    template = packaged((ROOT / "template.yaml").read_text(), options.architecture, options.repository)
    (options.output / "template.yaml").write_text(template)
    (options.output / "cloudformation.json").write_text(json.dumps(transformed(template), indent=1))
    archive = options.output.with_name(options.output.name + ".zip")
    write_zip(options.output, archive)
    print(f"{archive}: {archive.stat().st_size} bytes, version {version()}, {options.architecture}")


if __name__ == "__main__":
    main()
