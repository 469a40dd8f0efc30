//! Files that are made from the code and checked in: a stale one fails its test, `NARU_BLESS=1` writes it anew.

use std::path::Path;

/// Holds a file against what the code makes of it.
pub fn golden(path: &Path, made: &str) {
    if std::env::var_os("NARU_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, made).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(path).unwrap_or_default();
    if stands == made {
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (stands.lines().collect(), made.lines().collect());
    let gone = old
        .iter()
        .filter(|line| !new.contains(line))
        .map(|line| format!("- {line}"));
    let come = new
        .iter()
        .filter(|line| !old.contains(line))
        .map(|line| format!("+ {line}"));
    let changes: Vec<String> = gone.chain(come).collect();
    panic!(
        "{} is stale; look at the changes and run the test again with NARU_BLESS=1:\n{}",
        path.display(),
        changes.join("\n")
    );
}
