//! What is wrong with the settings and where: `file:line:col: message`, all of it at once.

use std::fmt;

/// Most problems kept; a broken generator must not fill the log or the status page.
const KEPT_MAX: usize = 1_000;

/// A place in a file. Line 0 means the file or directory as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
}

impl Pos {
    /// The place in the file of a place in a piece that begins after `base` lines.
    pub(super) fn below(self, base: u32) -> Self {
        if self.line == 0 {
            return self;
        }
        Self {
            line: self.line.saturating_add(base),
            ..self
        }
    }
}

/// One problem. Displays as `file:line:col: message`; the message names the field and the fix, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File (or directory), as the operator wrote the directory.
    pub file: String,
    /// Place.
    pub at: Pos,
    /// What is wrong and what would be accepted.
    pub message: String,
}

impl Problem {
    /// A problem of a file or directory as a whole.
    pub(super) fn whole(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            at: Pos::default(),
            message: message.into(),
        }
    }
}

impl Problem {
    /// The same problem of a piece that begins after `base` lines.
    pub(super) fn below(&self, base: u32) -> Self {
        Self {
            at: self.at.below(base),
            ..self.clone()
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, at, message } = self;
        if at.line == 0 {
            return write!(f, "{file}: {message}");
        }
        write!(f, "{file}:{}:{}: {message}", at.line, at.col)
    }
}

impl serde::Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All problems of one load, in file order; never empty when it is an error. Displays one per line, serialises as a
/// list of strings.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Sorts by place and cuts at a limit, saying so.
    pub(super) fn new(mut all: Vec<Problem>) -> Self {
        all.sort();
        all.dedup();
        let more = all.len().saturating_sub(KEPT_MAX);
        if more > 0 {
            all.truncate(KEPT_MAX);
            all.push(Problem::whole("…", format!("{more} further problems are not listed")));
        }
        Self(all)
    }

    /// The problems, sorted by file and place.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Turns byte offsets into lines and columns.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, b)| *b == b'\n')
                    .map(|(i, _)| i + 1),
            )
            .collect();
        Self { text, starts }
    }

    pub(super) fn pos(&self, offset: usize) -> Pos {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        // An offset inside a character (never made by the parser) counts as the character's own column.
        let col = self.text.get(start..).map_or(0, |rest| {
            rest.char_indices().take_while(|(i, _)| start + i < offset).count()
        });
        Pos {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            col: u32::try_from(col + 1).unwrap_or(u32::MAX),
        }
    }
}

/// The word of a list nearest to what was written, if it is near enough to be a slip.
pub(super) fn nearest<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let plain = |word: &str| word.to_ascii_lowercase().replace(['_', '-', ' '], "");
    let written = plain(written);
    words
        .into_iter()
        .map(|word| (strsim::normalized_damerau_levenshtein(&written, &plain(word)), word))
        .filter(|(likeness, _)| *likeness >= 0.55)
        // The same suggestion every time, whatever order a map lists its keys in.
        .max_by(|(a, first), (b, second)| a.total_cmp(b).then_with(|| second.cmp(first)))
        .map(|(_, word)| word)
}

/// ``, did you mean `x`?`` or `; known: a, b, c`, to end a message about an unknown word.
pub(super) fn suggest<'w>(written: &str, words: impl IntoIterator<Item = &'w str> + Clone) -> String {
    if let Some(word) = nearest(written, words.clone()) {
        return format!(", did you mean `{word}`?");
    }
    let words: Vec<&str> = words.into_iter().take(20).collect();
    if words.is_empty() {
        return String::new();
    }
    format!("; known: {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let lines = Lines::new("a\n나루 = 1\n\nx");
        let at = |offset| {
            let pos = lines.pos(offset);
            (pos.line, pos.col)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (2, 1));
        assert_eq!(at(2 + 7), (2, 4));
        assert_eq!(at(13), (3, 1));
        assert_eq!(at(14), (4, 1));
        assert_eq!(at(999), (4, 2));
    }

    #[test]
    fn suggests_only_what_is_near() {
        let words = ["secretKey", "clientKey", "mid"];
        assert_eq!(nearest("secret_key", words), Some("secretKey"));
        assert_eq!(nearest("clientKye", words), Some("clientKey"));
        assert_eq!(nearest("timeout", words), None);
        assert_eq!(suggest("timeout", words), "; known: secretKey, clientKey, mid");
    }

    #[test]
    fn cuts_a_flood_and_says_so() {
        let all = (0..1_500)
            .map(|i| Problem::whole(format!("{i:04}.toml"), "bad"))
            .collect();
        let problems = Problems::new(all);
        assert_eq!(problems.list().len(), 1_001);
        assert!(problems.to_string().ends_with("500 further problems are not listed"));
    }
}
