//! Every parser of outside bytes, fed with changed samples: the same changes in every run, for a few seconds each.
//! `fuzz/` runs the same functions under a real fuzzer.

use crate::rig::Dice;
use crate::source::root;
use naru::fuzzing::TARGETS;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Changed inputs of one parser.
const INPUTS: usize = 6_000;
/// Where a parser is slow, time ends the run instead.
const PATIENCE: Duration = Duration::from_secs(5);
/// What parsers stumble over.
const PIECES: [&[u8]; 24] = [
    b"null",
    b"-1",
    b"1e999",
    b"0.1",
    b"9223372036854775808",
    b"\"",
    b"\\",
    b"\\ud800",
    b"\\u0000",
    b"{",
    b"}",
    b"[[[[",
    b"\n",
    b"=",
    b"&",
    b"%",
    b"%ff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    "가".as_bytes(),
    b"4242424242424242",
    b"[[channel]]\n",
    b"\0",
];

fn change(sample: &[u8], others: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let piece = PIECES[dice.below(PIECES.len())];
        match dice.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.splice(at..at, piece.iter().copied())),
            3 => {
                let end = (at + dice.below(12)).min(bytes.len());
                drop(bytes.splice(at..end, piece.iter().copied()));
            }
            4 => {
                let end = (at + dice.below(40)).min(bytes.len());
                let copied = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copied));
            }
            5 => {
                let end = (at + dice.below(30)).min(bytes.len());
                bytes.drain(at..end);
            }
            6 => {
                let other = &others[dice.below(others.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
            }
            _ => {
                let random: Vec<u8> = (0..dice.below(8)).map(|_| dice.roll().to_le_bytes()[0]).collect();
                drop(bytes.splice(at..at, random));
            }
        }
    }
    bytes
}

#[test]
fn changed_samples_break_no_parser() {
    let mut failed = Vec::new();
    for (name, run, samples) in TARGETS {
        let samples = samples();
        let mut dice = Dice(name.bytes().map(u64::from).sum());
        let (since, mut tried) = (Instant::now(), 0);
        for sample in &samples {
            run(sample);
        }
        while tried < INPUTS && since.elapsed() < PATIENCE {
            let input = change(&samples[dice.below(samples.len())], &samples, &mut dice);
            tried += 1;
            if catch_unwind(AssertUnwindSafe(|| run(&input))).is_err() {
                failed.push(format!("{name}: {:?}", String::from_utf8_lossy(&input)));
                break;
            }
        }
        println!("{name}: {tried} inputs in {:.1} s", since.elapsed().as_secs_f32());
        assert!(
            tried > 300 || !failed.is_empty(),
            "{name}: only {tried} inputs in {PATIENCE:?}"
        );
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Nesting is where recursive readers die, and no change of a small sample gets there.
#[test]
fn deep_and_long_inputs_break_no_parser() {
    let repeat = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n)).into_bytes();
    let inputs = [
        repeat("[", "]", 50_000),
        repeat("{\"a\":", "}", 50_000),
        repeat("a = [", "]", 2_000),
        repeat("a.", "", 20_000),
        vec![b'9'; 100_000],
        vec![0xff; 100_000],
        "가".repeat(50_000).into_bytes(),
        vec![b'\n'; 100_000],
    ];
    for (name, run, _) in TARGETS {
        let since = Instant::now();
        for input in &inputs {
            run(input);
            let mut answer = vec![0, 200];
            answer.extend_from_slice(input);
            run(&answer);
        }
        println!("{name}: {:.1} s", since.elapsed().as_secs_f32());
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "{name} takes {:?}",
            since.elapsed()
        );
    }
}

#[test]
fn the_fuzzer_has_the_same_targets() {
    let dir = root().join("fuzz/fuzz_targets");
    let files: BTreeSet<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    assert_eq!(files, names);
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for name in names {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name} is not in fuzz/Cargo.toml"
        );
        let text = std::fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("naru::fuzzing::{name}(data)")), "{name}: {text}");
    }
}
