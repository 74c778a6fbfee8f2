//! `list`: a file of people to or from an audience.
//!
//! It drives the function by the batches that the stack's state machine sends, first to try every row, then, if that is
//! wanted, to deliver it. Memory does not grow with the file.

mod batches;
mod csv;
mod deliver;
mod file;
mod parquet;
mod rejected;
mod report;
mod resume;
mod stop;
mod totals;
mod trouble;
mod utf16;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tiktok_audiences::control::{MAX_UNUSABLE_PERCENT, UNUSABLE_PERCENT};
use tiktok_audiences::identity::{BadCountry, Country};
use tiktok_audiences::tiktok::{AdvertiserId, BadId};

use crate::arrival::counted;
use crate::console::{self, Reader, Verdict};
use crate::error::SandboxError;
use crate::function::Function;
use crate::input;
use crate::remote::Target;
use crate::support::fake_tiktok::Audience;
use crate::world::{ADVERTISER, Scheme, Stage, World};

use batches::Recognised;
pub(crate) use csv::CsvRows;
pub(crate) use file::FileError;
pub(crate) use file::Row;
use file::{Format, Rows};
use rejected::RejectedFile;
use resume::Version;
use totals::Totals;
pub(crate) use trouble::in_words;

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
CSV with a header and JSON lines are read, also packed with gzip or zstd, and Parquet. Columns called email, phone, \
idfa, aaid and country are found by themselves, unless --column names another one; letter case, spaces, - and _ do not count.

Examples:
  tta list customers.csv --audience vip --action add --dry-run
  tta list customers.csv.gz --audience vip --action add --column email='E-Mail Address' --country US --yes
  tta list gone.jsonl --audience vip --action remove --function \"$DeliverFunctionName\"")]
pub(crate) struct Arguments {
    /// The file: .csv, .jsonl or .ndjson, each also with .gz or .zst, or .parquet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The audience: its name, or its id
    #[arg(long, value_name = "NAME|ID", value_parser = audience)]
    audience: String,
    /// What becomes of the people
    #[arg(long, value_parser = ["add", "remove"])]
    action: String,
    /// The ad account; else that of the configuration or of the secret
    #[arg(long, value_name = "ID", value_parser = advertiser)]
    advertiser: Option<String>,
    /// A column by its header: email, phone, idfa, aaid or country; may be given several times
    #[arg(long = "column", value_name = "KIND=HEADER", value_parser = column)]
    columns: Vec<(String, String)>,
    /// The country of phone numbers without a country code, such as US
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    country: Option<String>,
    /// Only look: nothing is sent
    #[arg(long)]
    dry_run: bool,
    /// Deliver without asking
    #[arg(long, short)]
    yes: bool,
    /// Begin with the first row, whatever an earlier run delivered
    #[arg(long)]
    restart: bool,
    /// Percent of the rows that may be unusable
    #[arg(long, value_name = "PERCENT", default_value_t = MAX_UNUSABLE_PERCENT, value_parser = percent)]
    max_unusable_percent: f64,
    /// Where the numbers of rejected rows go [default: FILE.rejected.csv]
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// The destination.json, else config/destination.json if it is there, else the default mappings
    #[arg(long, value_name = "FILE", env = "DESTINATION_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

fn column(text: &str) -> Result<(String, String), String> {
    let (kind, header) = text.split_once('=').ok_or("write KIND=HEADER, such as email='E-Mail Address'")?;
    let known = ["email", "phone", "idfa", "aaid", "country"];
    if !known.contains(&kind) || header.trim().is_empty() {
        return Err(format!("KIND is one of {}", known.join(", ")));
    }
    Ok((kind.to_owned(), header.trim().to_owned()))
}

fn audience(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("must not be blank") } else { Ok(text.to_owned()) }
}

fn advertiser(text: &str) -> Result<String, BadId> {
    AdvertiserId::parse(text).map(|id| id.to_string())
}

