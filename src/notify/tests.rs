#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::stored;
use crate::adapters::Notice;
use crate::channels::Sealer;

#[test]
fn what_arrived_is_sealed_and_comes_back_byte_for_byte() {
    let sealer = Sealer::new(&[3; 32]).unwrap();
    let notice = Notice {
        method: "GET".into(),
        query: "data=%B0%A1".into(),
        headers: vec![("x".into(), "y".into())],
        body: vec![0xb0, 0xa1, 0xff, 0].into(),
        peer: "192.0.2.1".parse().unwrap(),
    };
    let sealed = stored::seal(&sealer, "n1", &notice).unwrap();
    assert!(!sealed.windows(4).any(|w| w == b"data"));
    let opened = stored::open(&sealer, "n1", &sealed).unwrap();
    assert_eq!(
        (opened.method, opened.query, opened.headers),
        (notice.method, notice.query, notice.headers)
    );
    assert_eq!((opened.body, opened.peer), (notice.body, notice.peer));
    assert!(
        stored::open(&sealer, "n2", &sealed).is_err(),
        "it cannot be moved to another row"
    );
}
