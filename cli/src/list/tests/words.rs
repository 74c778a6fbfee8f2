//! What may be said on the command line.

use super::*;

#[test]
fn what_no_list_can_have_is_no_word_of_its_command() {
    let said = |more: &[&str]| {
        let line = [&["tta", "a.csv", "--audience", "vip", "--action", "add"], more].concat();
        Line::try_parse_from(line).map(|line| line.arguments).map_err(|error| error.to_string())
    };
    for percent in ["nan", "500", "-3", "100.1", "inf", "many"] {
        let error = said(&[&format!("--max-unusable-percent={percent}")]).unwrap_err();
        assert!(error.contains("must be a number from 0 to 100"), "{percent}: {error}");
    }
    for (more, expected) in [
        (&["--country", "USA"], "the two letters of a country"),
        (&["--advertiser", "act_7"], "must be 1 to 30 digits"),
    ] {
        let error = said(more).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let list = said(&["--max-unusable-percent", "0.5", "--country", "uk", "--advertiser", "7"]).unwrap();
    assert_eq!((list.max_unusable_percent, list.country.as_deref()), (0.5, Some("uk")));
    assert_eq!(said(&[]).unwrap().max_unusable_percent.to_string(), MAX_UNUSABLE_PERCENT.to_string());
}

#[test]
fn a_column_is_named_by_its_kind() {
    assert_eq!(column("email=E-Mail").unwrap(), ("email".to_owned(), "E-Mail".to_owned()));
    for wrong in ["email", "name=Name", "email="] {
        assert!(column(wrong).is_err(), "{wrong}");
    }
}
