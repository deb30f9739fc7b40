//! What cannot be read is marked at the very character.
//! It must never know anything but the public surface.

use super::*;

/// What a finding says, and the source that it marks.
fn fault(written: &str, grammar: Grammar) -> (String, &'static str, String, String) {
    let mut sources = Sources::new();
    let tree = scalar(&mut sources, written);
    match Expression::parse(text(&tree), grammar) {
        Ok(expression) => panic!("{written} is read as {expression:?}"),
        Err(findings) => {
            let finding = &findings[0];
            let place = sources.place(finding.span);
            let marked = format!("{}:{}", place.column, sources.slice(finding.span));
            (marked, finding.code.as_str(), finding.message.clone(), finding.help.clone().unwrap_or_default())
        }
    }
}

#[test]
fn faults_are_marked_at_the_character() {
    for (written, marked, code, said) in [
        ("$.a = 1", "10:=", "bad-condition", "Use `==`"),
        ("$.a === 1", "10:===", "bad-condition", "Use `==`"),
        ("$.a => 1", "10:=>", "bad-condition", "Use `>=`"),
        ("$.a =~ 'x'", "10:=~", "bad-condition", "match("),
        ("$.a <> 1", "10:<>", "bad-condition", "Use `!=`"),
        ("$.a in 1", "10:in", "bad-condition", "no `in`"),
        ("$.a contains 'x'", "10:contains", "bad-condition", "search("),
        ("$.a == 1 and $.b == 2", "15:and", "bad-condition", "Use `&&`"),
        ("$.a == 1 or $.b == 2", "15:or", "bad-condition", "Use `||`"),
        ("not $.a", "6:not", "bad-condition", "Use `!(…)`"),
        ("$.a & $.b", "10:&", "bad-condition", "Use `&&`"),
        ("$.a || | $.b", "13:|", "bad-condition", "missing before"),
        ("$.status.state == Available", "24:Available", "bad-condition", "'Available'"),
        ("$.a == True", "13:True", "bad-condition", "`true`"),
        ("status.state == 'x'", "6:status.state", "bad-jsonpath", "`$.status.state`"),
        (".status.state == 'x'", "6:.status.state", "bad-jsonpath", "`$.status.state`"),
        ("state == 'x'", "6:state", "bad-condition", "`$.state`"),
        ("$status.state == 'x'", "7:s", "bad-jsonpath", "`$.status.state`"),
        ("$.a ==", "11:=", "bad-condition", "missing behind"),
        ("== 1", "6:=", "bad-condition", "missing before"),
        ("$.a == 1 &&", "16:&", "bad-condition", "missing behind"),
        ("($.a == 1", "6:(", "bad-condition", "never closed"),
        ("$.a == 1)", "14:)", "bad-condition", "closes nothing"),
        ("($.a) == 1", "12:==", "bad-condition", "Leave the parentheses out"),
        ("$.a == ($.b)", "13:(", "bad-condition", "a value must follow"),
        ("(!$.a == 1)", "7:!", "bad-condition", "`!($.a == 1)`"),
        ("$.a == 1 == 2", "15:==", "bad-condition", "chained"),
        ("1 < $.a < 3", "14:<", "bad-condition", "chained"),
        ("$.a == 'x", "13:'", "bad-condition", "never closed"),
        ("$.a[?@.b == 'x]", "18:'", "bad-jsonpath", "never closed"),
        ("$.a[0", "9:[", "bad-jsonpath", "never closed"),
        ("$.a[?(@.b == 1]", "11:(", "bad-jsonpath", "never closed"),
        ("$.a[]", "10:]", "bad-jsonpath", "[*]"),
        ("$.a[b]", "10:b", "bad-jsonpath", "['b']"),
        ("$.a[@.b]", "10:@", "bad-jsonpath", "`?`"),
        ("$.a['b' 'c']", "14:'", "bad-jsonpath", "`,`"),
        ("$.a[?@.b = 1]", "15:=", "bad-jsonpath", "Use `==`"),
        ("$.a[?@.b and @.c]", "15:and", "bad-jsonpath", "Use `&&`"),
        ("$.a[?type == 'x']", "11:type", "bad-jsonpath", "`@.type`"),
        ("$.a[?@.b[*] == 1]", "11:@.b[*]", "bad-jsonpath", "several"),
        ("$.a[01]", "10:01", "bad-jsonpath", "no index"),
        ("$.a[99999999999999999999]", "10:99999999999999999999", "bad-jsonpath", "no index"),
        ("$.a.", "9:.", "bad-jsonpath", "must follow"),
        ("$.a..", "10:.", "bad-jsonpath", "must follow"),
        ("$.a.[0]", "9:.", "bad-jsonpath", "Leave the dot out"),
        ("$.items.0.x", "14:0", "bad-jsonpath", "`[0]`"),
        ("$.a.deployment-id == 'x'", "20:-", "bad-jsonpath", "['deployment-id']"),
        ("$.a.app\\.io/name", "13:\\", "bad-jsonpath", "['app.io/name']"),
        ("$.a >= 500m", "13:500m", "bad-condition", "'500m'"),
        ("$.a == 007", "13:007", "bad-condition", "`7`"),
        ("$.a + 1 == 2", "10:+", "bad-condition", "arithmetic"),
        ("$.a - 1 == 2", "10:-", "bad-condition", "arithmetic"),
        ("lenght($.a) == 1", "6:lenght", "bad-condition", "`length`"),
        ("length($.a)", "6:length($.a)", "bad-condition", "Compare it"),
        ("length($.a[*]) == 1", "13:$.a[*]", "bad-jsonpath", "count("),
        ("count('x') == 1", "12:'x'", "bad-condition", "takes a path"),
        ("match($.a)", "6:match($.a)", "bad-condition", "two arguments"),
        ("match($.a, 'x') == true", "6:match($.a, 'x')", "bad-condition", "by itself"),
        ("match($.a, 'a(b')", "17:'a(b'", "bad-regex", "unclosed group"),
        ("match($.a, 'a\\.b')", "19:\\.", "bad-condition", "`\\\\`"),
        ("length ($.a) == 1", "12: ", "bad-condition", "blank"),
        ("$.a `x`", "10:`", "bad-condition", "cannot stand"),
        ("\"'x' || $.a\"", "7:'x'", "bad-condition", "Compare it"),
        ("''", "6:''", "bad-condition", "nothing stands"),
        ("${vars.x} == 1", "6:${", "bad-jsonpath", "${{ vars.name }}"),
        ("\"{.status.state}=Available\"", "22:=", "bad-condition", "Use `==`"),
        ("\"{.a['b.c']}\"", "13:.", "bad-jsonpath", "['b\\.c']"),
        ("\"{.a\"", "7:{", "bad-jsonpath", "never closed"),
        ("\"{range .items[*]}{.x}{end}\"", "8:r", "bad-jsonpath", "one path"),
        // The quotes and escapes of YAML between the text and its place.
        ("'$.a == ''x'' and $.b'", "20:and", "bad-condition", "&&"),
        ("\"$.a == \\\"x\\\" and $.b\"", "20:and", "bad-condition", "&&"),
        ("\"$.\\u00e9 = 1\"", "16:=", "bad-condition", "Use `==`"),
        ("|\n  $.a == 1\n  and $.b == 2", "3:and", "bad-condition", "&&"),
        (">-\n  $.a == 1 &&\n  $.b = 2", "7:=", "bad-condition", "Use `==`"),
    ] {
        let (at, found, message, help) = fault(written, Grammar::Object);
        assert_eq!((at.as_str(), found), (marked, code), "{written}: {message} / {help}");
        assert!(message.contains(said) || help.contains(said), "{written}: {message} / {help}");
    }
}

#[test]
fn faults_over_names_are_marked_too() {
    for (written, marked, said) in [
        ("vars.a = 1", "13:=", "Use `==`"),
        ("vars.a == x y", "18:y", "missing before"),
        ("vars.a-b", "12:-", "['a-b']"),
        ("\"{vars.a}\"", "7:{", "without braces"),
        ("vars.list[?name == 'x']", "17:name", "`@.name`"),
        ("vars.list[name]", "16:name", "['name']"),
        (".vars", "6:.vars", "`$.vars`"),
        ("vars.a + 1", "13:+", "arithmetic"),
        ("vars.a && 'x'", "16:'x'", "Compare it"),
        ("not vars.a", "6:not", "Use `!"),
    ] {
        let (at, code, message, help) = fault(written, Grammar::Scope);
        assert_eq!((at.as_str(), code), (marked, "bad-expression"), "{written}: {message} / {help}");
        assert!(message.contains(said) || help.contains(said), "{written}: {message} / {help}");
    }
}
