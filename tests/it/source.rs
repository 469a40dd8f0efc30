//! Reading the project's own source: files, and text without comments, literals and test code.

use std::path::{Path, PathBuf};

/// Root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a directory of the project, sorted; build output and installed packages left out.
pub fn files(under: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&root().join(under), &mut found);
    found.sort();
    found
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if matches!(
            name.as_str(),
            "node_modules" | "target" | "venv" | "__pycache__" | ".git"
        ) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Path as a reader of the project knows it.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Whether a file of `src` holds only test code.
pub fn is_test(path: &Path) -> bool {
    let in_tests = path.components().any(|c| c.as_os_str() == "tests");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    in_tests || stem == "tests" || stem.ends_with("_tests")
}

/// Rust text with comments and the insides of literals blanked out, and `#[cfg(test)]` items cut. Lines are kept.
pub fn code(text: &str) -> String {
    without_tests(&without_literals(text))
}

fn without_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match (at(i), at(i + 1)) {
            ('/', '/') => line_end(&chars, i),
            ('/', '*') => block_comment_end(&chars, i),
            ('"', _) => string_end(&chars, i),
            ('r', '"' | '#') if !is_word(at(i.wrapping_sub(1))) && raw_hashes(&chars, i).is_some() => {
                raw_string_end(&chars, i, raw_hashes(&chars, i).unwrap_or(0))
            }
            // A character literal, not a lifetime.
            ('\'', c) if c == '\\' || at(i + 2) == '\'' => char_end(&chars, i),
            _ => {
                out.push(at(i));
                i += 1;
                continue;
            }
        };
        out.extend(
            chars
                .get(i..end)
                .unwrap_or_default()
                .iter()
                .map(|c| if *c == '\n' { '\n' } else { ' ' }),
        );
        i = end;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], from: usize) -> usize {
    (from..chars.len())
        .find(|i| chars.get(*i) == Some(&'\n'))
        .unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut i = from;
    while i < chars.len() {
        match (chars.get(i), chars.get(i + 1)) {
            (Some('/'), Some('*')) => (depth, i) = (depth + 1, i + 2),
            (Some('*'), Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while i < chars.len() {
        match chars.get(i) {
            Some('\\') => i += 2,
            Some('"') => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

fn char_end(chars: &[char], from: usize) -> usize {
    let body = if chars.get(from + 1) == Some(&'\\') {
        from + 3
    } else {
        from + 2
    };
    (body..chars.len())
        .find(|i| chars.get(*i) == Some(&'\''))
        .map_or(chars.len(), |i| i + 1)
}

/// Number of `#` of the raw string that begins here, if one does.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars.iter().skip(from + 1).take_while(|c| **c == '#').count();
    (chars.get(from + 1 + hashes) == Some(&'"')).then_some(hashes)
}

fn raw_string_end(chars: &[char], from: usize, hashes: usize) -> usize {
    let close: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let close: Vec<char> = close.chars().collect();
    let body = from + hashes + 2;
    (body..chars.len())
        .find(|i| chars.get(*i..*i + close.len()) == Some(close.as_slice()))
        .map_or(chars.len(), |i| i + close.len())
}

pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, item) = rest.split_at(at);
        out.push_str(before);
        let end = item_end(item);
        out.extend(item[..end].chars().filter(|c| *c == '\n'));
        rest = &item[end..];
    }
    out.push_str(rest);
    out
}

/// End of the item at the start of a text: its `;` or its closing brace.
fn item_end(item: &str) -> usize {
    let mut depth = 0;
    for (i, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return i + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return i + 1,
            _ => {}
        }
    }
    item.len()
}

#[test]
fn reads_code_only() {
    let text = "use a; // crate::x\nlet s = \"crate::y \\\" \"; let r = r#\"crate::z\"#; let c = '\"'; fn f<'a>() {}\n\
                /* crate::q /* n */ */\n#[cfg(test)]\nmod tests {\n  use crate::t;\n}\nuse b;\n#[cfg(test)]\nmod t;\nuse c;";
    let read = code(text);
    for gone in ["crate::", "mod t"] {
        assert!(!read.contains(gone), "{gone} in {read}");
    }
    for kept in ["use a;", "use b;", "use c;", "fn f<'a>() {}"] {
        assert!(read.contains(kept), "{kept} not in {read}");
    }
    assert_eq!(read.lines().count(), text.lines().count());
}
