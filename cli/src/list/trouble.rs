//! What no further batch and no further attempt would change: somebody has to act first.

use tiktok_audiences::outcome::{Actor, Reason};

use super::Arguments;
use super::totals::Totals;

/// The reason for which the operator has to act before any row of a batch can be delivered.
///
/// Where TikTok refused a row, or a row brought out a fault, that may be for the row's own sake: it takes several rows to
/// be sure, and none that was delivered.
pub(super) fn of_all(reply: &Totals, delivered: u64) -> Option<Reason> {
    let found = reply.reasons.iter().filter_map(|(code, count)| Some((by_code(code)?, *count)));
    let mut found = found.filter(|(reason, _)| reason.actor() == Actor::Operator);
    let (reason, count) = found.next()?;
    let is_of_row = matches!(reason, Reason::Refused | Reason::Panicked);
    let is_sure = !is_of_row || (count > 1 && delivered == 0);
    (reply.delivered == 0 && found.next().is_none() && is_sure).then_some(reason)
}

/// The reason for which a batch is not to be sent again for now.
pub(super) fn that_stays(message: &str) -> Option<Reason> {
    [Reason::Unauthorized, Reason::Blocked].into_iter().find(|reason| message.contains(reason.code()))
}

fn by_code(code: &str) -> Option<Reason> {
    Reason::ALL.iter().copied().find(|reason| reason.code() == code)
}

/// The reason and its remedy.
pub(super) fn told(reason: Reason, arguments: &Arguments) -> String {
    let place = if arguments.target.sandbox.is_some() { "" } else { " --function CONTROL" };
    let account = arguments.advertiser.iter().map(|account| format!(" advertiser_id={account}"));
    let account: String = account.collect();
    let remedy = if reason == Reason::NoSuchAudience {
        format!("`tta op createAudience name='{}'{account}{place}` makes it", arguments.audience)
    } else if reason == Reason::Refused {
        // The reply to a batch counts rows by reason and has no code of TikTok's.
        format!("`tta op audiences{account}{place}` says what keeps the audience from being used")
    } else {
        reason.remedy().to_owned()
    };
    format!("{}: {}; {remedy}", reason.code(), reason.message())
}

/// Why a batch is refused as a whole, without the names of an envelope that nobody has typed.
pub(crate) fn in_words(message: &str) -> String {
    message.replace(" of Items ", " ").replace("BatchInput", "list")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_batch_of_which_nothing_can_be_delivered_says_for_whom_it_waits() {
        for (reasons, done, delivered, expected) in [
            (&[("NO_SUCH_AUDIENCE", 1000)][..], 0, 0, Some(Reason::NoSuchAudience)),
            (&[("NO_SUCH_AUDIENCE", 1)], 0, 5, Some(Reason::NoSuchAudience)),
            (&[("NO_SUCH_AUDIENCE", 990), ("NO_USABLE_IDENTIFIER", 10)], 0, 0, Some(Reason::NoSuchAudience)),
            (&[("NO_USABLE_IDENTIFIER", 10)], 0, 0, None),
            (&[("TIKTOK_REFUSED", 1)], 0, 0, None),
            (&[("TIKTOK_REFUSED", 2)], 0, 1, None),
            (&[("TIKTOK_REFUSED", 2)], 0, 0, Some(Reason::Refused)),
            (&[("TIKTOK_REFUSED", 2)], 1, 0, None),
            (&[("A_CODE_OF_LATER", 2)], 0, 0, None),
        ] {
            let reasons: BTreeMap<_, _> = reasons.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
            let reply = Totals { delivered: done, reasons, ..Totals::default() };
            assert_eq!(of_all(&reply, delivered), expected, "{reply:?}");
        }
    }

    #[test]
    fn a_refusal_has_no_names_that_nobody_typed() {
        for (message, expected) in [
            (
                "no row of Items has a column of the list: name the file's own in BatchInput.columns",
                "no row has a column of the list: name the file's own in list.columns",
            ),
            ("BatchInput names no audience: audience_id is missing", "list names no audience: audience_id is missing"),
        ] {
            assert_eq!(in_words(message), expected);
        }
    }

    #[test]
    fn what_time_does_not_fix_is_not_repeated() {
        assert_eq!(that_stays("9 of 9 rows may succeed later, as TIKTOK_UNAUTHORIZED"), Some(Reason::Unauthorized));
        assert_eq!(that_stays("9 of 9 rows may succeed later, as TIKTOK_UNAVAILABLE"), None);
    }
}
