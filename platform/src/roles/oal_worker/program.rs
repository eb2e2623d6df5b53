//! Finding the program in a bundle, checking and lowering it.

use std::collections::BTreeMap;
use std::sync::Arc;

use helios_client::{Failure, FailureKind};
use oal_check::diagnostic::{self, Style};
use oal_check::project::MOST_BYTES;
use oal_check::suggest::closest;
use oal_check::{Checked, LoadError, Loader, Options, Project, SourceFile};
use oal_ir::v1::FileDigest;
use oal_ir::{Ir, Leaf, NodeId};
use serde_json::Value;

use super::Trouble;
use crate::artifacts::Artifacts;
use crate::bundle::{Limits, Listed, Listing, Sources};
use crate::domain::job::{OalJob, OalResult};

/// Bytes of all OAL files of a project together.
const MOST_TEXT: u64 = 64 << 20;

/// Directories that tools fill; `oal check` does not look into them either.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// Checks and lowers the program of a bundle.
pub(super) fn check(artifacts: &Artifacts, job: &OalJob) -> Result<OalResult, Trouble> {
    let bundle = || artifacts.file(&job.source).map_err(Trouble::Artifacts);
    let sources = Sources::read(bundle()?, &Limits::PROJECT, MOST_TEXT, |path| path.ends_with(".oal"))
        .map_err(Trouble::Bundle)?;
    let mut files = Files::new(&sources);
    let root = match root(&mut files, job) {
        Ok(root) => root,
        Err(failure) => return Ok(OalResult::Rejected(failure)),
    };
    let project = Project::load(&root, &mut files);
    let params = job.params.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let checked = oal_check::check(&project, &Options { params, ..Options::default() });
    if let Some(failure) = refused(&checked, job) {
        return Ok(OalResult::Rejected(Box::new(failure)));
    }
    let lowered = oal_check::lower(&checked, &job.environment);
    let mut ir = lowered.map_err(|error| Trouble::Checker(format!("a program without errors: {error}")))?;
    // Only what is built or mounted needs a look at the rest of the bundle.
    let mut contexts = BTreeMap::new();
    if needs_files(&ir) {
        let listing = Listing::read(bundle()?, &Limits::PROJECT).map_err(Trouble::Bundle)?;
        if let Some(failure) = add_files(&mut ir, &listing) {
            return Ok(OalResult::Rejected(Box::new(failure)));
        }
        contexts = contexts_of(&ir, &listing);
    }
    let broken = |error: oal_ir::canonical::CanonicalError| Trouble::Checker(error.to_string());
    ir.seal().map_err(broken)?;
    let ir_artifact = artifacts.put(&ir.to_canonical().map_err(broken)?).map_err(Trouble::Artifacts)?;
    Ok(OalResult::Lowered { ir_digest: ir.digest, ir_artifact, contexts })
}

/// The OAL files of a bundle, each parsed once.
struct Files<'a> {
    sources: &'a Sources,
    parsed: BTreeMap<String, Arc<SourceFile>>,
}

impl<'a> Files<'a> {
    const fn new(sources: &'a Sources) -> Self {
        Self { sources, parsed: BTreeMap::new() }
    }

    fn paths(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let hidden = |path: &str| path.split('/').any(|step| step.starts_with('.') || SKIPPED.contains(&step));
        self.sources.files().map(|(path, _)| path).filter(move |path| !hidden(path))
    }
}

impl Loader for Files<'_> {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        if let Some(file) = self.parsed.get(path) {
            return Ok(Arc::clone(file));
        }
        let bytes = self.sources.get(path).ok_or(LoadError::NotFound)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(LoadError::TooLarge);
        }
        let file = Arc::new(SourceFile::from_bytes(path, bytes.to_vec()));
        self.parsed.insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn similar(&mut self, _: &str) -> Vec<String> {
        self.paths().map(str::to_owned).collect()
    }
}

