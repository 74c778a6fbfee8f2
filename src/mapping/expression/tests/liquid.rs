//! Templates of `@liquid`, and what the JavaScript engine that Segment runs makes of them.

use super::*;

#[test]
fn a_number_that_liquid_cannot_hold_is_a_problem_and_not_a_panic() {
    for code in [
        "{{ a[44444444444444444444441].k }}",
        "{{ a | plus: -9223372036854775809 }}",
        "{% assign b = 99999999999999999999c %}",
        "{{ \"}}\" | plus: 99999999999999999999 }}",
    ] {
        let mapping = json!({"@liquid": code}).to_string();
        check_problems(&mapping, &["$['@liquid'] has a whole number beyond 64 bits, which Liquid can't hold"]);
    }
    let largest = r#"{"@liquid":"99999999999999999999{{ 9223372036854775807 }}{{ n99999999999999999999 }}"}"#;
    check(largest, json!("999999999999999999999223372036854775807"));
}

#[test]
fn liquid_appends_and_prepends_exactly_one_argument() {
    for filter in ["append", "append: 'x', 'y'", "prepend", "prepend: 'x', 'y'"] {
        let liquid = json!({"@liquid": format!("{{{{ text | {filter} }}}}")}).to_string();
        assert_eq!(
            outcome(&liquid, EVENT),
            Err(vec!["the Liquid template fails for this event".to_owned()]),
            "{filter}"
        );
    }
}

#[test]
fn liquid_gives_what_the_javascript_engine_gives() {
    for (template, expected) in [
        ("{{ text | size }} {{ text.size }}", "3 3"),
        ("{{ nope | size }}{{ nope.a.b }}{{ list[9].k }}", "0"),
        ("{{ list[-1] }} {{ list.first.k }} {{ list.last }}", "5 x 5"),
        ("{{ '5' | plus: '2' }} {{ nope | plus: 1 }} {{ 5 | divided_by: 2 }}", "7 1 2.5"),
        ("{{ 1 | divided_by: 0 }} {{ -7 | modulo: 3 }} {{ 2.5 | round }} {{ 1.005 | round: 2 }}", "Infinity 2 3 1.01"),
        (
            "{{ list[nope] }}{{ list[nul] }}{{ deep[nope] }}[{{ nul.x | json }}{{ text[0] }}{{ text['length'] }}]",
            "[nullé3]",
        ),
        ("{{ 'a,b,,' | split: ',' | join: '+' }}", "a+b"),
        ("{{ 'hello world' | truncate: 8 }} {{ 'a b c' | truncatewords: 2 }}", "hello... a b..."),
        ("{{ 'hello' | slice: -3, 2 }} {{ 'é😀x' | slice: 1 }}{{ 'é😀x' | slice: 1, 2 }}", "ll \u{fffd}😀"),
        (
            "{{ '😀😀b' | truncate: 5, '' }}|{{ ' a  b c' | truncatewords: 2 }}|{{ '😀' | first }}",
            "😀😀b| a...|\u{fffd}",
        ),
        ("{{ ' x ' | strip }}|{{ 'xxaxx' | lstrip: 'x' }}|{{ 'aßb' | upcase | capitalize }}", "x|axx|Assb"),
        (
            "{{ false | default: 'd' }} {{ false | default: 'd', allow_false: true }} {{ '' | default: 'e' }}",
            "d false e",
        ),
        (
            "{{ '<a&b>' | escape }} {{ '&lt;&' | escape_once }} {{ '<p>x</p>' | strip_html }}",
            "&lt;a&amp;b&gt; &lt;&amp; x",
        ),
        ("{{ 'a b+é' | url_encode }} {{ 'a+b%2B%C3%A9' | url_decode }}", "a+b%2B%C3%A9 a b é"),
        ("{{ 'hé' | base64_encode }} {{ 'aMOp' | base64_decode }}", "aMOp hé"),
        ("[{{ '  ' | lstrip }}{{ ' \u{2028}' | rstrip }}{{ ' x\u{feff}' | strip }}]", "[x]"),
        (
            "[{{ nope | last | json }}{{ nul | to_integer }}{{ '' | truncate: -1 }}{{ true | compact | ceil }}{{ list | to_integer }}]",
            "[\"\"0...0NaN]",
        ),
        (
            "{{ 'aGk' | base64_decode }} {{ 'aGl=' | base64_decode }}{{ ' a G k = ' | base64_decode }}{{ '(aGk?) =aGk' | base64_decode }}",
            "hi hihihi",
        ),
        ("{{ list | json }}", "[{\"k\":\"x\"},{\"k\":null},{},5]"),
        ("{% if nope %}a{% elsif userId == 'u1' %}b{% endif %}{% unless nope %}c{% endunless %}", "bc"),
        (
            "{% if nope contains 'x' or nul contains 'x' %}yes{% else %}no{% endif %}{{ nope | json }}{{ nul | json }}",
            "nonull",
        ),
        ("{{ 'a b ' | truncatewords: 2 }}|{{ true | to_integer }}|{{ list | slice: 3 | plus: 1 }}", "a b...|1|6"),
        ("{% if userId contains 'u' and list.size > 3 %}yes{% endif %}", "yes"),
        ("{% capture x %}a{{ userId }}{% endcapture %}{{ x | upcase }}{% comment %}no{% endcomment %}", "AU1"),
        ("{% raw %}{{ x }}{% endraw %}{%- assign y = 1 -%} {{ y }}", "{{ x }}1"),
        (
            "{{ '2024-05-06T07:08:09+02:00' | date: '%Y-%m-%d %H' }} {{ '2024-05-06' | date: '%b %-d' }}",
            "2024-05-06 05 May 6",
        ),
        ("{{ 0 | date }} {{ 'x' | date: '%Y' }}", "Thursday, January 1, 1970 at 12:00 am +0000 x"),
        ("{{ 1.5 | date: '%L %3N %-L %_4d|%^b %#p %v %Oe' }}", "500 500 500    1|JAN am %v  1"),
        (
            "{{ '2024-12-31T13:02:03Z' | date: '%j %U %W %u %w %q %x, %X %C %y %s' }}",
            "366 52 52 2 2 st 12/31/2024, 1:02:03 PM 20 24 1735650123",
        ),
    ] {
        check(&json!({"@liquid": template}).to_string(), json!(expected));
    }
}

