"""Stands in for a command that a block of the book names: checks its arguments and answers what the block reads.

Known are the ways in which the book uses each command; anything else is a mistake in the book and ends with exit code 1.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ["ROOT"])
# Options of every AWS command, and those of the commands that AWS CLI adds to its services.
GLOBAL = {"--query", "--output", "--region", "--profile", "--cli-binary-format"}
CUSTOM = {
    ("cloudformation", "package"): {"--template-file", "--s3-bucket", "--output-template-file"},
    ("cloudformation", "deploy"): {"--template-file", "--stack-name", "--capabilities", "--parameter-overrides"},
    ("s3", "cp"): set(),
}


def refuse(sentence):
    sys.exit(f"{' '.join(sys.argv[1:])}\n  {sentence}")


def section(name):
    template = (ROOT / "template.yaml").read_text()
    text = template.split(f"\n{name}:\n", 1)[1]
    text = re.split(r"^\S", text, maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^  (\w+):$", text, re.MULTILINE))


def parameters(arguments):
    known = section("Parameters")
    for argument in arguments:
        name = argument.split("=", 1)[0]
        if name not in known:
            refuse(f"template.yaml has no parameter {name}")


def operation(payload):
    if payload.startswith("file://"):
        if not pathlib.Path(payload.removeprefix("file://")).exists():
            refuse(f"no file {payload}")
        return
    value = json.loads(payload)
    if "operation" not in value:
        return
    page = (ROOT / "docs/src/reference/operations.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", page, re.MULTILINE))
    if value["operation"] not in rows:
        refuse(f"no operation {value['operation']}")
    known = set(re.findall(r"`(\w+)`", rows[value["operation"]]))
    unknown = set(value) - {"operation"} - known
    if unknown:
        refuse(f"{value['operation']} takes no {unknown}")


def aws(arguments):
    import botocore.session
    from botocore import xform_name

    service, command, *rest = arguments
    service = {"s3api": "s3"}.get(service, service)
    options = {argument for argument in rest if argument.startswith("--")}
    if (service, command) in CUSTOM:
        unknown = options - CUSTOM[service, command] - GLOBAL
    else:
        model = botocore.session.get_session().get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        if command not in operations:
            refuse(f"aws {service} has no {command}")
        shape = model.operation_model(operations[command]).input_shape
        known = {"--" + xform_name(name, "-") for name in shape.members}
        known |= {"--no-" + xform_name(name, "-") for name, member in shape.members.items() if member.type_name == "boolean"}
        unknown = options - known - GLOBAL
        given = {option.removeprefix("--") for option in options}
        missing = {xform_name(name, "-") for name in shape.required_members} - given
        if missing:
            refuse(f"{missing} are required")
    if unknown:
        refuse(f"no options {unknown}")
    if (service, command) == ("lambda", "invoke"):
        operation(rest[rest.index("--payload") + 1])
    if (service, command) == ("cloudformation", "describe-stacks"):
        for name in sorted(section("Outputs")):
            print(f"{name}\toutput-{name}")


def sam(arguments):
    import click
    from samcli.cli.context import Context
    from samcli.cli.main import cli

    context = click.Context(cli, obj=Context())
    command = cli.get_command(context, arguments[0]) or refuse("SAM has no such command")
    if arguments[:2] == ["local", "invoke"]:
        command, arguments = command.get_command(context, "invoke"), arguments[1:]
    known = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
    options = {argument for argument in arguments if argument.startswith("-")}
    # SAM's own handling of its configuration file adds these to every command.
    unknown = options - known - {"--config-env", "--config-file"}
    if unknown:
        refuse(f"sam {arguments[0]} has no options {unknown}")
    if "--parameter-overrides" in arguments:
        parameters(arguments[arguments.index("--parameter-overrides") + 1:])


def curl(arguments):
    for name, value in zip(arguments, arguments[1:]):
        if name == "-d":
            json.loads(value)


def cargo(arguments):
    if arguments[:4] != ["run", "-p", "tta", "--"]:
        if arguments[0] not in {"test", "clippy", "build", "run", "install", "mutants", "fmt"}:
            refuse("cargo has no such command")
        return 0
    return subprocess.run([os.environ["TTA"], *arguments[4:]], check=False, stdin=subprocess.DEVNULL).returncode


def unzip(arguments):
    pathlib.Path(arguments[arguments.index("-d") + 1]).mkdir(exist_ok=True)


def main():
    name, *arguments = sys.argv[1:]
    checks = {"aws": aws, "sam": sam, "curl": curl, "cargo": cargo, "unzip": unzip}
    return checks[name](arguments) if name in checks else 0


if __name__ == "__main__":
    sys.exit(main())
