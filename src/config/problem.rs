//! A problem in a settings file, and where it is.

use std::fmt;

/// One problem. Shown as `file:line:col: message`, the form that editors and CI logs turn into links.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// File, as the operator named it; `environment` for an environment variable.
    pub file: String,
    /// Line, from 1; 0 where the problem has no place in a file.
    pub line: usize,
    /// Column in characters, from 1; 0 where the problem has no place in a line.
    pub col: usize,
    /// What is wrong and what would be accepted. Never contains a secret's value.
    pub message: String,
}

impl Problem {
    /// A problem at a byte offset of a file's text.
    #[must_use]
    pub fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let (line, col) = position(text, offset);
        Self {
            file: file.to_owned(),
            line,
            col,
            message: message.into(),
        }
    }

    /// A problem without a place inside the file.
    #[must_use]
    pub fn whole(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            col: 0,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}:{}:{}: {}", self.file, self.line, self.col, self.message)
        }
    }
}

/// Line and column (both from 1, column in characters) of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    let col = before.get(line_start..).map_or(0, |l| l.chars().count()) + 1;
    (line, col)
}

/// The known word nearest to a mistyped one, if one is near enough to be meant.
#[must_use]
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), *k))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, k)| *distance <= 1.max(k.chars().count() / 3))
        .map(|(_, k)| k)
}
