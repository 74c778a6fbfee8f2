//! `op`: any operation of the function, on the sandbox or on a deployed function.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tiktok_audiences::control::ControlOperation;
use tiktok_audiences::did_you_mean::nearest;

use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;
use crate::function::Function;
use crate::input;
use crate::pretty::pretty;
use crate::remote::{Invoked, Target};
use crate::table::table;
use crate::test_mapping::furnish;
use crate::world::{Scheme, Stage, World};

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A value is a string, or JSON if it is an array, an object, true, false or null.
KEY:=JSON takes any JSON, such as a number; KEY=@FILE reads it from a file.

Examples:
  tta op check --function \"$ControlFunctionName\"
  tta op listAudiences advertiser_id=7000000000000000001
  tta op deleteAudience audience_id=1800000000000000001 confirm=vip --sandbox http://127.0.0.1:9000
  tta op rejected limit:=100 --function \"$ControlFunctionName\"")]
pub(crate) struct Arguments {
    /// The operation, such as check or listAudiences
    #[arg(value_name = "OPERATION", required_unless_present = "list")]
    operation: Option<String>,
    /// Its arguments
    #[arg(value_name = "KEY=VALUE", value_parser = pair)]
    given: Vec<(String, Given)>,
    /// List the operations and what they take
    #[arg(long)]
    list: bool,
    /// The destination.json of the sandbox, else config/destination.json if it is there
    #[arg(long, value_name = "FILE", env = "DESTINATION_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// The value of an argument.
#[derive(Clone, Debug)]
enum Given {
    Stated(Value),
    /// In a file, which is read with the command and not with its line: that it is missing is no wrong usage.
    In(PathBuf),
}

impl Given {
    fn value(self) -> Result<Value, SandboxError> {
        match self {
            Self::Stated(value) => Ok(value),
            Self::In(path) => Ok(stated(input::read(&path)?.text)),
        }
    }
}

/// A string, unless it is JSON of another kind.
fn stated(text: String) -> Value {
    let is_structure = |value: &Value| !matches!(value, Value::String(_) | Value::Number(_));
    let parsed = serde_json::from_str(&text).ok().filter(is_structure);
    parsed.unwrap_or_else(|| text.into())
}

/// One argument of an operation.
fn pair(text: &str) -> Result<(String, Given), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    if let Some(key) = key.strip_suffix(':') {
        let value = serde_json::from_str(value).map_err(|error| format!("{key} is not JSON: {error}"))?;
        return Ok((key.to_owned(), Given::Stated(value)));
    }
    let given = match value.strip_prefix('@') {
        Some(path) => Given::In(path.into()),
        None => Given::Stated(stated(value.to_owned())),
    };
    Ok((key.to_owned(), given))
}

/// Runs it, and lays its reply out.
pub(crate) async fn run(arguments: Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let Arguments { operation, given, list, config, target } = arguments;
    let Some(operation) = operation.filter(|_| !list) else { return listed(reader) };
    let mut payload = Map::from_iter([("operation".to_owned(), operation.clone().into())]);
    for (key, given) in given {
        payload.insert(key, given.value()?);
    }
    let payload = Value::Object(payload).to_string();
    target.refuse_configuration(config.as_deref())?;
    let invoked = if target.is_named() {
        Function::named(&target)?.invoke(&payload).await?
    } else {
        known(&operation)?;
        in_sandbox(&payload, config.as_deref()).await?
    };
    lay_out(&invoked, reader)
}

/// An operation that this version does not know is a mistake, unless another version runs it.
fn known(operation: &str) -> Result<(), SandboxError> {
    let names = ControlOperation::names();
    if names.contains(&operation) {
        return Ok(());
    }
    let hint = nearest(operation, names).map(|name| format!("; did you mean `{name}`?"));
    let list = "; `tta op --list` names all";
    Err(SandboxError::Usage(format!("unknown operation `{operation}`{}", hint.unwrap_or_else(|| list.to_owned()))))
}

async fn in_sandbox(payload: &str, config: Option<&Path>) -> Result<Invoked, SandboxError> {
    let config = input::configuration(config)?;
    let world = World::start(Scheme::Http, Stage::Connected);
    let app = world.app(config.as_deref())?;
    furnish(&world, &app.router.destination);
    Function::Here(Box::new(app)).invoke(payload).await
}

/// The reply, as a table where it is one.
pub(crate) fn lay_out(invoked: &Invoked, reader: Reader) -> Result<Verdict, SandboxError> {
    match (invoked, reader) {
        (Ok(reply), Reader::Program) => {
            console::document(&serde_json::from_str(reply).unwrap_or_default())?;
        }
        (Ok(reply), Reader::Person) => {
            console::print(&table(reply, Some(console::width())).unwrap_or_else(|| pretty(reply, 0)))?;
        }
        (Err(failure), Reader::Program) => {
            console::document(&json!({"error": {"type": failure.error_type, "message": failure.message}}))?;
        }
        (Err(failure), Reader::Person) => {
            console::note(&format!("{}: {}", console::styled(console::BAD, &failure.error_type), failure.message));
        }
    }
    let reply: Value = invoked.as_ref().ok().and_then(|reply| serde_json::from_str(reply).ok()).unwrap_or_default();
    Ok(Verdict::of(invoked.is_ok() && reply["ok"] != false))
}

fn listed(reader: Reader) -> Result<Verdict, SandboxError> {
    let operations = ControlOperation::ALL.iter().map(|operation| (operation.name(), operation.arguments()));
    match reader {
        Reader::Program => {
            let named = |(name, arguments)| json!({"operation": name, "arguments": arguments});
            console::document(&json!({"operations": operations.map(named).collect::<Vec<_>>()}))?;
        }
        Reader::Person => {
            for (name, arguments) in operations {
                console::print(&format!("{name:<18} {}\n", arguments.join(", ")))?;
            }
        }
    }
    Ok(Verdict::Well)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_strings_unless_they_are_structures() {
        for (text, expected) in [
            ("advertiser_id=7000000000000000001", json!("7000000000000000001")),
            ("name=a=b", json!("a=b")),
            ("limit:=100", json!(100)),
            ("on=true", json!(true)),
            (r#"audiences=[{"name":"vip"}]"#, json!([{"name": "vip"}])),
            ("name={nope", json!("{nope")),
        ] {
            assert_eq!(pair(text).unwrap().1.value().unwrap(), expected, "{text}");
        }
        assert_eq!(pair("x").unwrap_err(), "write KEY=VALUE");
        assert!(pair("x:=nope").unwrap_err().starts_with("x is not JSON: "));
        let missing = pair("x=@no-such-file").unwrap().1.value().unwrap_err();
        assert!(matches!(missing, SandboxError::File { .. }), "{missing}");
    }

    #[test]
    fn a_misspelt_operation_is_told_the_nearest() {
        let error = known("listAudience").unwrap_err().to_string();
        assert_eq!(error, "unknown operation `listAudience`; did you mean `listAudiences`?");
    }
}
