//! From TOML text to entries. Nothing is guessed and nothing is passed over: a wrong type, a missing or an unknown key
//! is a problem with its place, and reading goes on so that all of them are found.

use super::file::{At, Time};
use super::problem::{Lines, Pos, Problem, suggest};
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

mod entries;

pub(super) use entries::file;

/// What a file's text became.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// Entries whose required fields could be read.
    pub file: super::file::File,
    /// Problems found.
    pub problems: Vec<Problem>,
    /// Some entry is missing from `file`: references to it cannot be judged.
    pub lost: bool,
}

/// State while one file is read.
pub(super) struct Decoder<'t> {
    name: &'t str,
    lines: Lines<'t>,
    problems: Vec<Problem>,
    lost: bool,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl Decoder<'_> {
    fn at(&self, span: std::ops::Range<usize>) -> Pos {
        self.lines.pos(span.start)
    }

    fn problem(&mut self, at: Pos, message: impl Into<String>) {
        self.problems.push(Problem {
            file: self.name.to_owned(),
            at,
            message: message.into(),
        });
    }

    fn wrong_type(&mut self, key: &str, value: &Value<'_>, wanted: &str) {
        let at = self.at(value.span());
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date-time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.problem(at, format!("`{key}` must be {wanted}, not {found}"));
    }

    fn text(&mut self, key: &str, value: &Value<'_>) -> Option<At<String>> {
        let at = self.at(value.span());
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a string");
            return None;
        };
        if text.is_empty() {
            self.problem(at, format!("`{key}` is empty"));
            return None;
        }
        Some(At {
            at,
            value: text.to_owned(),
        })
    }

    /// A word of a fixed list; `words` spells the list for the message.
    fn word<T: DeserializeOwned>(&mut self, key: &str, value: &Value<'_>, words: &[&str]) -> Option<At<T>> {
        let text = self.text(key, value)?;
        let word = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(&text.value);
        if let Ok(word) = T::deserialize(word) {
            return Some(At {
                at: text.at,
                value: word,
            });
        }
        let hint = suggest(&text.value, words.iter().copied());
        self.problem(text.at, format!("`{key}` cannot be `{}`{hint}", text.value));
        None
    }

    fn number(&mut self, key: &str, value: &Value<'_>, range: std::ops::RangeInclusive<u32>) -> Option<At<u32>> {
        let at = self.at(value.span());
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, "an integer");
            return None;
        };
        let number = i128::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| range.contains(n));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.problem(at, format!("`{key}` must be {least} to {most}"));
        }
        number.map(|value| At { at, value })
    }

    fn flag(&mut self, key: &str, value: &Value<'_>) -> Option<At<bool>> {
        let at = self.at(value.span());
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        flag.map(|value| At { at, value })
    }

    fn time(&mut self, key: &str, value: &Value<'_>) -> Option<At<Time>> {
        let at = self.at(value.span());
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            _ => {
                self.wrong_type(key, value, "a date-time");
                return None;
            }
        };
        let Ok(time) = text.parse::<jiff::Timestamp>() else {
            self.problem(
                at,
                format!("`{key}` must be an RFC 3339 date-time with an offset, e.g. 2026-01-31T09:00:00+09:00"),
            );
            return None;
        };
        Some(At {
            at,
            value: Time(time.as_millisecond()),
        })
    }

    /// Items of an array; an item that cannot be read is a problem and left out.
    fn items<T>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        mut item: impl FnMut(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<At<Vec<T>>> {
        let at = self.at(value.span());
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "an array");
            return None;
        };
        if array.is_empty() {
            self.problem(at, format!("`{key}` is empty"));
            return None;
        }
        let mut value: Vec<T> = array.iter().filter_map(|value| item(self, value)).collect();
        // Kept as long as the file is: with one channel a piece, room for three more would be most of it.
        value.shrink_to_fit();
        Some(At { at, value })
    }
}

/// The keys of one table. Every key asked for becomes a known key; [`Fields::finish`] refuses all others.
struct Fields<'d, 'v, 't> {
    decoder: &'d mut Decoder<'t>,
    table: &'v DeTable<'v>,
    at: Pos,
    what: &'static str,
    known: Vec<&'static str>,
}

impl<'d, 'v, 't> Fields<'d, 'v, 't> {
    /// `None` (and a problem) if the value is not a table.
    fn open(decoder: &'d mut Decoder<'t>, what: &'static str, value: &'v Value<'v>) -> Option<Self> {
        let at = decoder.at(value.span());
        let Some(table) = value.get_ref().as_table() else {
            decoder.wrong_type(what, value, "a table");
            return None;
        };
        Some(Self {
            decoder,
            table,
            at,
            what,
            known: Vec::new(),
        })
    }

    fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Decoder<'t>, &Value<'v>) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        let value = self.table.get(key)?;
        read(self.decoder, value)
    }

    fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Decoder<'t>, &Value<'v>) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        if let Some(value) = self.table.get(key) {
            return read(self.decoder, value);
        }
        let message = format!("{} lacks `{key}`", self.what);
        self.decoder.problem(self.at, message);
        None
    }

    fn text(&mut self, key: &'static str) -> Option<At<String>> {
        self.required(key, |d, v| d.text(key, v))
    }

    fn finish(self) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let hint = suggest(name, self.known.iter().copied());
            let at = self.decoder.at(key.span());
            self.decoder
                .problem(at, format!("unknown key `{name}` in {}{hint}", self.what));
        }
    }
}
