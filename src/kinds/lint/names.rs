//! The names that Kubernetes allows: of objects by kind, of labels, and as parts of other names.
//! It must never know where a name was found.

/// What names of a kind look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameRule {
    /// Labels joined by dots, 253 characters at most (RFC 1123); what most kinds have.
    Subdomain,
    /// Lower-case letters, digits and dashes, 63 characters at most (RFC 1123).
    Label,
    /// Any text that can be one segment of a path.
    PathSegment,
}

/// The rule for names of a kind (k8s.io/kubernetes, pkg/apis/*/validation, 1.37).
pub(super) fn rule(group: &str, kind: &str) -> NameRule {
    match (group, kind) {
        ("", "Namespace" | "Service") => NameRule::Label,
        ("rbac.authorization.k8s.io", _) => NameRule::PathSegment,
        _ => NameRule::Subdomain,
    }
}

/// Why the text is no name under the rule; `None` if it is one.
pub(super) fn fault(rule: NameRule, text: &str) -> Option<String> {
    match rule {
        NameRule::Label => label_fault(text),
        NameRule::Subdomain if text.len() > 253 => Some(too_long(text, 253)),
        NameRule::Subdomain => (!text.split('.').all(is_plain)).then(|| {
            "must consist of lower-case letters, digits, `-` and `.`, and begin and end with a letter or digit"
                .into()
        }),
        NameRule::PathSegment => match text {
            "." | ".." => Some(format!("may not be `{text}`")),
            _ => text.contains(['/', '%']).then(|| "may not contain `/` or `%`".into()),
        },
    }
}

/// Why the text is no label of RFC 1123, such as a namespace or a container has.
pub(super) fn label_fault(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some(too_long(text, 63));
    }
    (!is_plain(text)).then(|| {
        "must consist of lower-case letters, digits and `-`, and begin and end with a letter or digit".into()
    })
}

/// Why the text is no key of a label or annotation: an optional domain and `/`, then a name.
pub(super) fn key_fault(text: &str) -> Option<String> {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    if name.contains('/') {
        return Some("may contain one `/` only".into());
    }
    if let Some(domain) = domain
        && (domain.is_empty() || fault(NameRule::Subdomain, domain).is_some())
    {
        return Some("must have a domain of lower-case letters, digits, `-` and `.` before the `/`".into());
    }
    if name.len() > 63 {
        return Some(too_long(name, 63));
    }
    (!is_word(name)).then(|| {
        "must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit".into()
    })
}

/// Why the text is no value of a label.
pub(super) fn label_value_fault(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some(too_long(text, 63));
    }
    (!text.is_empty() && !is_word(text)).then(|| {
        "must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit".into()
    })
}

fn too_long(text: &str, most: usize) -> String {
    format!("may not be longer than {most} characters; it has {}", text.len())
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    framed(text, plain) && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    framed(text, plain) && text.bytes().all(|byte| plain(byte) || b"-_.".contains(&byte))
}

fn framed(text: &str, plain: impl Fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [first, .., last] => plain(*first) && plain(*last),
        [only] => plain(*only),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rule() {
        let ok = |rule, text: &str| fault(rule, text).is_none();
        assert!(
            ok(NameRule::Subdomain, "a.b-1")
                && !ok(NameRule::Subdomain, "a..b")
                && !ok(NameRule::Subdomain, "A")
        );
        assert!(ok(NameRule::Label, "a-1") && !ok(NameRule::Label, "a.b") && !ok(NameRule::Label, "-a"));
        assert!(!ok(NameRule::Label, &"a".repeat(64)) && ok(NameRule::Subdomain, &"a".repeat(64)));
        assert!(ok(NameRule::PathSegment, "system:Admin") && !ok(NameRule::PathSegment, "a/b"));
    }

    #[test]
    fn keys_and_values_of_labels() {
        assert_eq!(key_fault("app.kubernetes.io/name"), None);
        assert!(key_fault("a/b/c").is_some() && key_fault("/a").is_some() && key_fault("").is_some());
        assert!(label_value_fault("").is_none() && label_value_fault("v1.0_a").is_none());
        assert!(label_value_fault("a b").is_some() && label_value_fault("-a").is_some());
    }
}
