//! What the template promises of queues, stream and roles, as far as single lines show it.

use super::text;
use super::words::template_resources;

fn resource(name: &str) -> String {
    let found: Vec<_> =
        template_resources().into_iter().filter(|text| text.starts_with(&format!("  {name}:\n"))).collect();
    assert_eq!(found.len(), 1, "{name}");
    found.into_iter().next().unwrap()
}

/// The number behind a key that occurs once.
fn number(text: &str, key: &str) -> u64 {
    let values: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": ")?.parse().ok()).collect();
    assert_eq!(values.len(), 1, "{key}");
    values[0]
}

/// Seconds for which an event that cannot be delivered is tried again.
const RETRIED_FOR: u64 = 72 * 3_600;
const FOURTEEN_DAYS: u64 = 14 * 24 * 3_600;

#[test]
fn the_queues_keep_events_long_enough_and_encrypted() {
    let (buffer, dead) = (resource("BufferQueue"), resource("DeadLetterQueue"));
    let visibility = number(&buffer, "VisibilityTimeout");
    let template = text("template.yaml");
    let (_, function) = template.split_once("\nGlobals:\n").unwrap();
    let (function, _) = function.split_once("\nResources:\n").unwrap();
    assert!(visibility >= 6 * number(function, "Timeout"));
    assert!(visibility * number(&buffer, "maxReceiveCount") >= RETRIED_FOR);
    assert!(buffer.contains("deadLetterTargetArn: !GetAtt DeadLetterQueue.Arn"));
    for queue in [buffer, dead] {
        assert_eq!(number(&queue, "MessageRetentionPeriod"), FOURTEEN_DAYS);
        assert!(queue.contains("KmsMasterKeyId: !If [HasKmsKey, !Ref KmsKeyArn"), "{queue}");
        assert!(queue.contains("SqsManagedSseEnabled: !If [HasKmsKey, !Ref \"AWS::NoValue\", true]"), "{queue}");
        assert!(!queue.contains(".fifo") && !queue.contains("FifoQueue"), "{queue}");
    }
}

#[test]
fn the_buffer_is_drained_by_two_and_the_stream_in_order() {
    let buffer = resource("BufferMapping");
    assert!(buffer.contains("MaximumConcurrency: !Ref BufferConcurrency"), "{buffer}");
    let template = text("template.yaml");
    let (_, parameter) = template.split_once("\n  BufferConcurrency:\n").unwrap();
    let default = parameter.lines().find_map(|line| line.trim().strip_prefix("Default: "));
    assert_eq!(default, Some("2"));
    let stream = resource("StreamMapping");
    assert_eq!(number(&stream, "MaximumRecordAgeInSeconds"), RETRIED_FOR);
    assert_eq!(number(&stream, "ParallelizationFactor"), 1);
    assert!(stream.contains("BisectBatchOnFunctionError: true"), "{stream}");
    assert!(stream.contains("OnFailure:\n          Destination: !GetAtt FailedRecordsBucket.Arn"), "{stream}");
    // The records that are given up at 72 hours must still be there to be copied.
    let (_, parameter) = template.split_once("\n  StreamArn:\n").unwrap();
    let (description, _) = parameter.split_once("\n  StreamBatchSize:\n").unwrap();
    assert!(description.contains("96 hours"), "{description}");
}

#[test]
fn failed_asynchronous_invocations_go_to_the_buffer() {
    let ingest = resource("IngestFunction");
    let (_, on_failure) = ingest.split_once("OnFailure:").unwrap();
    assert!(on_failure.trim_start().starts_with("Type: SQS\n            Destination: !GetAtt BufferQueue.Arn"));
    assert!(resource("BusRule").contains("DeadLetterConfig: { Arn: !GetAtt DeadLetterQueue.Arn }"));
}

#[test]
fn each_function_has_a_role_of_its_own() {
    for (function, role) in
        [("IngestFunction", "ingest"), ("DeliverFunction", "deliver"), ("ControlFunction", "control")]
    {
        let function = resource(function);
        assert!(function.contains(&format!("          FUNCTION_ROLE: {role}\n")), "{function}");
        let name = function.lines().find_map(|line| line.strip_prefix("      Role: !GetAtt ")).unwrap();
        assert!(name.to_lowercase().starts_with(role), "{name}");
    }
    let writes = |role: &str| resource(role).contains("PutSecretValue");
    assert_eq!(["IngestRole", "DeliverRole", "ControlRole"].map(writes), [false, false, true]);
    let drains = |role: &str| resource(role).contains("sqs:ReceiveMessage");
    assert!(!drains("IngestRole") && drains("DeliverRole"), "only Deliver takes events from the buffer queue");
}

#[test]
fn lambda_reads_for_deliver_and_everything_else_calls_ingest_or_control() {
    for mapping in ["BufferMapping", "StreamMapping"] {
        let mapping = resource(mapping);
        assert!(mapping.contains("      FunctionName: !Ref DeliverFunction.Alias\n"), "{mapping}");
    }
    let routes = |function: &str| resource(function).matches("Type: HttpApi\n").count();
    assert_eq!((routes("IngestFunction"), routes("DeliverFunction"), routes("ControlFunction")), (4, 0, 1));
}

/// The names in a saved log query's list of fields, but for those that Lambda and CloudWatch add.
fn fields(query: &str) -> impl Iterator<Item = &str> {
    let lists = query.lines().filter_map(|line| line.trim().strip_prefix("fields "));
    lists.flat_map(|list| list.split(", ")).filter(|name| !name.starts_with('@') && *name != "requestId")
}

#[test]
fn saved_log_queries_show_fields_that_lines_have() {
    let lines = [text("src/log.rs"), text("src/log/events.rs")].concat();
    let mut seen = 0;
    for query in template_resources().iter().filter(|text| text.contains("AWS::Logs::QueryDefinition")) {
        for field in fields(query) {
            let spellings = [format!(" {field} = "), format!(" {field},\n")];
            assert!(spellings.iter().any(|spelling| lines.contains(spelling.as_str())), "{field}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} fields");
}
