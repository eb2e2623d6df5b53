//! What BuildKit keeps of a test's builds, removed with it.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

/// Removes when dropped what BuildKit has kept since it was made, of commands with a name in them. What nobody can tell from
/// others' (copies of files) goes, too: theirs is only slower without.
pub(crate) struct BuildCache {
    name: String,
    before: BTreeMap<String, String>,
}

impl BuildCache {
    pub(crate) fn of(name: impl ToString) -> Self {
        Self { name: name.to_string(), before: kept() }
    }

    fn is_ours(&self, id: &str, what: &str) -> bool {
        let anybodys = ["local source for ", "from local", "fileop"];
        !self.before.contains_key(id)
            && (what.contains(&self.name) || anybodys.iter().any(|like| what.starts_with(like)))
    }
}

impl Drop for BuildCache {
    fn drop(&mut self) {
        // One that another was made from goes after it.
        for _ in 0..4 {
            for (id, _) in kept().iter().filter(|(id, what)| self.is_ours(id, what)) {
                let id = format!("id={id}");
                let _ = Command::new("docker").args(["builder", "prune", "--all", "--force", "--filter", &id]).output();
            }
        }
    }
}

/// What BuildKit keeps: descriptions by id. The engine looks at images, too, and does not expect one of them to go meanwhile.
fn kept() -> BTreeMap<String, String> {
    for _ in 0..20 {
        let mut ask = Command::new("docker");
        let said = ask.args(["system", "df", "--verbose", "--format", "{{json .BuildCache}}"]).output().unwrap();
        if let Ok(kept) = serde_json::from_slice::<Vec<serde_json::Value>>(&said.stdout) {
            let text = |one: &serde_json::Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
            return kept.iter().map(|one| (text(one, "ID"), text(one, "Description"))).collect();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    BTreeMap::new()
}