fn country(text: &str) -> Result<String, BadCountry> {
    Country::parse(text).map(|_country| text.to_owned())
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| UNUSABLE_PERCENT.contains(percent));
    percent.ok_or_else(|| format!("must be a number from {} to {}", UNUSABLE_PERCENT.start(), UNUSABLE_PERCENT.end()))
}

impl Arguments {
    /// Where the numbers of rejected rows go.
    fn rejected_path(&self) -> PathBuf {
        self.rejected.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".rejected.csv");
            name.into()
        })
    }
}

/// The function that is driven, and the world around it where it runs in this process.
fn find(arguments: &Arguments) -> Result<(Function, Option<World>), SandboxError> {
    let Arguments { target, config, audience, advertiser, .. } = arguments;
    target.refuse_configuration(config.as_deref())?;
    if target.is_named() {
        return Ok((Function::named(target)?, None));
    }
    let world = World::start(Scheme::Http, Stage::Connected);
    let is_there = |known: &Audience| known.id == *audience || known.name == *audience;
    if !world.tiktok.audiences().iter().any(is_there) {
        let account = advertiser.as_deref().unwrap_or(ADVERTISER);
        let made = Audience::new(account, audience);
        world.tiktok.add_audience(if is_id(audience) { made.with_id(audience) } else { made });
    }
    let app = world.app(input::configuration(config.as_deref())?.as_deref())?;
    Ok((Function::Here(Box::new(app)), Some(world)))
}

/// Makes the audience that a running sandbox does not have, and says so, since nobody makes one on AWS.
async fn make_audience(arguments: &Arguments, function: &Function) -> Result<(), SandboxError> {
    let Arguments { target, audience, action, advertiser, .. } = arguments;
    if target.sandbox.is_none() || is_id(audience) || action != "add" {
        return Ok(());
    }
    let entry = json!({"name": audience, "advertiser_id": advertiser});
    let ensure = json!({"operation": "ensureAudiences", "audiences": [entry]});
    let made = function.invoke(&ensure.to_string()).await?;
    let made: Value = match made {
        Ok(reply) => serde_json::from_str(&reply).unwrap_or_default(),
        Err(failure) => return Err(SandboxError::Unusable(failure.message)),
    };
    if made["audiences"][0]["result"] == "created" {
        console::note(&format!(
            "The sandbox had no audience `{audience}`, and has it now. On AWS it has to be there before, unless \
             auto_create_audiences is on."
        ));
    }
    Ok(())
}

