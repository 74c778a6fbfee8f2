//! What the feed says of an invocation.

use super::*;

#[test]
fn a_batch_of_a_list_is_told_by_its_reply() {
    let reply = json!({"rows": 3, "delivered": 2, "rejected": 1, "reasons": {"NO_USABLE_IDENTIFIER": 1}});
    let seen = Seen {
        id: 1,
        at: Timestamp::UNIX_EPOCH,
        took: Duration::ZERO,
        origin: Origin::Outside,
        payload: include_str!("../../../../../events/rows_of_a_list.json").to_owned(),
        ended: Ok(reply.to_string()),
        calls: Vec::new(),
        shared: false,
        explained: None,
        members: Vec::new(),
        rejected: Vec::new(),
    };
    let entry = Record::of(seen).entry;
    let told = ["way_in", "described", "events", "outcomes", "reasons"].map(|key| entry[key].clone());
    let expected = json!([
        "list",
        "a batch of a list, 3 rows",
        3,
        {"delivered": 2, "rejected": 1},
        ["NO_USABLE_IDENTIFIER"],
    ]);
    assert_eq!(json!(told), expected);
}
