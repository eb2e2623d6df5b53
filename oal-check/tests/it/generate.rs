//! Random well-formed programs: whatever is written here checks without errors.
//!
//! Values come first: for each place a value of its type is chosen, for each environment, and then an expression that has just
//! these values ([`exprs`]). So the generator knows what the checker must find out, and asserts state it. What is declared refers
//! only to what was declared before it, and is then shuffled, since order means nothing in OAL.
//!
//! Bytes decide everything ([`choices`]): a fuzzer can drive it. It is included by the fuzz targets, too,
//! for which its modules have their paths.

#[path = "generate/choices.rs"]
pub(crate) mod choices;
#[path = "generate/components.rs"]
mod components;
#[path = "generate/exprs.rs"]
mod exprs;
#[path = "generate/forms.rs"]
mod forms;
#[path = "generate/kinds.rs"]
mod kinds;
#[path = "generate/levels.rs"]
mod levels;
#[path = "generate/lists.rs"]
mod lists;
#[path = "generate/literals.rs"]
mod literals;
#[path = "generate/logic.rs"]
mod logic;
#[path = "generate/model.rs"]
mod model;
#[path = "generate/numbers.rs"]
mod numbers;
#[path = "generate/prelude.rs"]
mod prelude;
#[path = "generate/program.rs"]
mod program;
#[path = "generate/samples.rs"]
mod samples;
#[path = "generate/scope.rs"]
mod scope;
#[path = "generate/service.rs"]
mod service;
#[path = "generate/special.rs"]
mod special;
#[path = "generate/texts.rs"]
mod texts;
#[path = "generate/types.rs"]
mod types;
#[path = "generate/values.rs"]
mod values;

use choices::Choices;
use model::{Ty, Vals};

/// A program.
#[derive(Debug, Clone)]
pub(crate) struct Generated {
    /// Path and text, the root first.
    pub(crate) files: Vec<(String, String)>,
    /// The same program with the declarations of each file in another order.
    pub(crate) reordered: Vec<(String, String)>,
    /// Names of its environments, as declared; `default` where none is.
    pub(crate) environments: Vec<String>,
}

impl Generated {
    /// All files in one text, for messages.
    pub(crate) fn listing(&self) -> String {
        self.files.iter().map(|(path, text)| format!("//# file: {path}\n{text}\n")).collect()
    }

    pub(crate) fn project(&self) -> oal_check::Project {
        project(&self.files)
    }
}

/// The program of some files whose root is `app.oal`.
pub(crate) fn project(files: &[(String, String)]) -> oal_check::Project {
    oal_check::Project::load("app.oal", &mut files.iter().cloned().collect::<oal_check::InMemory>())
}

/// A well-formed program, decided by bytes.
pub(crate) fn program(bytes: &[u8]) -> Generated {
    Maker::new(bytes).program()
}

/// A set of environments, by bits.
type Mask = u64;

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The file.
    file: usize,
    /// The environments in which it is worked out.
    mask: Mask,
    /// Whether it stands in a text's hole.
    hole: bool,
    /// Whether nothing tells its type from outside.
    free: bool,
    depth: usize,
}

impl Place {
    const fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    const fn free(self) -> Self {
        Self { free: true, depth: self.depth + 1, ..self }
    }

    const fn within(self, mask: Mask) -> Self {
        Self { mask, ..self }
    }
}

/// A name whose value is known.
#[derive(Debug, Clone)]
struct Known {
    file: usize,
    /// The declared name.
    root: String,
    /// What comes behind it.
    rest: String,
    ty: Ty,
    vals: Vals,
    /// Where it has them.
    mask: Mask,
}

/// A name whose value is known only later.
#[derive(Debug, Clone)]
struct Later {
    file: usize,
    root: String,
    rest: String,
    level: oal_check::types::Level,
    ty: Ty,
    mask: Mask,
}

/// A component that others can refer to.
#[derive(Debug, Clone)]
struct Component {
    file: usize,
    /// The declared name.
    root: String,
    /// The key of an instance, or names of nested components.
    rest: String,
    /// Its kind and all bases of it.
    bases: Vec<String>,
    mask: Mask,
    /// Ports that speak HTTP.
    http_ports: Vec<String>,
    has_health: bool,
    /// A job that others may wait for.
    on_release: bool,
    /// A volume that any number may write to.
    shared: bool,
}

/// A file while it is written.
#[derive(Debug, Default)]
struct Draft {
    path: String,
    declarations: Vec<String>,
    /// Names of other files that are used here, by file.
    uses: Vec<(usize, Vec<(String, String)>)>,
    /// Files that are used as a whole, with the name for them.
    spaces: Vec<(usize, String)>,
}

/// The state of the generator.
struct Maker<'b> {
    c: Choices<'b>,
    /// Names, hosts and ports are made different by it.
    serial: usize,
    /// How many more expressions the value at hand may have.
    fuel: usize,
    envs: Vec<String>,
    files: Vec<Draft>,
    known: Vec<Known>,
    later: Vec<Later>,
    components: Vec<Component>,
    types: Vec<types::Named>,
    kinds: Vec<kinds::Own>,
    /// What each environment says.
    overrides: Vec<Vec<String>>,
}
