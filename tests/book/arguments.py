"""Checks the arguments of commands that reach what a test has not: AWS, GitHub, registries.

What is known of a command comes from its maker: AWS's service models, SAM's own options, the template's parameters and
outputs, the operations of the reference. Anything else is a mistake in the book.
"""

import functools
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Options of every AWS command, and those of the commands that AWS CLI adds to its services.
GLOBAL = {"--query", "--output", "--region", "--profile", "--cli-binary-format", "--cli-read-timeout"}
CUSTOM = {
    ("cloudformation", "package"): {"--template-file", "--s3-bucket", "--output-template-file"},
    ("cloudformation", "deploy"): {
        "--template-file", "--stack-name", "--capabilities", "--parameter-overrides", "--s3-bucket",
    },
    ("kinesis", "wait"): {"--stream-name"},
    ("s3", "cp"): set(),
    ("s3", "mb"): set(),
    ("s3", "rb"): {"--force"},
    # AWS CLI has its own name for the endpoint.
    ("sns", "subscribe"): {"--topic-arn", "--protocol", "--notification-endpoint"},
}
FUNCTIONS = "arn:aws:lambda:us-east-1:123456789012:function:"
LONGEST_OPERATION = 900
"""Seconds of Control's own limit."""
LARGEST_TEMPLATE = 51_200
"""Bytes of a template that CloudFormation takes in a request, and not from a bucket."""
# Commands with nothing to look up, by the words that they may begin with.
KNOWN = {
    "cargo": ["test", "run -p tta --", "install --path cli"],
    "gh": ["attestation verify", "release download"],
    "git": ["clone", "pull", "checkout v", "switch main", "restore config"],
    "npm": ["install"],
    "npx": ["cdk bootstrap", "cdk deploy"],
    "pip": ["install aws-sam-cli cargo-lambda", "install --requirement packaging/requirements.txt"],
    "run": [""],
    "rustup": ["target add aarch64-unknown-linux-gnu"],
    "sha256sum": ["--check --ignore-missing SHA256SUMS"],
    "tar": ["-xzf tta-"],
    "unzip": ["tiktok-audiences-"],
}


class Mistake(Exception):
    """What is wrong with a command."""


def section(name):
    """The names in a section of the template."""
    template = (ROOT / "template.yaml").read_text()
    text = template.split(f"\n{name}:\n", 1)[1]
    text = re.split(r"^\S", text, maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^  (\w+):$", text, re.MULTILINE))


def output(name):
    """An output of the stack: functions are named with their alias, as in the template."""
    function = name.removesuffix("Arn").removesuffix("Name")
    if not function.endswith("Function"):
        return f"output-{name}"
    return f"{FUNCTIONS if name.endswith('Arn') else ''}output-{function}:live"


def dimensions(given):
    """Metrics are those of a function, whatever its alias."""
    name, value = (part.split("=", 1)[1] for part in given.split(",", 1))
    if name != "FunctionName" or not re.fullmatch(r"output-\w+Function", value):
        raise Mistake(f"no metric has the dimension {given}")


def parameters(arguments):
    known = section("Parameters")
    for argument in arguments:
        name = argument.split("=", 1)[0]
        if name not in known:
            raise Mistake(f"template.yaml has no parameter {name}")


def operation(payload, folder):
    """An operation's name and arguments; files must be there."""
    if payload.startswith("file://"):
        if not (folder / payload.removeprefix("file://")).exists():
            raise Mistake(f"no file {payload}")
        return
    value = json.loads(payload)
    if "operation" not in value:
        return
    page = (ROOT / "docs/src/reference/operations.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", page, re.MULTILINE))
    if value["operation"] not in rows:
        raise Mistake(f"no operation {value['operation']}")
    unknown = set(value) - {"operation"} - set(re.findall(r"`(\w+)`", rows[value["operation"]]))
    if unknown:
        raise Mistake(f"{value['operation']} takes no {unknown}")


def patience(arguments):
    """AWS CLI repeats what is not answered within a minute: an operation that may take longer says how long it is waited for."""
    payload = arguments[arguments.index("--payload") + 1]
    if payload.startswith("file://") or json.loads(payload).get("operation", "authorizeUrl") == "authorizeUrl":
        return
    if "--cli-read-timeout" not in arguments or int(arguments[arguments.index("--cli-read-timeout") + 1]) <= LONGEST_OPERATION:
        raise Mistake(f"an operation may take {LONGEST_OPERATION} s: --cli-read-timeout is missing or shorter")


