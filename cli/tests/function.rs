//! `--function`: a deployed function, asked as AWS asks for it. A stand-in for Lambda's `Invoke` on loopback computes each
//! request's signature again from the secret key, as AWS does. Source: AWS, "Create a signed AWS API request".

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

const KEY_ID: &str = "AKIAEXAMPLE";
const SECRET_KEY: &str = "example-secret-key";

/// A request as it came.
#[derive(Debug)]
struct Request {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Request {
    fn read(stream: &TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut line = || {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        };
        let first = line();
        let (method, rest) = first.split_once(' ').unwrap();
        assert_eq!(method, "POST");
        let headers: BTreeMap<_, _> = std::iter::from_fn(|| {
            line().split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        })
        .collect();
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let path = rest.split(' ').next().unwrap().to_owned();
        Self { path, headers, body: String::from_utf8(body).unwrap() }
    }

    /// The signature that these headers and this body must have.
    fn signature(&self, region: &str, signed: &str) -> String {
        // Lambda signs the path as it is sent, with its percent signs encoded again.
        let path = self.path.replace('%', "%25");
        let headers: Vec<_> = signed.split(';').map(|name| format!("{name}:{}", self.headers[name])).collect();
        let headers = headers.join("\n");
        let request = format!("POST\n{path}\n\n{headers}\n\n{signed}\n{}", hex(&Sha256::digest(&self.body)));
        let time = &self.headers["x-amz-date"];
        let (day, _) = time.split_once('T').unwrap();
        let scope = format!("{day}/{region}/lambda/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request)));
        let first = keyed(format!("AWS4{SECRET_KEY}").as_bytes(), day);
        let key = [region, "lambda", "aws4_request"].iter().fold(first, |key, part| keyed(&key, part));
        hex(&keyed(&key, &text))
    }

    /// Asserts who signed, for which region, and that nothing was changed since.
    fn assert_signed(&self, region: &str) {
        let authorization = self.headers["authorization"].strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
        let part = |name: &str| {
            let start = format!("{name}=");
            authorization.split(", ").find_map(|part| part.strip_prefix(&start)).unwrap().to_owned()
        };
        let (credential, signed) = (part("Credential"), part("SignedHeaders"));
        assert!(credential.starts_with(&format!("{KEY_ID}/")), "{credential}");
        assert!(credential.ends_with(&format!("/{region}/lambda/aws4_request")), "{credential}");
        for header in ["host", "x-amz-date", "content-type"] {
            assert!(signed.split(';').any(|name| name == header), "{header} is not signed: {signed}");
        }
        assert_eq!(part("Signature"), self.signature(region, &signed));
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

/// An answer: status, the header that says why, and the body.
type Answer = (u16, &'static str, &'static str);

const THROTTLED: Answer = (
    429,
    "x-amzn-errortype: TooManyRequestsException:http://internal.amazon.com/",
    r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Message":"Rate Exceeded."}"#,
);

/// Lambda, for as many requests as it has answers; what it was asked.
fn lambda(answers: Vec<Answer>) -> (String, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answered = std::thread::spawn(move || {
        let one = |(status, header, body): Answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = Request::read(&stream);
            let head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {}", body.len());
            write!(stream, "{head}\r\n{header}\r\n\r\n{body}").unwrap();
            request
        };
        answers.into_iter().map(one).collect()
    });
    (endpoint, answered)
}

/// What a command printed on both streams, and its exit code.
struct Ended {
    stdout: String,
    stderr: String,
    code: i32,
}

/// Runs `tta` with no credentials but those given.
fn tta(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tta"));
    command.args(arguments).env_clear().env("HOME", home).env("PATH", home).env("NO_COLOR", "1");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap() }
}

fn keys(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL_LAMBDA", endpoint),
    ]
}

#[test]
fn an_operation_goes_to_the_function_signed() {
    let (endpoint, asked) = lambda(vec![(200, "x: y", r#"{"ok":true}"#)]);
    let mut variables = keys(&endpoint);
    variables.push(("AWS_SESSION_TOKEN", "example-session-token"));
    let arguments = ["op", "listAudiences", "advertiser_id=7", "--function", "stack-control:live", "--json"];
    let Ended { stdout, code, .. } = tta(&arguments, &variables);
    assert_eq!((stdout.split_whitespace().collect::<String>().as_str(), code), (r#"{"ok":true}"#, 0));

    let requests = asked.join().unwrap();
    assert_eq!(requests[0].path, "/2015-03-31/functions/stack-control%3Alive/invocations");
    let body: serde_json::Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body, serde_json::json!({"operation": "listAudiences", "advertiser_id": "7"}));
    assert_eq!(requests[0].headers["x-amz-security-token"], "example-session-token");
    requests[0].assert_signed("eu-west-1");
}

#[test]
fn the_region_of_an_arn_and_keys_of_a_profile_are_used() {
    let (endpoint, asked) = lambda(vec![(200, "x: y", r#"{"ok":true}"#)]);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("credentials-of-the-function-test");
    let profile = format!("[team]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    std::fs::write(&file, profile).unwrap();
    let arn = "arn:aws:lambda:ap-southeast-2:123456789012:function:stack-control";
    let arguments = ["op", "check", "--function", arn, "--profile", "team"];
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL_LAMBDA", &endpoint),
    ];
    let ended = tta(&arguments, &variables);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    asked.join().unwrap()[0].assert_signed("ap-southeast-2");
}

#[test]
fn a_function_that_fails_is_a_problem_and_says_why() {
    let failed = r#"{"errorType":"OperationFailed","errorMessage":"NO_BUFFER: there is no queue to send them to"}"#;
    for (arguments, shown_on_stdout) in [
        (vec!["op", "redrive", "--function", "f"], ""),
        (vec!["op", "redrive", "--function", "f", "--json"], r#""type":"OperationFailed""#),
        (vec!["rejected", "redrive", "--function", "f"], ""),
    ] {
        let (endpoint, asked) = lambda(vec![(200, "x-amz-function-error: Unhandled", failed)]);
        let Ended { stdout, stderr, code } = tta(&arguments, &keys(&endpoint));
        assert_eq!(code, 1, "{arguments:?} {stderr}");
        assert!(stdout.replace(": ", ":").contains(shown_on_stdout), "{arguments:?} {stdout}");
        assert!((stdout + &stderr).contains("NO_BUFFER: there is no queue to send them to"), "{arguments:?}");
        assert_eq!(asked.join().unwrap().len(), 1);
    }
}

#[test]
fn a_throttled_invocation_is_repeated_and_given_up_in_words() {
    let (endpoint, asked) = lambda(vec![THROTTLED, (200, "x: y", r#"{"ok":true}"#)]);
    let ended = tta(&["op", "check", "--function", "f"], &keys(&endpoint));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    asked.join().unwrap().iter().for_each(|request| request.assert_signed("eu-west-1"));

    let (endpoint, asked) = lambda(vec![THROTTLED; 4]);
    let ended = tta(&["op", "check", "--function", "f"], &keys(&endpoint));
    assert_eq!(ended.code, 3);
    assert_eq!(ended.stderr.trim(), "error: AWS answered 429 TooManyRequestsException: Rate Exceeded.");
    assert_eq!(asked.join().unwrap().len(), 4);
}

#[test]
fn a_refusal_is_shown_and_not_repeated() {
    let denied = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: lambda:InvokeFunction";
    let missing = "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:f";
    for (answer, expected) in [
        (
            (
                403,
                "x-amzn-errortype: AccessDeniedException",
                r#"{"Message":"User: arn:aws:iam::123456789012:user/x is not authorized to perform: lambda:InvokeFunction"}"#,
            ),
            format!("error: AWS answered 403 AccessDeniedException: {denied}"),
        ),
        (
            (
                404,
                "x-amzn-errortype: ResourceNotFoundException",
                r#"{"Type":"User","Message":"Function not found: arn:aws:lambda:eu-west-1:123456789012:function:f"}"#,
            ),
            format!("error: AWS answered 404 ResourceNotFoundException: {missing}"),
        ),
    ] {
        let (endpoint, asked) = lambda(vec![answer]);
        let Ended { stdout, stderr, code } = tta(&["op", "check", "--function", "f"], &keys(&endpoint));
        assert_eq!((stdout.as_str(), stderr.trim(), code), ("", expected.as_str(), 3));
        assert_eq!(asked.join().unwrap().len(), 1);
    }
}

#[test]
fn without_keys_or_region_nothing_is_sent() {
    let region = tta(&["op", "check", "--function", "f"], &[]);
    assert_eq!(region.code, 3);
    assert_eq!(region.stderr.trim(), "error: no region: use --region, AWS_REGION, or `region` in the profile");

    let keys = tta(&["op", "check", "--function", "f"], &[("AWS_REGION", "eu-west-1")]);
    assert_eq!(keys.code, 3);
    assert!(keys.stderr.starts_with("error: no keys for the profile default: its file has none"), "{}", keys.stderr);
}

const ENTERED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/direct_audience_entered.json");

fn entered() -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(ENTERED).unwrap()).unwrap()
}

#[test]
fn events_are_explained_by_the_function_that_is_named() {
    const REPLY: &str = r#"{"events":[{"index":0,"mappings":[{"mapping":"VIPs out","action":"removeUser","enabled":true,
        "matched":false,"failing":"event = \"Audience Exited\""}]}],"requests":[]}"#;
    let arguments = ["explain", ENTERED, "--function", "stack-control:live"];
    let (endpoint, asked) = lambda(vec![(200, "x: y", REPLY)]);
    // The variable is that of this machine's sandbox; the deployed function has its own configuration.
    let variables = [keys(&endpoint), vec![("DESTINATION_CONFIG", "no-such-file.json")]].concat();
    let Ended { stdout, stderr, code } = tta(&arguments, &variables);
    assert_eq!(code, 0, "{stderr}");
    for line in [
        "  VIPs out (removeUser): does not match, for this does not hold:",
        "      event = \"Audience Exited\"",
        "        met event: \"Audience Entered\"",
        "WOULD SEND  nothing",
    ] {
        assert!(stdout.lines().any(|found| found == line), "{line}\n{stdout}");
    }
    let requests = asked.join().unwrap();
    assert_eq!(requests[0].path, "/2015-03-31/functions/stack-control%3Alive/invocations");
    let body: serde_json::Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body, serde_json::json!({"operation": "explain", "events": [entered()]}));
    requests[0].assert_signed("eu-west-1");

    let (endpoint, asked) = lambda(vec![(200, "x: y", REPLY)]);
    let ended = tta(&[&arguments[..], &["--json"]].concat(), &keys(&endpoint));
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let mapping = &document["files"][0]["explained"]["events"][0]["mappings"][0];
    assert_eq!(mapping["met"], serde_json::json!([{"subject": "event", "value": "\"Audience Entered\""}]));
    asked.join().unwrap()[0].assert_signed("eu-west-1");
}

#[test]
fn a_mapping_is_tested_by_the_function_that_is_named() {
    const REPLY: &str = r#"{"mapping":"VIPs in","action":"addUser","enabled":true,"events":[{"index":0,"matched":true,
        "results":[{"outcome":"delivered","advertiser_id":"7","audience_id":"1800000000000000001",
        "tiktok":{"code":0,"request_id":"20261126000000000000000000000001"}}]}]}"#;
    let arguments = ["test", ENTERED, "--mapping", "VIPs in", "--function", "stack-control:live"];
    let (endpoint, asked) = lambda(vec![(200, "x: y", REPLY)]);
    let Ended { stdout, stderr, code } = tta(&arguments, &keys(&endpoint));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("TESTED  VIPs in (addUser)\n  event 0: delivered\n"), "{stdout}");
    // Its TikTok is none that could be looked into.
    assert!(!stdout.contains("TIKTOK RECEIVED") && !stdout.contains("MEMBERS"), "{stdout}");
    let requests = asked.join().unwrap();
    let body: serde_json::Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body, serde_json::json!({"operation": "testMapping", "mapping": "VIPs in", "events": [entered()]}));
    requests[0].assert_signed("eu-west-1");

    let refused = r#"{"errorType":"OperationFailed","errorMessage":"there is no mapping `VIPs in`"}"#;
    for command in ["test", "explain"] {
        let (endpoint, asked) = lambda(vec![(200, "x-amz-function-error: Unhandled", refused)]);
        let mapping: &[&str] = if command == "test" { &["--mapping", "VIPs in"] } else { &[] };
        let arguments = [&[command, ENTERED, "--function", "f", "--json"], mapping].concat();
        let ended = tta(&arguments, &keys(&endpoint));
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let error = serde_json::json!({"type": "OperationFailed", "message": "there is no mapping `VIPs in`"});
        assert_eq!((&document["files"][0]["error"], ended.code), (&error, 1), "{command}");
        asked.join().unwrap()[0].assert_signed("eu-west-1");
    }
}

#[test]
fn what_makes_no_sense_of_a_function_is_refused_before_anything_is_sent() {
    for (arguments, sentence) in [
        (
            vec!["explain", ENTERED, "--function", "f", "--config", "my.json"],
            "error: --config is for the sandbox of this command: a function that is named runs with its own",
        ),
        (
            vec!["test", ENTERED, "--mapping", "x", "--function", "f", "--watch"],
            "error: the argument '--function <NAME>' cannot be used with '--watch'",
        ),
        (
            vec!["explain", ENTERED, "--region", "eu-west-1"],
            "error: the following required arguments were not provided:",
        ),
    ] {
        let ended = tta(&arguments, &[]);
        assert_eq!(ended.code, 2, "{arguments:?} {}", ended.stderr);
        assert_eq!(ended.stderr.lines().next(), Some(sentence), "{arguments:?}");
    }
}
