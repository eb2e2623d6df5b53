//! Values: what each place in them takes, and what they are as far as it is known.

use super::body::bool_type;
use super::{Behind, KeysOf, Read, Reader, Want};
use crate::ide::completion::tables::{self, Known, Type};
use oal_check::types::Ty;
use oal_syntax::literal::{self, Number};
use oal_syntax::token::TokenKind as K;

impl<'a> Reader<'a, '_> {
    /// A value where one of a type is wanted.
    pub(super) fn expr(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        self.deeper(|reader| reader.chain(expected))
    }

    fn chain(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        let first = self.operand(expected)?;
        let (mut left, mut result) = (first.ty, first);
        while let Some(operator) = self.kind() {
            let wanted = match operator {
                K::Equal | K::NotEqual | K::Less | K::LessEqual | K::Greater | K::GreaterEqual => left,
                K::In => left.map(|ty| Type { list: true, ..ty }),
                K::And | K::Or => bool_type(self.program),
                K::Coalesce => left.or(expected),
                K::Plus | K::Minus | K::Star | K::Slash | K::Percent => {
                    if matches!(operator, K::Star | K::Slash) {
                        expected
                    } else {
                        left.or(expected)
                    }
                }
                K::Range | K::RangeInclusive => Some(Type::new(self.program, Ty::INT)),
                _ => return Ok(result),
            };
            self.pos += 1;
            let right = self.operand(wanted)?;
            match operator {
                K::And | K::Or => left = right.ty,
                K::Equal | K::NotEqual | K::Less | K::LessEqual | K::Greater | K::GreaterEqual | K::In => {
                    result = Known { ty: bool_type(self.program), ..Known::default() };
                }
                _ => result = Known { ty: left.or(right.ty), ..Known::default() },
            }
        }
        if self.ends_on_line() {
            self.site.behind = Some(Behind::Value);
        }
        Ok(result)
    }

    fn operand(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        let token = self.peek(|_| Want::Value(expected))?;
        let known = match token.kind {
            K::Not | K::Minus => {
                self.pos += 1;
                let wanted = if token.kind == K::Not { bool_type(self.program) } else { expected };
                return self.deeper(|reader| reader.operand(wanted));
            }
            K::If => return self.if_value(expected),
            K::Match => self.match_value(expected)?,
            K::True | K::False => {
                self.pos += 1;
                self.of(Ty::BOOL)
            }
            K::Null => {
                self.pos += 1;
                Known::default()
            }
            K::Environment => {
                self.pos += 1;
                self.of(Ty::ENVIRONMENT)
            }
            K::Int | K::Number => {
                self.pos += 1;
                self.of(match literal::number(self.text(token)) {
                    Ok(Number::Int(_)) | Err(_) => Ty::INT,
                    Ok(Number::Float(_)) => Ty::FLOAT,
                    Ok(Number::Duration(_)) => Ty::DURATION,
                    Ok(Number::Size(_)) => Ty::SIZE,
                    Ok(Number::Cpu(_)) => Ty::CPU,
                    Ok(Number::Percent(_)) => Ty::PERCENT,
                })
            }
            K::Text => {
                self.pos += 1;
                self.of(Ty::STRING)
            }
            K::TextStart => {
                loop {
                    self.pos += 1;
                    self.expr(Some(Type::hole(self.program)))?;
                    self.peek(|_| Want::Nothing)?;
                    if self.kind() != Some(K::TextMiddle) {
                        break;
                    }
                }
                self.take(K::TextEnd);
                self.of(Ty::STRING)
            }
            K::LBracket => self.list(expected)?,
            K::LBrace => self.object(expected)?,
            K::LParen => {
                self.pos += 1;
                let inner = self.expr(expected)?;
                self.peek(|_| Want::Nothing)?;
                self.take(K::RParen);
                inner
            }
            K::Name | K::Upper | K::Error => {
                self.pos += 1;
                let name = self.text(token).to_owned();
                if self.kind() == Some(K::LParen) { self.call(&name, expected)? } else { self.bare(&name, expected) }
            }
            _ => return Ok(Known::default()),
        };
        self.steps(known, expected)
    }

    fn of(&self, ty: Ty) -> Known<'a> {
        Known { ty: Some(Type::new(self.program, ty)), ..Known::default() }
    }

    /// A bare name: a variant where one is wanted, else what it is in scope.
    fn bare(&self, name: &str, expected: Option<Type<'a>>) -> Known<'a> {
        let variant = expected
            .filter(|ty| ty.variants().is_some_and(|variants| variants.iter().any(|variant| &*variant.name == name)));
        if variant.is_some() { Known { ty: variant, ..Known::default() } } else { self.lookup(name) }
    }

    /// `.name`, `?.name` and `[index]` behind a value.
    fn steps(&mut self, mut known: Known<'a>, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        loop {
            match self.kind() {
                Some(K::Dot | K::QuestionDot) => {
                    self.pos += 1;
                    let step = self.peek(|_| Want::Part { known, expected })?;
                    if !matches!(step.kind, K::Name | K::Upper) && !step.kind.is_keyword() {
                        return Ok(Known::default());
                    }
                    self.pos += 1;
                    let name = self.text(step).to_owned();
                    if known.namespace.is_some() && self.kind() == Some(K::LParen) {
                        return Ok(Known::default());
                    }
                    known = tables::step(self.program, known, &name);
                }
                Some(K::LBracket) => {
                    let token = self.next_token().map_or(0, |token| token.span.start);
                    let before = self.pos.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |t| t.span.end);
                    // A list on a new line is no index.
                    if self.source.get(before as usize..token as usize).is_some_and(|gap| gap.contains('\n')) {
                        return Ok(known);
                    }
                    self.pos += 1;
                    let key = known.ty.and_then(Type::map_key);
                    self.peek(|_| Want::Index { of: known, key: Some(key) })?;
                    self.expr(key)?;
                    self.peek(|_| Want::Nothing)?;
                    self.take(K::RBracket);
                    let inner = known.ty.and_then(|ty| ty.element().or_else(|| ty.map_value()));
                    // One of the instances of a repeated component is like all of them.
                    known = if known.def.is_some() && inner.is_none() {
                        known
                    } else {
                        Known { ty: inner, ..Known::default() }
                    };
                }
                _ => return Ok(known),
            }
        }
    }

    fn if_value(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        self.pos += 1;
        self.expr(bool_type(self.program))?;
        self.peek(|_| Want::Words(&["then", "and", "or"]))?;
        if !self.take(K::Then) {
            return Ok(Known::default());
        }
        let then = self.expr(expected)?;
        self.peek(|_| Want::Words(&["else"]))?;
        if !self.take(K::Else) {
            return Ok(Known::default());
        }
        let otherwise = self.expr(expected)?;
        Ok(Known { ty: then.ty.or(otherwise.ty), ..Known::default() })
    }

    fn match_value(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        self.pos += 1;
        let subject = self.expr(None)?.ty;
        self.peek(|_| Want::Words(&["{"]))?;
        if !self.take(K::LBrace) {
            return Ok(Known::default());
        }
        let mut given = self.patterns_ahead();
        let mut result = Known::default();
        loop {
            let token = self.peek(|_| Want::Pattern { subject, given: given.clone() })?;
            self.pos += 1;
            match token.kind {
                K::RBrace => return Ok(result),
                K::Comma => continue,
                _ => {}
            }
            let name = self.text(token).to_owned();
            given.push(name.clone());
            let locals = self.site.locals.len();
            if self.take(K::LParen) {
                self.bindings(subject, &name)?;
            }
            self.peek(|_| Want::Words(&["=>"]))?;
            if self.take(K::Arrow) {
                result = self.expr(expected)?;
            }
            self.site.locals.truncate(locals);
        }
    }

    /// The names behind a variant in a pattern.
    fn bindings(&mut self, subject: Option<Type<'a>>, variant: &str) -> Read<()> {
        let variants = subject.and_then(Type::variants).unwrap_or_default();
        let fields = variants.iter().find(|known| *known.name == *variant).map(|found| found.fields.as_slice());
        let mut at = 0;
        loop {
            let token = self.peek(|_| Want::Nothing)?;
            self.pos += 1;
            match token.kind {
                K::RParen => return Ok(()),
                K::Comma => {}
                _ => {
                    let field = fields.and_then(|fields| fields.get(at));
                    let ty = field.and_then(|field| subject.map(|subject| subject.with(field.ty)));
                    let name = self.text(token).to_owned();
                    self.site.locals.push((name, Known { ty, ..Known::default() }));
                    at += 1;
                }
            }
        }
    }

    /// Patterns behind the cursor, up to the closing brace.
    fn patterns_ahead(&self) -> Vec<String> {
        let mut depth = 0usize;
        let mut found = Vec::new();
        let mut before = None;
        let behind = self.tokens.get(self.limit..).unwrap_or_default();
        for token in behind.iter().skip_while(|token| token.span.start < self.site.word.end) {
            match token.kind {
                K::LBrace | K::LBracket | K::LParen | K::TextStart => depth += 1,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd if depth == 0 => break,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd => depth -= 1,
                K::Arrow if depth == 0 => found.extend(before.take()),
                _ if depth == 0 => before = Some(self.text(*token).to_owned()),
                _ => {}
            }
        }
        found
    }

    /// Where the bracket that was just opened holds a comprehension: reads its loop, wherever it stands, so that its names are known.
    fn loop_ahead(&mut self) {
        let mut depth = 0usize;
        let mut at = self.pos;
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                K::LBrace | K::LBracket | K::LParen | K::TextStart => depth += 1,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd if depth == 0 => return,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd => depth -= 1,
                K::For if depth == 0 => break,
                // Directly behind a dot without a name the lexer takes it for one.
                K::Name if depth == 0 && at == self.limit && self.text(*token) == "for" => break,
                _ => {}
            }
            at += 1;
        }
        // The cursor may be in the loop itself; then its head is read when its turn comes.
        if at >= self.tokens.len() || at < self.limit {
            if at < self.limit {
                self.read_loop_at(at, self.limit);
            }
            return;
        }
        self.read_loop_at(at, self.tokens.len());
    }

    /// Reads a loop's head aside; what it wants does not count.
    fn read_loop_at(&mut self, at: usize, limit: usize) {
        let (pos, old) = (self.pos, self.limit);
        let want = std::mem::replace(&mut self.site.want, Want::Nothing);
        let (call, behind, depth) = (self.site.call.take(), self.site.behind, self.depth);
        (self.pos, self.limit) = (at + 1, limit);
        let _ = self.loop_head();
        (self.pos, self.limit, self.depth) = (pos, old, depth);
        self.site.want = want;
        (self.site.call, self.site.behind) = (call, behind);
    }

    /// `x in xs`, behind `for`; the names are in scope from here on.
    pub(super) fn loop_head(&mut self) -> Read<()> {
        let mut names = Vec::new();
        loop {
            let token = self.peek(|_| if names.is_empty() { Want::Nothing } else { Want::Words(&["in"]) })?;
            match token.kind {
                K::In => break,
                K::Name => names.push(self.text(token).to_owned()),
                K::Comma => {}
                _ => return Ok(()),
            }
            self.pos += 1;
        }
        self.pos += 1;
        let over = self.expr(None)?;
        let element = over.ty.and_then(Type::element);
        let (key, value) = (over.ty.and_then(Type::map_key), over.ty.and_then(Type::map_value));
        let types = match (names.len(), key.is_some()) {
            (2, true) => [key, value],
            (2, false) => [Some(Type::new(self.program, Ty::INT)), element],
            (_, true) => [key, None],
            _ => [element, None],
        };
        for (name, ty) in names.into_iter().zip(types) {
            self.site.locals.push((name, Known { ty, ..Known::default() }));
        }
        Ok(())
    }

    fn list(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        self.pos += 1;
        let element = expected.and_then(Type::element);
        let locals = self.site.locals.len();
        self.loop_ahead();
        let mut first = None;
        loop {
            let token = self.peek(|_| Want::Value(element))?;
            match token.kind {
                K::RBracket => {
                    self.pos += 1;
                    break;
                }
                K::Comma => self.pos += 1,
                K::For => {
                    self.pos += 1;
                    self.loop_head()?;
                }
                K::If => {
                    self.pos += 1;
                    self.expr(bool_type(self.program))?;
                    // An element of a list may start with `if`, too.
                    if self.take(K::Then) {
                        self.expr(element)?;
                        if self.take(K::Else) {
                            self.expr(element)?;
                        }
                    }
                }
                K::RBrace | K::RParen | K::Key => break,
                _ => {
                    let before = self.pos;
                    let known = self.expr(element)?;
                    first = first.or(known.ty);
                    if self.pos == before {
                        self.pos += 1;
                    }
                }
            }
        }
        self.site.locals.truncate(locals);
        let ty = expected.filter(|ty| ty.element().is_some()).or(first.map(|ty| Type { list: true, ..ty }));
        Ok(Known { ty, ..Known::default() })
    }

    fn object(&mut self, expected: Option<Type<'a>>) -> Read<Known<'a>> {
        self.pos += 1;
        let locals = self.site.locals.len();
        self.loop_ahead();
        // `{ key => value for … }`
        if !matches!(self.kind(), Some(K::Key | K::RBrace | K::Comma)) && self.arrow_ahead() {
            self.expr(expected.and_then(Type::map_key))?;
            self.peek(|_| Want::Words(&["=>"]))?;
            if self.take(K::Arrow) {
                self.expr(expected.and_then(Type::map_value))?;
            }
            self.peek(|_| Want::Words(&["for"]))?;
            if self.take(K::For) {
                self.loop_head()?;
            }
            if self.take(K::If) {
                self.expr(bool_type(self.program))?;
            }
            self.peek(|_| Want::Words(&["if"]))?;
            self.take(K::RBrace);
        } else {
            let outer = (self.site.component, std::mem::take(&mut self.site.own_ports));
            self.site.own_ports.clone_from(&outer.1);
            self.deeper(|reader| reader.entries(KeysOf::Object(expected)))?;
            (self.site.component, self.site.own_ports) = outer;
        }
        self.site.locals.truncate(locals);
        Ok(Known { ty: expected, ..Known::default() })
    }

    fn arrow_ahead(&self) -> bool {
        let mut depth = 0usize;
        for token in self.tokens.get(self.pos..).unwrap_or_default() {
            match token.kind {
                K::LBrace | K::LBracket | K::LParen | K::TextStart => depth += 1,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd if depth == 0 => return false,
                K::RBrace | K::RBracket | K::RParen | K::TextEnd => depth -= 1,
                K::Arrow if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }
}
