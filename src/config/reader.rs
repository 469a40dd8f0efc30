//! Reads a TOML table key by key, keeps the place of everything, and collects every problem instead of the first.

use super::Problem;
use super::problem::nearest;
use std::cell::RefCell;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file being read.
#[derive(Debug)]
pub(super) struct Source<'t> {
    /// File name as shown in problems.
    pub file: &'t str,
    /// Its text.
    pub text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Source<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            problems: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn report(&self, at: &Range<usize>, message: impl Into<String>) {
        let problem = Problem::at(self.file, self.text, at.start, message);
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort();
        problems
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located<T> {
    pub value: T,
    pub at: Range<usize>,
}

/// A table being read. [`Table::finish`] refuses whatever was not asked for.
pub(super) struct Table<'s, 't> {
    source: &'s Source<'t>,
    path: String,
    entries: Option<&'s DeTable<'s>>,
    at: Range<usize>,
    known: RefCell<Vec<&'static str>>,
}

impl<'s, 't> Table<'s, 't> {
    pub(super) fn root(source: &'s Source<'t>, table: &'s Spanned<DeTable<'s>>) -> Self {
        Self {
            source,
            path: String::new(),
            entries: Some(table.get_ref()),
            at: 0..0,
            known: RefCell::default(),
        }
    }

    /// Whether the table stands in the file (an absent one reads as empty).
    pub(super) fn present(&self) -> bool {
        self.entries.is_some()
    }

    /// Where the table stands.
    pub(super) fn at(&self) -> &Range<usize> {
        &self.at
    }

    /// Dotted name of a key of this table.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn take(&self, key: &'static str) -> Option<&'s Spanned<DeValue<'s>>> {
        self.known.borrow_mut().push(key);
        let entries = self.entries?;
        entries
            .iter()
            .find(|(k, _)| k.get_ref().as_ref() == key)
            .map(|(_, v)| v)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = value.get_ref().type_str();
        let message = format!("{}: expected {expected}, found {found}", self.name(key));
        self.source.report(&value.span(), message);
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.take(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Located {
                value: text.clone().into_owned(),
                at: value.span(),
            }),
            _ => {
                self.wrong(key, value, "a string");
                None
            }
        }
    }

    pub(super) fn texts(&self, key: &'static str) -> Vec<Located<String>> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value, "a list of strings");
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => found.push(Located {
                    value: text.clone().into_owned(),
                    at: item.span(),
                }),
                _ => self.wrong(key, item, "a string"),
            }
        }
        found
    }

    /// An integer within inclusive bounds.
    pub(super) fn integer(&self, key: &'static str, least: u64, most: u64) -> Option<u64> {
        let value = self.take(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong(key, value, "an integer");
            return None;
        };
        let parsed = u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
        match parsed.filter(|n| (least..=most).contains(n)) {
            Some(n) => Some(n),
            None => {
                let message = format!("{}: must be between {least} and {most}", self.name(key));
                self.source.report(&value.span(), message);
                None
            }
        }
    }

    pub(super) fn table(&self, key: &'static str) -> Table<'s, 't> {
        let value = self.take(key);
        let entries = value.and_then(|v| match v.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.wrong(key, v, "a table");
                None
            }
        });
        Table {
            source: self.source,
            path: self.name(key),
            entries,
            at: value.map_or(0..0, Spanned::span),
            known: RefCell::default(),
        }
    }

    /// Reports a problem with a value of this table.
    pub(super) fn report(&self, key: &str, at: &Range<usize>, message: &str) {
        self.source.report(at, format!("{}: {message}", self.name(key)));
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for (key, _) in self.entries.into_iter().flatten() {
            let word = key.get_ref().as_ref();
            if known.contains(&word) {
                continue;
            }
            let hint = match nearest(word, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys: {}", known.join(", ")),
            };
            let message = format!("unknown key `{}`; {hint}", self.name(word));
            self.source.report(&key.span(), message);
        }
    }
}
