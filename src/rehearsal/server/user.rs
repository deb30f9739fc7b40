//! Who asks.
//! It must never decide what they may.

/// Who asks: a name and groups, as an authenticated request has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `admin`, `system:serviceaccount:NAMESPACE:NAME`
    pub name: String,
    /// Beside `system:authenticated`, of which everybody is.
    pub groups: Vec<String>,
}

impl User {
    /// Somebody with all rights, being of `system:masters`.
    pub fn admin() -> User {
        User { name: "admin".into(), groups: vec!["system:masters".into()] }
    }

    /// Somebody without any, until a binding gives some.
    pub fn guest() -> User {
        User { name: "guest".into(), groups: Vec::new() }
    }

    /// Whether this user may do everything.
    pub fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }

    /// All groups.
    pub fn all_groups(&self) -> Vec<String> {
        let mut groups = self.groups.clone();
        groups.push("system:authenticated".into());
        groups
    }
}
