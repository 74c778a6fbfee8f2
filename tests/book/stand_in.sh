#!/usr/bin/env bash
# Stands in for a command that a block of the book names: notes how it was called, and answers what the block reads.
#
# `arguments.py` checks the notes once all blocks have run. `tta` itself is the real one, and an invocation goes to the
# function of the sandbox that the test has started.
set -euo pipefail
name=$(basename "$0")
# What is random on the page is known to the sandbox here; the rest of openssl is real.
if [ "$name" = openssl ]; then
  if [ "$1" = rand ]; then exec echo "$SANDBOX_KEY"; fi
  exec "$OPENSSL" "$@"
fi
# SAM asks Python's SDK for its region, which does not read AWS_REGION; AWS CLI prefers AWS_REGION.
if [ "$name" = sam ] && [ "${AWS_REGION:-}" != "${AWS_DEFAULT_REGION:-}" ]; then
  echo "sam $*: works in the region ${AWS_DEFAULT_REGION:-(none)}, and aws in ${AWS_REGION:-(none)}" >&2
  exit 1
fi
printf '%s\0' $(($# + 3)) "$BLOCK" "$PWD" "$name" "$@" >>"$NOTES"

invoke() {
  local payload=
  while [ $# -gt 0 ]; do
    if [ "$1" = --payload ]; then payload=$2; fi
    shift
  done
  # What needs more than the sandbox has: only its arguments are checked.
  if grep -qE "\"operation\": *\"($REAL_ACCOUNT)\"" <<<"$payload"; then return; fi
  case $payload in file://*) payload=@${payload#file://} ;; esac
  "$CURL" -sS --fail-with-body --max-time 30 -D reply.head --data-binary "$payload" \
    "$SANDBOX/2015-03-31/functions/book/invocations"
  if grep -qi '^x-amz-function-error' reply.head; then exit 1; fi
}

case "$name ${1:-} ${2:-}" in
  "aws lambda invoke") invoke "$@" ;;
  # An object that Lambda wrote when it gave up on records of the stream.
  "aws s3 cp") if [[ $3 == s3://* ]]; then cp events/redrive_stream_failure_of_bucket.json "$4"; fi ;;
  # A page of a stream's records.
  "aws kinesis get-records")
    printf '{"Records":[{"SequenceNumber":"1","Data":"%s"}]}\n' "$(jq -c . events/direct_audience_entered.json | base64 -w0)"
    ;;
  # The secret, as it is once the ad accounts are connected.
  "aws secretsmanager get-secret-value")
    printf '{"app_id":"7","app_secret":"s","access_token":"t","advertiser_ids":["7000000000000000001"],"write_keys":["%s"]}\n' "$SANDBOX_KEY"
    ;;
  "aws lambda list-event-source-mappings") echo "$UUID" ;;
  "aws cloudformation describe-stacks") cat "$OUTPUTS" ;;
  "cargo run -p")
    if [ "$3 $4" != "tta --" ]; then echo "cargo run: only tta is run" >&2; exit 1; fi
    exec "$TTA" "${@:5}"
    ;;
  unzip*) mkdir -p "${@: -1}" ;;
esac
