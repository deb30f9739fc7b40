//! Where cases are played on a control plane that others use, too: namespaces, used again where nothing was left behind. To delete
//! a namespace is long work for its controllers, so that hundreds of them would keep it from all else for half an hour.
//! It must never know what is played there.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a case is played.
#[derive(Clone, Debug)]
pub struct Place {
    /// The namespace.
    pub namespace: String,
    /// The group of custom kinds: no other case has the same.
    pub group: String,
    /// Whether the namespace is there already.
    pub there: bool,
    /// Whether others use the server, too: what is made must be deleted.
    pub shared: bool,
}

/// All places of a run.
pub struct Places {
    name: String,
    free: Mutex<Vec<String>>,
    next: AtomicUsize,
}

impl Places {
    /// Places whose names begin so.
    pub fn new(name: &str) -> Places {
        let name = format!("{name}-{}", std::process::id());
        Places { name, free: Mutex::new(Vec::new()), next: AtomicUsize::new(0) }
    }

    /// A place for one case.
    pub fn take(&self) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let free = self.free.lock().ok().and_then(|mut free| free.pop());
        Place {
            there: free.is_some(),
            namespace: free.unwrap_or_else(|| format!("{}-{number}", self.name)),
            group: format!("g{number}-{}.example.com", self.name),
            shared: true,
        }
    }

    /// Nothing is in a place any more: it can be used again.
    pub fn give_back(&self, place: Place) {
        if let Ok(mut free) = self.free.lock() {
            free.push(place.namespace);
        }
    }

    /// The namespaces that nobody needs any more.
    pub fn left(self) -> Vec<String> {
        self.free.into_inner().unwrap_or_default()
    }
}
