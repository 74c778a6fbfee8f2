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

/// The statements of a role's policy, each as its lines.
fn statements(role: &str) -> Vec<String> {
    let (_, policies) = role.split_once("      Policies:\n").unwrap();
    policies.split("Effect: Allow\n").skip(1).map(str::to_owned).collect()
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
    assert!(resource("BusRule").contains("DeadLetterConfig: { Arn: !GetAtt BufferQueue.Arn }"));
}

#[test]
fn each_role_may_do_what_it_must() {
    for name in ["IngestRole", "ControlRole", "CdpRole"] {
        for statement in statements(&resource(name)) {
            assert!(statement.contains("Resource: "), "{name}: {statement}");
            let is_open =
                statement.contains("Resource: \"*\"") || statement.contains(":*\n") || statement.contains(":*,");
            assert!(!is_open, "{name}: {statement}");
        }
    }
    let (ingest, control) = (resource("IngestRole"), resource("ControlRole"));
    assert!(!ingest.contains("PutSecretValue") && control.contains("PutSecretValue"), "only Control writes the secret");
    assert!(!control.contains("sqs:") && !control.contains("kinesis:"), "{control}");
    let cdp = resource("CdpRole");
    assert!(cdp.contains("{ StringEquals: { \"sts:ExternalId\": !Ref CdpExternalId } }"), "{cdp}");
    let allowed = statements(&cdp);
    assert_eq!(allowed.len(), 1);
    assert!(allowed[0].contains("Action: lambda:InvokeFunction\n"), "{cdp}");
    assert!(allowed[0].contains("Resource: !GetAtt IngestFunction.Arn\n"), "{cdp}");
}
