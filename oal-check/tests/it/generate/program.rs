//! A whole program: what is declared, in which order, and how the files are put together.

use super::exprs::{indices, prec};
use super::model::Ty;
use super::{Choices, Draft, Generated, Maker, Place};

impl<'b> Maker<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self {
            c: Choices::new(bytes),
            serial: 0,
            fuel: 0,
            envs: Vec::new(),
            files: Vec::new(),
            known: Vec::new(),
            later: Vec::new(),
            components: Vec::new(),
            types: Vec::new(),
            kinds: Vec::new(),
            overrides: Vec::new(),
        }
    }

    pub(super) fn program(mut self) -> Generated {
        self.choose_environments();
        self.choose_files();
        let mut left = 60;
        while left > 0 && !self.c.is_empty() {
            left -= 1;
            match self.c.below(16) {
                0 | 1 => self.declare_type(),
                2 => self.declare_kind(),
                3 | 4 => self.declare_param(),
                5..=7 => self.declare_let(),
                8 => self.declare_later_let(),
                _ => self.declare_component(),
            }
        }
        self.state_what_is_known();
        self.finish()
    }

    fn choose_environments(&mut self) {
        let count = match self.c.below(8) {
            0 | 1 => 0,
            2 => 1,
            7 if self.c.once_in(4) => 64,
            7 => 5,
            _ => 3,
        };
        let names = ["dev", "staging", "prod", "eu", "test_1"];
        for at in 0..count {
            self.envs.push(names.get(at).map_or_else(|| format!("e{at}"), |name| (*name).to_owned()));
            self.overrides.push(Vec::new());
        }
        if count == 0 {
            self.envs.push("default".to_owned());
        }
    }

    fn choose_files(&mut self) {
        for at in 0..self.c.below(4) {
            let path = if self.c.once_in(2) { format!("lib{at}.oal") } else { format!("lib/part{at}.oal") };
            self.files.push(Draft { path, ..Draft::default() });
        }
        self.files.push(Draft { path: "app.oal".to_owned(), ..Draft::default() });
    }

    fn declare_param(&mut self) {
        let file = self.some_file();
        let at = self.top(file);
        let ty = self.ty(file, 0);
        let name = self.fresh(&["copies", "domain", "limit"]);
        let shown = self.type_text(&ty, at);
        let mut vals = self.values(&ty, at);
        let root = self.top(self.root());
        let path = if self.overrides.is_empty() { ".".to_owned() } else { self.refer(file, &name, root) };
        let can_be_set = !path.contains('.');
        let must_be_set = can_be_set && self.c.once_in(5);
        self.fuel = 10;
        let default = self.told(&vals, &ty, at);
        for env in 0..self.envs.len() {
            if can_be_set && (must_be_set || self.c.once_in(4)) {
                let place = root.within(1 << env);
                let new = self.values(&ty, place);
                self.fuel = 6;
                let code = self.told(&new, &ty, place);
                self.overrides[env].push(format!("{path}: {}\n", code.text));
                vals[env] = new[env].clone();
            }
        }
        let text = if must_be_set {
            format!("param {name}: {shown}\n")
        } else {
            format!("param {name}: {shown} = {}\n", default.text)
        };
        self.declare(file, text);
        let mask = self.everywhere();
        self.know(file, &name, String::new(), ty, vals, mask);
    }

    fn declare_let(&mut self) {
        let file = self.some_file();
        let at = self.top(file);
        let ty = self.ty(file, 0);
        let name = self.fresh(&["region", "count", "v"]);
        let vals = self.values(&ty, at);
        self.fuel = 20;
        let free = loosened(&ty).filter(|_| self.c.once_in(2));
        let free = free.and_then(|loose| Some((self.expr(&vals, &loose, Place { free: true, ..at })?, loose)));
        let (text, ty) = match free {
            Some((code, loose)) => (format!("let {name} = {}\n", code.text), loose),
            None => {
                let shown = self.type_text(&ty, at);
                let code = self.told(&vals, &ty, at);
                (format!("let {name}: {shown} = {}\n", code.text), ty)
            }
        };
        self.declare(file, text);
        let mask = self.everywhere();
        self.know(file, &name, String::new(), ty, vals, mask);
    }

    /// Asserts about what the generator knows: the checker must find out the same.
    fn state_what_is_known(&mut self) {
        for index in 0..self.known.len() {
            // Where the bytes have ended, all of it is stated.
            if !self.c.is_empty() && !self.c.once_in(2) {
                continue;
            }
            let known = self.known[index].clone();
            let file = if self.c.once_in(4) { known.file } else { self.root() };
            let at = Place { mask: known.mask, ..self.top(file) };
            self.fuel = 3;
            let value = self.told(&known.vals, &known.ty, Place { depth: 3, ..at });
            let value = self.operand(value, prec::COMPARE + 1);
            let name = format!("{}{}", self.refer(known.file, &known.root, at), known.rest);
            let mut text = format!("{name} == {value}");
            if at.mask != self.everywhere() {
                let names: Vec<&str> = indices(at.mask).map(|env| self.envs[env].as_str()).collect();
                text = format!("not (environment in [{}]) or {text}", names.join(", "));
            }
            let is_text = matches!(known.ty, Ty::Int | Ty::Bool | Ty::String) && at.mask == self.everywhere();
            let message =
                if is_text { format!("\"`{name}` is ${{{name}}}\"") } else { format!("\"`{name}` differs\"") };
            let message = message.replace("[\"", "[").replace("\"]", "]");
            let message = if message.contains('[') { "\"it differs\"".to_owned() } else { message };
            self.declare(file, format!("assert {text}, {message}\n"));
        }
    }

    fn finish(mut self) -> Generated {
        let root = self.root();
        // Whatever nobody uses belongs to the program all the same.
        for file in 0..root {
            let used = self.files.iter().any(|draft| {
                draft.uses.iter().any(|(other, names)| *other == file && !names.is_empty())
                    || draft.spaces.iter().any(|(other, _)| *other == file)
            });
            if !used {
                let space = self.fresh(&["unused"]);
                self.files[root].spaces.push((file, space));
            }
        }
        let edition = self.c.of(&["  edition: 1\n", "", "  owner: \"team\"\n"]).to_owned();
        let quota = self.c.of(&["", "  quota: { cpu: 100000, memory: 1000TiB, replicas: 1000000 }\n"]).to_owned();
        let networks = super::special::NETWORKS;
        self.declare(
            root,
            format!(
                "app shop {{\n{edition}{quota}  networks: {{ {}: {{}}, {}: {{ internal: true }} }}\n}}\n",
                networks[0], networks[1]
            ),
        );
        let mut blocks = Vec::new();
        for (env, mut body) in std::mem::take(&mut self.overrides).into_iter().enumerate() {
            self.c.shuffle(&mut body);
            let body: String = body.concat();
            blocks.push(format!("environment {} {{\n{body}}}\n", self.envs[env]));
        }
        // Environments keep their order, which findings follow.
        self.declare(root, blocks.concat());
        let (mut files, mut reordered) = (Vec::new(), Vec::new());
        for file in 0..self.files.len() {
            let uses = self.uses(file);
            let mut declarations = std::mem::take(&mut self.files[file].declarations);
            let doc = if self.c.once_in(3) { "//! What the file is for.\n\n" } else { "" };
            let gap = if self.c.once_in(3) { "" } else { "\n" };
            let path = self.files[file].path.clone();
            reordered.push((path.clone(), format!("{doc}{uses}\n{}", declarations.join(gap))));
            self.c.shuffle(&mut declarations);
            files.push((path, format!("{doc}{uses}\n{}", declarations.join(gap))));
        }
        files.reverse();
        reordered.reverse();
        Generated { files, reordered, environments: self.envs }
    }
}

/// The type that an expression has where nothing tells it, if the value can be written there.
fn loosened(ty: &Ty) -> Option<Ty> {
    Some(match ty {
        Ty::Refined(inner, _) => loosened(inner)?,
        Ty::Text(_) => Ty::String,
        Ty::Port => Ty::Int,
        Ty::List(inner) => Ty::list(loosened(inner)?),
        Ty::Bool | Ty::Int | Ty::Float | Ty::String | Ty::Duration | Ty::Size | Ty::Cpu | Ty::Percent => ty.clone(),
        _ => return None,
    })
}
