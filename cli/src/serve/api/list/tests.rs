//! Reading a list: which columns are guessed, and which rows are broken.

use super::*;

/// The guessed columns of these headers, as `column=header`.
#[track_caller]
fn guessed(headers: &str) -> Vec<String> {
    let file = File::read(&format!("{headers}\n{headers}\n")).unwrap();
    file.columns(None).into_iter().map(|(column, header)| format!("{column}={header}")).collect()
}

#[test]
fn columns_are_guessed_by_their_words_whatever_the_delimiter() {
    for text in ["E-Mail Address,Mobile No.,Plan\na,b,c", "\u{feff}E-Mail Address;Mobile No.;Plan\r\na;b;c\r\n"] {
        let file = File::read(text).unwrap();
        let expected = [("email", "E-Mail Address"), ("phone", "Mobile No.")];
        assert_eq!(file.columns(None), expected.map(|(column, header)| (column.to_owned(), header.to_owned())).into());
        assert_eq!(file.rows, [json!({ "E-Mail Address": "a", "Mobile No.": "b", "Plan": "c", "_row": 1 })]);
    }
}

#[test]
fn a_name_comes_before_words_and_parts_of_words_are_none() {
    for (headers, expected) in [
        ("Mailing Address,Email", &["email=Email"][..]),
        ("email_opt_in,Email", &["email=Email"]),
        ("Work Email,E_Mail", &["email=E_Mail"]),
        ("email_opt_in,Mailing Address,cancelled_at,Emailed,Telephones", &[]),
        ("Email status,Private mail", &["email=Private mail"]),
        ("cancelled_at,Cell", &["phone=Cell"]),
        ("phone_country,phone", &["country=phone_country", "phone=phone"]),
        (
            "customerEmail,mobilePhone,Country Code",
            &["country=Country Code", "email=customerEmail", "phone=mobilePhone"],
        ),
        ("Advertising ID,IDFA", &["aaid=Advertising ID", "idfa=IDFA"]),
        ("country of phone", &["phone=country of phone"]),
        ("Name,Plan", &[]),
    ] {
        assert_eq!(guessed(headers), expected, "{headers}");
    }
}

#[test]
fn what_is_chosen_is_all_that_counts() {
    let file = File::read("email,phone\na,b\n").unwrap();
    let chosen = BTreeMap::from([("phone".to_owned(), "phone".to_owned())]);
    assert_eq!(file.columns(Some(&chosen)), chosen);
    assert_eq!(file.columns(Some(&BTreeMap::new())), BTreeMap::new(), "nothing is a choice too");
    assert!(can_identify(&chosen) && !can_identify(&BTreeMap::from([("country".to_owned(), "c".to_owned())])));
}

#[test]
fn a_row_with_other_values_than_the_header_is_broken() {
    let file = File::read("email,phone\na@example.com,1\nb@example.com\nc@example.com,2,3\n\n,\n").unwrap();
    let is_broken: Vec<_> = file.rows.iter().map(Value::is_null).collect();
    assert_eq!(is_broken, [false, true, true, false]);
    assert_eq!(file.rows[3]["_row"], 4);
    let order = json!({"text": "", "action": "add", "audience_name": "vip"});
    let payload = payload(&file.rows, 501, &serde_json::from_value(order).unwrap(), &file.columns(None), true);
    let payload: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!((&payload["Items"][1], &payload["BatchInput"]["first_row"]), (&Value::Null, &json!(501)));
}

#[test]
fn headers_are_trimmed_and_blank_ones_are_no_columns() {
    let file = File::read(" email ,,\na@example.com,x,y\n").unwrap();
    assert_eq!(file.headers, ["email"]);
    assert_eq!(file.rows, [json!({"email": "a@example.com", "_row": 1})]);
}

#[test]
fn a_quoted_line_break_is_no_row_and_what_is_no_list_is_refused() {
    assert_eq!(File::read("email\n\"a\nb\"\n").unwrap().rows.len(), 1);
    assert_eq!(File::read("email\n\"a\nb\"").unwrap().rows.len(), 1);
    assert_eq!(File::read("email,size\na,5\"\nb,6\n").unwrap().rows.len(), 2);
    for (text, sentence) in [
        ("email\n", "the file has no rows below its headers"),
        ("", "the file has no rows below its headers"),
        ("email,phone,email\na,b,c\n", "two columns are called `email`: give each a name of its own"),
        ("email, email\na,b\n", "two columns are called `email`: give each a name of its own"),
        ("email,phone\na,1\n\"b,2\nc,3\n", "row 2 (line 3): a quote in it never closes"),
        ("email\na\n\"b\nc\n", "row 2 (line 3): a quote in it never closes"),
        ("email,name\na,\"x\nb,y\nc,z", "row 1 (line 2): a quote in it never closes"),
        ("email,name\na,\"x\nb,\"y\"\nc,z\n", "row 1 (line 2): a quote in it never closes"),
    ] {
        let refusal = File::read(text).unwrap_err();
        assert!(format!("{refusal:?}").contains(&format!("{sentence:?}")), "{text:?}: {refusal:?}");
    }
}