@functools.cache
def service_model(service):
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def modelled(service, command, options):
    """The options that AWS's model of the operation allows and asks for."""
    from botocore import xform_name

    model = service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if command not in operations:
        raise Mistake(f"aws {service} has no {command}")
    shape = model.operation_model(operations[command]).input_shape
    known = {"--" + xform_name(name, "-") for name in shape.members}
    known |= {"--no-" + xform_name(name, "-") for name, member in shape.members.items() if member.type_name == "boolean"}
    missing = {"--" + xform_name(name, "-") for name in shape.required_members} - options
    if missing:
        raise Mistake(f"{missing} are required")
    return known


def aws(arguments, folder):
    service, command, *rest = arguments
    service = {"s3api": "s3"}.get(service, service)
    options = {argument for argument in rest if argument.startswith("--")}
    custom = CUSTOM.get((service, command))
    unknown = options - GLOBAL - (modelled(service, command, options) if custom is None else custom)
    if unknown:
        raise Mistake(f"no options {unknown}")
    if (service, command) == ("lambda", "invoke"):
        operation(rest[rest.index("--payload") + 1], folder)
        patience(rest)
    if service == "cloudwatch":
        dimensions(rest[rest.index("--dimensions") + 1])
    if (service, command) == ("cloudformation", "deploy"):
        # AWS CLI refuses to send a larger one itself.
        if (ROOT / "template.yaml").stat().st_size > LARGEST_TEMPLATE and "--s3-bucket" not in options:
            raise Mistake(f"a template of more than {LARGEST_TEMPLATE} bytes needs --s3-bucket")
        if "--parameter-overrides" in rest:
            parameters(rest[rest.index("--parameter-overrides") + 1:])


def profile(command, name):
    """A profile of samconfig.toml, read as SAM reads it: every key is an option of the command, every parameter is known."""
    from samcli.lib.config.samconfig import SamConfig

    config = SamConfig(str(ROOT))
    try:
        given = config.get_all([command.name], "parameters", name)
    except KeyError:
        raise Mistake(f"samconfig.toml has no profile {name} for sam {command.name}") from None
    # What stands under `global` is for those commands that know it.
    unknown = set(given) - {parameter.name for parameter in command.params} - {"stack_name"}
    if unknown:
        raise Mistake(f"sam {command.name} has no {unknown} of the profile {name}")
    parameters(given.get("parameter_overrides", "").split())


def sam(arguments, _folder):
    import click
    from samcli.cli.context import Context
    from samcli.cli.main import cli

    context = click.Context(cli, obj=Context())
    command = cli.get_command(context, arguments[0])
    if command is None:
        raise Mistake("SAM has no such command")
    if arguments[:2] == ["local", "invoke"]:
        command, arguments = command.get_command(context, "invoke"), arguments[1:]
    known = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
    options = {argument for argument in arguments if argument.startswith("-")}
    # SAM's own handling of its configuration file adds these to every command.
    unknown = options - known - {"--config-env", "--config-file"}
    if unknown:
        raise Mistake(f"sam {arguments[0]} has no options {unknown}")
    if "--config-env" in arguments:
        name = arguments[arguments.index("--config-env") + 1]
        profile(command, name)
    if "--parameter-overrides" in arguments:
        parameters(arguments[arguments.index("--parameter-overrides") + 1:])


def python3(arguments, _folder):
    script = ROOT / arguments[0]
    text = script.read_text() if script.exists() else ""
    for option in (argument for argument in arguments if argument.startswith("--")):
        if f'"{option}"' not in text:
            raise Mistake(f"{arguments[0]} has no option {option}")


def check(name, arguments, folder):
    """Raises a mistake if the command would not be understood where it is real."""
    checks = {"aws": aws, "sam": sam, "python3": python3}
    if name in checks:
        checks[name](arguments, folder)
    elif not any(" ".join(arguments).startswith(known) for known in KNOWN[name]):
        raise Mistake(f"{name} is not used like this in the book")