/// The file that the program starts from: the one whose `app` has the name that is asked for; else the only one with an `app`,
/// whose name the check then speaks of; else the likeliest, for the check to say that it lacks one.
fn root(files: &mut Files<'_>, job: &OalJob) -> Result<String, Box<Failure>> {
    let mut roots: Vec<(String, String)> = Vec::new();
    let paths: Vec<&str> = files.paths().collect();
    for path in &paths {
        let Ok(file) = files.load(path) else { continue };
        if let Some(app) = file.app() {
            roots.push(((*path).to_owned(), app.to_owned()));
        }
    }
    let named: Vec<&str> = roots.iter().filter(|(_, app)| *app == job.app).map(|(path, _)| path.as_str()).collect();
    match (named.as_slice(), roots.as_slice()) {
        ([path], _) => Ok((*path).to_owned()),
        ([], [(path, _)]) => Ok(path.clone()),
        ([first, second, ..], _) => {
            let message = format!("`{first}` and `{second}` are both the program of `{}`", job.app);
            Err(Box::new(failure(message).help("deploy the directory that holds just one of them")))
        }
        ([], []) => {
            let likely = paths.iter().min_by_key(|path| {
                let name = path.rsplit('/').next().unwrap_or(path);
                (path.matches('/').count(), !matches!(name, "app.oal" | "main.oal"), **path)
            });
            likely.map(|path| (*path).to_owned()).ok_or_else(|| {
                let none = failure("there is no `.oal` file in what was sent".to_owned());
                Box::new(none.help("`oal init` writes a first program"))
            })
        }
        ([], roots) => {
            let apps: Vec<&str> = roots.iter().map(|(_, app)| app.as_str()).collect();
            let none = failure(format!("no program here is called `{}`", job.app));
            Err(Box::new(none.help(did_you_mean(&job.app, &apps))))
        }
    }
}

fn failure(message: String) -> Failure {
    Failure::new(FailureKind::Check, "checking", message)
}

/// What is close, and what there is.
fn did_you_mean(wrong: &str, known: &[&str]) -> String {
    let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    match closest(wrong, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? there are: {}", list.join(", ")),
        None => format!("there are: {}", list.join(", ")),
    }
}

/// Why the program is not deployed.
fn refused(checked: &Checked, job: &OalJob) -> Option<Failure> {
    if checked.has_errors() {
        return Some(findings(checked));
    }
    let app = checked.app_name().unwrap_or_default();
    if app != job.app {
        let help = format!("deploy it as `{app}`, or change the name in `app {app}`");
        return Some(failure(format!("the program is called `{app}`, not `{}`", job.app)).help(help));
    }
    let environments: Vec<&str> = checked.environments().collect();
    if !environments.contains(&job.environment.as_str()) {
        let message = format!("no environment of `{app}` is called `{}`", job.environment);
        return Some(failure(message).help(did_you_mean(&job.environment, &environments)));
    }
    None
}

/// What the check found, as data and as `oal check` prints it.
fn findings(checked: &Checked) -> Failure {
    let all = checked.diagnostics();
    let errors = all.iter().filter(|found| found.severity == oal_check::Severity::Error).count();
    let mut failure = failure(match errors {
        1 => "the program has an error".to_owned(),
        errors => format!("the program has {errors} errors"),
    });
    let json: Value = serde_json::from_str(&diagnostic::json(all, checked)).unwrap_or_default();
    failure.diagnostics = json.get("diagnostics").and_then(Value::as_array).cloned().unwrap_or_default();
    failure.rendered = Some(diagnostic::render(all, checked, Style::default()));
    failure.rendered_ansi = Some(diagnostic::render(all, checked, Style { color: true, ..Style::default() }));
    failure
}

fn needs_files(ir: &Ir) -> bool {
    let mut needs = false;
    ir.walk(|_, _, leaf| needs |= matches!(leaf, Leaf::Source(_)));
    needs
}

/// Adds the digests of the files that components mount, so that another content is another program. A file that is missing is
/// said at its place; directories, as build contexts are, are not files.
fn add_files(ir: &mut Ir, listing: &Listing) -> Option<Failure> {
    let (mut files, mut missing) = (BTreeMap::new(), None);
    ir.walk(|node, at, leaf| {
        let Leaf::Source(path) = leaf else { return };
        match listing.resolve(path).and_then(|path| listing.get(&path)) {
            Some(Listed::File { digest, size, .. }) => {
                files.insert(path.clone(), FileDigest { sha256: hex(digest), size: *size });
            }
            // What a secret is set from does not travel with the sources.
            _ if at.as_str().starts_with("/from/") || listing.context(path).is_some() => {}
            _ => {
                missing.get_or_insert_with(|| {
                    let message = format!("`{}` is not in what was sent", &**path);
                    let help = "see whether it is there, and whether `.gitignore` or `.dockerignore` keeps it back";
                    Failure::new(FailureKind::Check, "checking", message).of(node.clone()).at(at.clone()).help(help)
                });
            }
        }
    });
    ir.files = files;
    missing
}

/// For each component that is built, the digest of all its contexts.
fn contexts_of(ir: &Ir, listing: &Listing) -> BTreeMap<NodeId, String> {
    let digest = |path: &str| listing.context(path).map(|context| hex(&context.digest())).unwrap_or_default();
    let built = ir.components.iter().filter_map(|(node, component)| {
        let build = component.spec.workload()?.build.as_ref()?;
        let mut all = digest(&build.context);
        for (name, path) in &build.contexts {
            all.push_str(&format!("\n{name} {}", digest(path)));
        }
        Some((node.clone(), crate::artifacts::digest(all.as_bytes())))
    });
    built.collect()
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"))
}