#[test]
fn liquid_conditions_are_decided_as_in_the_javascript_engine() {
    let holds = |condition: &str, expected: bool| {
        let template = format!("{{% if {condition} %}}T{{% else %}}F{{% endif %}}");
        check(&json!({"@liquid": template}).to_string(), json!(if expected { "T" } else { "F" }));
    };
    for condition in [
        "true or false and false",
        "nul == nil and nope == nil",
        "'' == empty and '  ' == blank and nope == blank and false == blank",
        "deep.nope != empty",
        "empty",
        "'10' > 9",
        "'10' < '9'",
        "'' < 1",
        "true >= 1",
        "nul <= 0",
        "list contains 5",
        "'a5' contains 5",
        "'null' contains nul",
    ] {
        holds(condition, true);
    }
    for condition in [
        "false and false or true",
        "nope == nul",
        "nul == empty",
        "nope <= 0",
        "1 == '1'",
        "'x' < 1",
        "5 contains 5",
        "nope contains ''",
        "nil < 1",
        "list == deep",
    ] {
        holds(condition, false);
    }
    let unless = "{% unless userId == 'u2' %}a{% elsif true %}b{% endunless %}{% unless userId %}c{% elsif nul %}d{% else %}e{% endunless %}";
    check(&json!({"@liquid": unless}).to_string(), json!("ae"));
    for wrong in [
        "{% if %}{% endif %}",
        "{% if a b %}{% endif %}",
        "{% if a and %}{% endif %}",
        "{% if a %}{% else x %}{% endif %}",
        "{% if a %}{% else %}{% elsif b %}{% endif %}",
    ] {
        assert_eq!(
            outcome(&json!({"@liquid": wrong}).to_string(), EVENT).map_err(|problems| problems.len()),
            Err(1),
            "{wrong}"
        );
    }
}