fn is_id(audience: &str) -> bool {
    audience.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tries the list, and delivers it.
pub(crate) async fn run(arguments: Arguments, reader: Reader) -> Result<Verdict, SandboxError> {
    let version = Version::of(&arguments.file);
    let rows = Rows::open(&arguments.file)?;
    RejectedFile::refuse_other(&arguments.rejected_path(), &arguments.file)?;
    let (format, recognised) = (rows.format(), Recognised::of(&rows.header(), &arguments.columns));
    if format != Format::JsonLines {
        judge_columns(&arguments, &recognised)?;
    }
    let input = batch_input(&arguments, &recognised, format);
    let (function, _world) = find(&arguments)?;
    let job = deliver::Job { function: &function, arguments: &arguments, recognised: &recognised, input, version };
    let (found, names) = job.preflight(reader).await?;
    let met = (format == Format::JsonLines).then(|| Recognised::of(&names, &arguments.columns));
    // Where no line is a record, the rows say so.
    if let Some(met) = met.as_ref().filter(|_| !names.is_empty()) {
        judge_columns(&arguments, met)?;
    }
    let recognised = met.as_ref().unwrap_or(&recognised);
    let (may_go_on, sentence) = judge(&found, arguments.max_unusable_percent);
    if reader == Reader::Person {
        console::print(&report::preflight(&found, recognised, &sentence))?;
    }
    if !may_go_on {
        say_why_not(&job, &found, &sentence, reader).await?;
    }
    let is_delivered = may_go_on && !arguments.dry_run && (arguments.yes || agreed(&arguments, &found)?);
    if !is_delivered {
        if reader == Reader::Program {
            console::document(&json!(found))?;
        }
        return Ok(Verdict::of(may_go_on && arguments.dry_run));
    }
    make_audience(&arguments, &function).await?;
    let job = deliver::Job { recognised, ..job };
    job.deliver(found.rows, reader).await
}

/// Says that nothing is delivered and where the rows are told that keep it from being; to a program also why, which a
/// person has read.
async fn say_why_not(
    job: &deliver::Job<'_>,
    found: &Totals,
    sentence: &str,
    reader: Reader,
) -> Result<(), SandboxError> {
    if reader == Reader::Program {
        console::note(sentence);
    }
    if let Some(path) = job.keep_rejected(found).await? {
        console::note(&format!("Rejected rows by number: {}", path.display()));
    }
    console::note("Nothing was delivered.");
    Ok(())
}

/// Whether the file has the columns that are named, and one that can identify people.
fn judge_columns(arguments: &Arguments, recognised: &Recognised) -> Result<(), SandboxError> {
    let found = recognised.columns.iter().map(|(_, name, _)| name).chain(&recognised.ignored);
    let found: Vec<_> = found.collect();
    let (file, has) = (arguments.file.display(), report::first_of(found.into_iter()));
    let missing: Vec<_> = recognised.missing().iter().map(|name| format!("`{name}`")).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(SandboxError::Usage(format!(
            "{file}: it has no column {missing}, which --column names; it has: {has}"
        )));
    }
    if !recognised.can_identify() {
        return Err(SandboxError::Unusable(format!(
            "{file}: none of its columns is email, phone, idfa or aaid; it has: {has}\n  name them: --column \
             email='HEADER'"
        )));
    }
    Ok(())
}

/// What is the same for all rows.
fn batch_input(arguments: &Arguments, recognised: &Recognised, format: Format) -> Map<String, Value> {
    let audience = if is_id(&arguments.audience) { "audience_id" } else { "audience_name" };
    let mut input = Map::from_iter([
        ("action".to_owned(), arguments.action.as_str().into()),
        (audience.to_owned(), arguments.audience.as_str().into()),
        ("advertiser_id".to_owned(), arguments.advertiser.clone().into()),
        ("country".to_owned(), arguments.country.clone().into()),
    ]);
    // Records of JSON may each have other members, so that their batches say themselves which they have.
    if format != Format::JsonLines || !arguments.columns.is_empty() {
        input.insert("columns".to_owned(), recognised.argument());
    }
    input
}

/// Whether the list may be delivered, and what is to be said.
fn judge(found: &Totals, limit: f64) -> (bool, String) {
    let (rows, unusable) = (found.rows, found.unusable());
    if rows == 0 {
        return (false, "The file has no rows.".to_owned());
    }
    if found.usable == Some(0) {
        return (false, format!("No row of {rows} has an identifier that can be sent."));
    }
    #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
    let percent = 100.0 * unusable as f64 / rows as f64;
    let found = format!("{unusable} of {} can't be sent ({percent:.1} percent)", counted(rows, "row"));
    if percent > limit {
        return (false, format!("{found}; at most {limit} percent may, unless --max-unusable-percent says more."));
    }
    (true, format!("{found}."))
}

/// Asks, where there is somebody to ask.
fn agreed(arguments: &Arguments, found: &Totals) -> Result<bool, SandboxError> {
    if !std::io::stdin().is_terminal() {
        console::note("Nothing was delivered: add --yes to deliver without being asked.");
        return Ok(false);
    }
    let preposition = if arguments.action == "add" { "to" } else { "from" };
    let rows = counted(found.usable.unwrap_or_default(), "row");
    let question = format!("{} {rows} {preposition} `{}`? [y/N] ", arguments.action, arguments.audience);
    write!(anstream::stderr(), "{question}")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    let is_yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if !is_yes {
        console::note("Nothing was delivered.");
    }
    Ok(is_yes)
}

#[cfg(test)]
mod tests;
