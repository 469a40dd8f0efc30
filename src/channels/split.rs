//! Cutting a file into its entries, so that one changed channel in a file of ten thousand is one parse of one channel.
//!
//! A cut is made only where it cannot change the meaning: before a line that is `[[store]]`, `[[channel]]` or
//! `[[group]]` and nothing else but a comment. Such a line can stand in valid TOML as a header or inside a multi-line
//! string, so a file with `"""` or `'''` is left whole; and so is one where an entry is followed by a sub-table of
//! another kind, which would belong to an earlier entry.

const KINDS: [&str; 3] = ["store", "channel", "group"];

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    /// Lines before it.
    pub base: u32,
    pub text: &'t str,
}

/// Cuts a file; the pieces together are the file.
pub(super) fn split(text: &str) -> Vec<Piece<'_>> {
    let whole = || vec![Piece { base: 0, text }];
    if text.contains("\"\"\"") || text.contains("'''") {
        return whole();
    }
    let mut cuts: Vec<(u32, usize)> = vec![(0, 0)];
    let mut kind = "";
    let mut offset = 0;
    for (base, line) in (0_u32..).zip(text.split_inclusive('\n')) {
        let start = line.trim_start();
        if let Some(header) = entry_header(start) {
            kind = header;
            cuts.push((base, offset));
        } else if start.starts_with('[') && first_word(start) != kind {
            return whole();
        }
        offset += line.len();
    }
    let ends = cuts.iter().skip(1).map(|(_, start)| *start).chain([text.len()]);
    cuts.iter()
        .zip(ends)
        .filter_map(|((base, start), end)| text.get(*start..end).map(|text| Piece { base: *base, text }))
        // Blank lines above the first entry say nothing; a file of nothing else is a piece all the same.
        .filter(|piece| cuts.len() == 1 || !piece.text.trim().is_empty())
        .collect()
}

fn entry_header(line: &str) -> Option<&'static str> {
    let (name, rest) = line.strip_prefix("[[")?.split_once("]]")?;
    let rest = rest.trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return None;
    }
    KINDS.into_iter().find(|kind| name.trim() == *kind)
}

/// `channel` of `[channel.credentials]`.
fn first_word(line: &str) -> &str {
    let name = line.trim_start_matches('[');
    name.split(['.', ']']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(u32, &str)> {
        split(text).into_iter().map(|piece| (piece.base, piece.text)).collect()
    }

    #[test]
    fn cuts_before_entries() {
        let text = "# top\n\n[[store]] # s\nid = 1\n  [[ channel ]]\nx = [\n  1,\n]\n[channel.credentials]\n[[group]]\n[[group.members]]\n";
        assert_eq!(
            pieces(text),
            [
                (0, "# top\n\n"),
                (2, "[[store]] # s\nid = 1\n"),
                (4, "  [[ channel ]]\nx = [\n  1,\n]\n[channel.credentials]\n"),
                (9, "[[group]]\n[[group.members]]\n"),
            ]
        );
        assert_eq!(pieces("[[store]]\r\na = 1\r\n[[store]]").len(), 2);
    }

    #[test]
    fn leaves_whole_what_a_cut_could_change() {
        for text in [
            "[[channel]]\nname = \"\"\"\n[[channel]]\n\"\"\"\n[[channel]]\n",
            "[[channel]]\nname = '''\n[[channel]]\n'''\n[[channel]]\n",
            "[[store]]\n[[channel]]\n[[store.api_secrets]]\n",
            "[[channel]]\nx = [\n[1],\n]\n[[channel]]\n",
            "[[channel]]\n[[chanel]]\n",
            "[channel]\n[[channel]]\n",
        ] {
            assert_eq!(pieces(text), [(0, text)]);
        }
    }
}
