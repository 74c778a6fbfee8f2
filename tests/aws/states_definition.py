"""The state machines and rules of lists as CloudFormation creates them from template.yaml, every reference resolved."""

import re
from typing import Any

import template_stack
from surroundings import REGION

ACCOUNT = "123456789012"
BUCKET = "lists"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:lists"
LIST, FOLLOW_UP = "ListStateMachine", "ListFollowUpStateMachine"
PARAMETERS = {"Lists": "enabled", "ListTopicArn": TOPIC}


def arn_of_function(role: str) -> str:
    """The alias that the machines invoke."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{role}:live"


def arn_of_machine(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


REFERENCES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "ListsBucket": BUCKET,
    "ControlFunctionAliaslive": arn_of_function("control"),
    "DeliverFunctionAliaslive": arn_of_function("deliver"),
    LIST: arn_of_machine(LIST),
    FOLLOW_UP: arn_of_machine(FOLLOW_UP),
}
"""What `!Ref` gives of what is no parameter."""


class Stack:
    """The template with these parameters, as far as lists need it."""

    def __init__(self, parameters: dict[str, str] | None = None):
        given = PARAMETERS | (parameters or {})
        self._template = template_stack.transformed(given)
        defaults = {name: str(of["Default"]) for name, of in self._template["Parameters"].items() if "Default" in of}
        self._values = defaults | given | REFERENCES

    def definition(self, machine: str) -> dict[str, Any]:
        """The definition of a state machine."""
        return self._resolved(self._template["Resources"][machine]["Properties"]["Definition"])

    def rule(self, name: str) -> dict[str, Any]:
        """Pattern and target of a rule."""
        properties = self._template["Resources"][name]["Properties"]
        targets = [{key: target[key] for key in ("Arn", "InputTransformer")} for target in properties["Targets"]]
        return self._resolved({"EventPattern": properties["EventPattern"], "Targets": targets})

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolved(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"Ref"}:
            return self._values[value["Ref"]]
        if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
            return re.sub(r"\$\{([^}]+)\}", lambda name: self._values[name[1]], value["Fn::Sub"])
        if any(name.startswith("Fn::") for name in value):
            raise ValueError(f"a definition uses {', '.join(value)}, which is not resolved here")
        return {name: self._resolved(inner) for name, inner in value.items()}
