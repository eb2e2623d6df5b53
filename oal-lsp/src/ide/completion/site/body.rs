//! Declarations and what stands in their braces.

use super::{Keys, KeysOf, Read, Reader, Want};
use crate::ide::completion::tables::{self, Known, Type};
use oal_syntax::key;
use oal_syntax::token::{Token, TokenKind as K};

impl<'a> Reader<'a, '_> {
    /// One declaration. Takes one token at least.
    pub(super) fn item(&mut self) -> Read<()> {
        let Some(first) = self.next_token() else { return Ok(()) };
        self.pos += 1;
        match first.kind {
            K::Use => self.use_item(),
            K::App => {
                self.name()?;
                let ty = self.program.app_type.map(|ty| Type::new(self.program, ty));
                let ty = ty.or_else(|| tables::named_type(self.program, self.file, "App"));
                self.body(KeysOf::App(ty))
            }
            K::Environment => {
                self.name()?;
                self.body(KeysOf::Environment)
            }
            K::Param => self.typed_value(),
            K::Let => self.let_item(),
            K::Type => {
                self.define(self.next_token());
                self.name()?;
                self.peek(|_| Want::Words(&["="]))?;
                if self.take(K::Assign) { self.ty() } else { Ok(()) }
            }
            K::Assert => {
                self.expr(bool_type(self.program))?;
                self.peek(|_| Want::Nothing)?;
                if self.take(K::Comma) {
                    self.expr(None)?;
                }
                Ok(())
            }
            K::Allow => self.allow(),
            K::Extern => Ok(()),
            K::Kind => self.kind_item(),
            K::Name => self.component(first),
            _ => Ok(()),
        }
    }

    fn define(&mut self, name: Option<Token>) {
        self.site.defining = name.map(|name| self.text(name).to_owned());
    }

    /// A name that is declared: nothing can be listed for it.
    fn name(&mut self) -> Read<()> {
        let token = self.peek(|_| Want::Nothing)?;
        if matches!(token.kind, K::Name | K::Upper | K::Error) || token.kind.is_keyword() {
            self.pos += 1;
        }
        Ok(())
    }

    fn use_item(&mut self) -> Read<()> {
        let path = self.peek(|_| Want::UsePath)?;
        if path.kind != K::Text {
            return Ok(());
        }
        self.pos += 1;
        let path = oal_syntax::literal::text(self.text(path)).into_owned();
        self.peek(|_| Want::Words(&["{", "as"]))?;
        if self.take(K::As) {
            return self.name();
        }
        if !self.take(K::LBrace) {
            return Ok(());
        }
        let mut given = self.names_ahead();
        loop {
            let token = self.peek(|_| Want::UseName { path: path.clone(), given: given.clone() })?;
            self.pos += 1;
            match token.kind {
                K::RBrace => return Ok(()),
                K::As => self.name()?,
                K::Name | K::Upper => {
                    given.push(self.text(token).to_owned());
                    // On the same line only `as` or a comma may follow.
                }
                _ => {}
            }
        }
    }

    /// Names up to the closing brace behind the cursor.
    fn names_ahead(&self) -> Vec<String> {
        let behind = self.tokens.get(self.limit..).unwrap_or_default();
        let rest = behind.iter().skip_while(|token| token.span.start < self.site.word.end);
        rest.take_while(|token| token.kind != K::RBrace)
            .filter(|token| matches!(token.kind, K::Name | K::Upper))
            .map(|token| self.text(*token).to_owned())
            .collect()
    }

    /// `name: Type = value`, behind `param`, `field` and `output`.
    fn typed_value(&mut self) -> Read<()> {
        let key = self.peek(|_| Want::Nothing)?;
        if key.kind != K::Key {
            return self.name();
        }
        self.pos += 1;
        let name = self.text(key).to_owned();
        let outer = self.site.defining.replace(name.clone());
        let start = self.pos;
        self.ty()?;
        let written = self.written(start);
        // On the next line something else may stand.
        if self.next_token().is_none() && !self.ends_on_line() {
            return Ok(());
        }
        self.peek(|_| Want::Words(&["="]))?;
        if self.take(K::Assign) {
            let own = self.site.inside_kind.and_then(|kind| kind.field_type(&name));
            let known = own.or_else(|| self.lookup(&name).ty);
            let ty = known.or_else(|| tables::named_type(self.program, self.file, &written));
            self.expr(ty)?;
        }
        self.site.defining = outer;
        Ok(())
    }

    /// The text of the tokens from `start` up to here, a level with a blank behind it.
    fn written(&self, start: usize) -> String {
        let tokens = self.tokens.get(start..self.pos).unwrap_or_default();
        let mut text = String::new();
        for token in tokens {
            let word = self.text(*token);
            text.push_str(word);
            if matches!(word, "deploy" | "secret") && text.len() == word.len() && tokens.len() > 1 {
                text.push(' ');
            }
        }
        text
    }

    fn let_item(&mut self) -> Read<()> {
        let first = self.peek(|_| Want::Nothing)?;
        if first.kind == K::Key {
            return self.typed_value();
        }
        self.name()?;
        self.define(Some(first));
        self.peek(|_| Want::Words(&["="]))?;
        if self.take(K::Assign) {
            self.expr(None)?;
        }
        Ok(())
    }

    fn allow(&mut self) -> Read<()> {
        if !self.take(K::LParen) {
            return Ok(());
        }
        self.peek(|_| Want::Lint)?;
        while let Some(token) = self.next_token() {
            self.pos += 1;
            if token.kind == K::RParen {
                return Ok(());
            }
        }
        self.peek(|_| Want::Nothing).map(|_| ())
    }

    fn kind_item(&mut self) -> Read<()> {
        let name = self.peek(|_| Want::Nothing)?;
        let own = self.text(name).to_owned();
        self.define(Some(name));
        self.name()?;
        self.peek(|_| Want::Words(&["extends", "{"]))?;
        let mut base = None;
        if self.take(K::Extends) {
            let path = self.kind_path()?;
            base = tables::kind(self.program, self.file, &path);
        }
        let own = tables::kind(self.program, self.file, &own);
        self.site.inside_kind = own.or(base);
        self.site.component = own.or(base);
        self.body(KeysOf::Kind(base))
    }

    /// `web` or `lib.web`.
    fn kind_path(&mut self) -> Read<String> {
        let first = self.peek(|_| Want::KindName(None))?;
        let mut path = self.text(first).to_owned();
        self.pos += 1;
        if self.take(K::Dot) {
            let file = self.program.namespace(self.file, &path);
            let name = self.peek(|_| file.map_or(Want::Nothing, |file| Want::KindName(Some(file))))?;
            path = format!("{path}.{}", self.text(name));
            self.pos += 1;
        }
        Ok(path)
    }

    /// A component, the first word of which was read.
    fn component(&mut self, first: Token) -> Read<()> {
        let mut path = self.text(first).to_owned();
        if self.take(K::Dot) {
            let file = self.program.namespace(self.file, &path);
            let name = self.peek(|_| file.map_or(Want::Nothing, |file| Want::KindName(Some(file))))?;
            path = format!("{path}.{}", self.text(name));
            self.pos += 1;
        }
        let next = self.peek(|_| Want::Nothing)?;
        if !matches!(next.kind, K::Name | K::Upper | K::Error | K::LBrace) && !next.kind.is_keyword() {
            return Ok(());
        }
        let defined = self.site.defining.take();
        if next.kind != K::LBrace {
            self.define(Some(next));
            self.pos += 1;
        }
        let locals = self.site.locals.len();
        let head = self.peek(|_| Want::Guard)?;
        match head.kind {
            K::If => {
                self.pos += 1;
                self.expr(bool_type(self.program))?;
            }
            K::For => {
                self.pos += 1;
                self.loop_head()?;
            }
            _ => {}
        }
        let kind = tables::kind(self.program, self.file, &path);
        let outer = std::mem::replace(&mut self.site.component, kind);
        let ports = std::mem::take(&mut self.site.own_ports);
        let result = match kind {
            Some(kind) => self.body(KeysOf::Component(kind)),
            None => self.body(KeysOf::Object(None)),
        };
        if result.is_ok() {
            self.site.component = outer;
            self.site.own_ports = ports;
            self.site.defining = defined;
            self.site.locals.truncate(locals);
        }
        result
    }

    /// A body with its braces.
    fn body(&mut self, of: KeysOf<'a>) -> Read<()> {
        self.peek(|_| Want::Words(&["{"]))?;
        if !self.take(K::LBrace) {
            return Ok(());
        }
        self.deeper(|reader| reader.entries(of))
    }

    /// Keys of these braces that stand behind the cursor, at the depth of the cursor.
    pub(super) fn keys_ahead(&self) -> Vec<String> {
        let mut depth = 0usize;
        let mut found = Vec::new();
        let behind = self.tokens.get(self.limit..).unwrap_or_default();
        for token in behind.iter().skip_while(|token| token.span.start < self.site.word.end) {
            match token.kind {
                K::LBrace | K::LBracket | K::LParen | K::TextStart => depth += 1,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd if depth == 0 => break,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd => depth -= 1,
                K::Key if depth == 0 => found.push(key::text(self.text(*token)).into_owned()),
                _ => {}
            }
        }
        found
    }

    /// What stands between braces, the closing one included.
    pub(super) fn entries(&mut self, of: KeysOf<'a>) -> Read<()> {
        let mut given = self.keys_ahead();
        if matches!(of, KeysOf::Component(_) | KeysOf::Kind(_)) {
            self.site.own_ports.append(&mut self.ports_in_body());
        }
        loop {
            let token = self.peek(|_| Want::Keys(Keys { of, given: given.clone() }))?;
            self.pos += 1;
            match token.kind {
                K::RBrace => return Ok(()),
                K::Key => {
                    let written = self.text(token).to_owned();
                    given.push(key::text(&written).into_owned());
                    self.entry(of, &written)?;
                }
                K::Unset => self.unset(of)?,
                K::Field | K::Output => self.typed_value()?,
                K::Use
                | K::App
                | K::Environment
                | K::Param
                | K::Let
                | K::Type
                | K::Assert
                | K::Kind
                | K::Extern
                | K::Allow => {
                    self.pos -= 1;
                    self.item()?;
                }
                K::Name => match self.kind() {
                    Some(K::Dot | K::LBracket) => {
                        self.pos -= 1;
                        self.path(of, false)?;
                    }
                    Some(K::Name) => self.component(token)?,
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// Names of the ports in the body that was just opened, wherever in it they stand.
    fn ports_in_body(&self) -> Vec<String> {
        let mut depth = 0usize;
        let mut found = Vec::new();
        let mut inside = None;
        let mut tokens = self.tokens.get(self.pos..).unwrap_or_default().iter().peekable();
        while let Some(token) = tokens.next() {
            match token.kind {
                K::LBrace | K::LBracket | K::LParen | K::TextStart => depth += 1,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd if depth == 0 => break,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd => {
                    depth -= 1;
                    inside = inside.filter(|open| depth > *open);
                }
                K::Key if depth == 0 => {
                    let opens = tokens.peek().is_some_and(|next| next.kind == K::LBrace);
                    inside = (self.text(*token) == "ports" && opens).then_some(0);
                }
                K::Key if inside == Some(0) && depth == 1 => found.push(key::text(self.text(*token)).into_owned()),
                _ => {}
            }
        }
        found
    }

    /// The value of a key.
    fn entry(&mut self, of: KeysOf<'a>, written: &str) -> Read<()> {
        let ty = match of {
            KeysOf::Environment => {
                let mut steps = key::segments(written);
                let first = steps.next().map(|step| self.lookup(&step.text)).unwrap_or_default();
                steps.fold(first, |known, step| self.path_step(known, &step.text)).ty
            }
            _ => self.key_type(of, &key::text(written)),
        };
        self.expr(ty).map(|_| ())
    }

    /// One step of a path in an environment: parts, and keys that are not there yet.
    fn path_step(&self, known: Known<'a>, name: &str) -> Known<'a> {
        let found = tables::step(self.program, known, name);
        if found.ty.is_some() {
            return found;
        }
        // The instance of a repeated component.
        if known.def.is_some() && known.ty.and_then(Type::kind).is_some() {
            return known;
        }
        Known { ty: known.ty.and_then(Type::map_value), ..Known::default() }
    }

    fn key_type(&self, of: KeysOf<'a>, name: &str) -> Option<Type<'a>> {
        match of {
            KeysOf::Component(kind) => kind.field_type(name),
            KeysOf::Kind(base) => base.or(self.site.inside_kind).and_then(|kind| kind.field_type(name)),
            KeysOf::Object(ty) | KeysOf::App(ty) => {
                let ty = ty?;
                match ty.record() {
                    Some(fields) => fields.iter().find(|field| &*field.name == name).map(|field| ty.with(field.ty)),
                    None => ty.map_value(),
                }
            }
            KeysOf::Environment | KeysOf::New => None,
        }
    }

    fn unset(&mut self, of: KeysOf<'a>) -> Read<()> {
        self.peek(|_| Want::UnsetPath)?;
        self.path(of, true)
    }

    /// A path that is being written, its key not complete yet.
    fn path(&mut self, of: KeysOf<'a>, unset: bool) -> Read<()> {
        let Some(first) = self.next_token() else { return Ok(()) };
        self.pos += 1;
        let name = self.text(first).to_owned();
        let mut known = match of {
            KeysOf::Environment => self.lookup(&name),
            _ => Known { ty: self.key_type(of, &name), ..Known::default() },
        };
        loop {
            if self.take(K::Dot) {
                let step = self.peek(|_| Want::Path { known, unset })?;
                if !matches!(step.kind, K::Name | K::Upper) && !step.kind.is_keyword() {
                    return Ok(());
                }
                self.pos += 1;
                known = self.path_step(known, self.text(step));
            } else if self.take(K::LBracket) {
                self.peek(|_| Want::Index { of: known, key: None })?;
                self.pos += 1;
                self.take(K::RBracket);
                known = self.path_step(known, "");
            } else {
                return Ok(());
            }
        }
    }
}

pub(super) fn bool_type(program: &oal_check::program::Program) -> Option<Type<'_>> {
    Some(Type::new(program, oal_check::types::Ty::BOOL))
}
