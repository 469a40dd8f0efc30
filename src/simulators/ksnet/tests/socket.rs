use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A header and a body, widths written out here again.
fn frame(order: &str, fields: &[(usize, &str)]) -> Vec<u8> {
    let header: &[(usize, &str)] = &[
        (1, "0"),
        (4, "0603"),
        (2, "00"),
        (1, "0"),
        (14, "20250701120000"),
        (10, MID),
        (50, order),
        (50, "홍길동"),
        (13, ""),
        (50, ""),
        (1, "1"),
        (50, ""),
        (1, "K"),
        (1, "1"),
        (12, "0"),
        (1, "1"),
        (35, ""),
    ];
    let mut bytes = Vec::new();
    for (size, text) in header.iter().chain(fields) {
        let mut field = EUC_KR.encode(text).0.into_owned();
        assert!(field.len() <= *size);
        field.resize(*size, b' ');
        bytes.extend(field);
    }
    [format!("{:04}", bytes.len()).into_bytes(), bytes].concat()
}

/// A card payment of 1,004 KRW with its owner's proofs.
fn paying(order: &str, pin: &str) -> Vec<u8> {
    let head = [
        (4, "1300"),
        (1, "1"),
        (40, "4111111111111111=3012"),
        (2, "00"),
        (9, "000001004"),
        (2, pin),
    ];
    let more = [
        (10, "900101"),
        (1, "0"),
        (1, "0"),
        (1, "2"),
        (1, "7"),
        (40, ""),
        (20, "127.0.0.1"),
        (10, ""),
        (135, ""),
    ];
    frame(order, &[&head[..], &more[..], &[(3, ""), (5, "00000")]].concat())
}

fn cancelling(kind: &str, how: &str, number: &str, date: &str, order: &str, data: &str) -> Vec<u8> {
    frame(
        "ORD-0001",
        &[
            (4, kind),
            (1, how),
            (12, number),
            (8, date),
            (50, order),
            (42, data),
            (1, if kind == "H010" { "1" } else { "" }),
            (32, ""),
        ],
    )
}

/// Sends a frame to the address of the overview; what comes back until the end.
async fn send(sim: &Arc<Simulators>, bytes: &[u8]) -> Vec<u8> {
    let overview = control(sim, "GET", "", Value::Null).await.json();
    let address = overview["sockets"]["ksnet"].as_str().unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn at(bytes: &[u8], from: usize, size: usize) -> String {
    EUC_KR.decode(&bytes[from..from + size]).0.trim_end().to_owned()
}

async fn listening() -> Arc<Simulators> {
    let sim = sim();
    sim.listen_raw([127, 0, 0, 1].into()).await.unwrap();
    sim
}

/// Status and approval number of a card answer.
async fn card(sim: &Arc<Simulators>, bytes: &[u8]) -> (String, String) {
    let answer = send(sim, bytes).await;
    assert_eq!(
        (answer.len(), at(&answer, 0, 4)),
        (585, "0581".to_owned()),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert_eq!(answer[4..300], bytes[4..300]);
    (at(&answer, 316, 1), at(&answer, 343, 12))
}

#[test]
fn frames_are_the_documented_ones() {
    let sha = |bytes: &[u8]| -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
    };
    // Made for KSNET's public test store.
    let of_test_store = |mut bytes: Vec<u8>| {
        bytes[26..36].copy_from_slice(b"2999199999");
        bytes
    };
    let whole = of_test_store(cancelling("1010", "0", "179900000001", "", "", ""));
    assert_eq!(
        sha(&whole),
        "13df1219ff4f80d003f5f5672901bbb5a03025bbbda7ca88402f7e5805585a4d"
    );
    let part = of_test_store(cancelling("1010", "3", "179900000001", "", "", "00000030001"));
    assert_eq!(
        sha(&part),
        "60d4ccdc194b848bc4057607d52b6e998abb8cc87d461b66ada8162584c9484a"
    );
    let mut card = of_test_store(paying("ORD-0002", "12"));
    for (at, text) in [(149, "a@b.c"), (200, "당근10kg"), (252, "001012345678")] {
        let text = EUC_KR.encode(text).0;
        card[at..at + text.len()].copy_from_slice(&text);
    }
    assert_eq!(card.len(), 585);
    assert_eq!(
        sha(&card),
        "e1fe84d97cef5fd2b8bf59554324c960aa455e5552f9b40e54b39e6f66e4809a"
    );
}

#[tokio::test]
async fn cancels_go_by_number_by_order_and_in_parts() {
    let sim = listening().await;
    let trno = paid(&sim, "1000000000", "ORD1").await;
    let part = cancelling("1010", "3", &trno, "", "", "00000030001");
    assert_eq!(card(&sim, &part).await.0, "O");
    assert_eq!(card(&sim, &part).await, ("X".to_owned(), "7002".to_owned()));
    let whole = cancelling("1010", "0", &trno, "", "", "");
    assert_eq!(card(&sim, &whole).await.0, "O");
    assert_eq!(card(&sim, &whole).await, ("X".to_owned(), "P10Q".to_owned()));
    paid(&sim, "1000000000", "ORD2").await;
    let today = ledger(&sim).await.last().unwrap()["at"].as_str().unwrap()[..10].replace('-', "");
    let wrong_day = cancelling("1010", "1", "", "20200101", "ORD2", "");
    assert_eq!(card(&sim, &wrong_day).await.1, "7004");
    assert_eq!(
        card(&sim, &cancelling("1010", "1", "", &today, "ORD2", "")).await.0,
        "O"
    );
    let rows = ledger(&sim).await;
    assert_eq!(rows.iter().filter(|row| row["kind"] == "cancel").count(), 3);
}

#[tokio::test]
async fn an_account_is_issued_and_closed_once() {
    let sim = listening().await;
    let issue = frame(
        "ORD3",
        &[
            (4, "6000"),
            (6, "04"),
            (9, "000001004"),
            (8, "20301231"),
            (6, "235959"),
            (1, "0"),
            (1, " "),
            (15, ""),
            (12, ""),
            (52, ""),
        ],
    );
    let answer = send(&sim, &issue).await;
    assert_eq!(
        (answer.len(), at(&answer, 300, 4), at(&answer, 316, 1)),
        (468, "6001".to_owned(), "O".to_owned())
    );
    assert_eq!((at(&answer, 331, 6), at(&answer, 337, 15).len()), ("04".to_owned(), 14));
    assert_eq!(at(&answer, 382, 14), "20301231235959");
    let close = cancelling("6010", "0", &at(&answer, 304, 12), "", "", "");
    let closed = send(&sim, &close).await;
    assert_eq!(
        (at(&closed, 300, 4), at(&closed, 316, 1)),
        ("6011".to_owned(), "O".to_owned())
    );
    let again = send(&sim, &close).await;
    assert_eq!(
        (at(&again, 316, 1), at(&again, 396, 4)),
        ("X".to_owned(), "P10Q".to_owned())
    );
    let late = control(&sim, "POST", "ksnet/deposit", json!({"orderId": "ORD3"})).await;
    assert_eq!(late.status, 422);
    assert_eq!(ledger(&sim).await[0]["state"], "closed");
}

#[tokio::test]
async fn receipts_are_issued_once_and_cancelled() {
    let sim = listening().await;
    let issue = |order: &str| {
        let sums = [(9, "000000913"), (9, "000000091"), (9, "000000000"), (9, "000001004")];
        let head = [
            (4, "H000"),
            (12, ""),
            (1, "1"),
            (1, "3"),
            (37, "01012345678"),
            (1, "0"),
            (1, "0"),
        ];
        frame(order, &[&head[..], &sums[..], &[(147, "")]].concat())
    };
    let answer = send(&sim, &issue("ORD4")).await;
    assert_eq!(
        (answer.len(), at(&answer, 300, 4), at(&answer, 316, 1)),
        (566, "H001".to_owned(), "O".to_owned())
    );
    assert_eq!(at(&send(&sim, &issue("ORD4")).await, 316, 1), "X");
    let undo = cancelling("H010", "0", &at(&answer, 304, 12), "", "", "");
    assert_eq!(at(&send(&sim, &undo).await, 316, 1), "O");
    assert_eq!(at(&send(&sim, &undo).await, 316, 1), "X");
    assert_eq!(at(&send(&sim, &issue("ORD4")).await, 316, 1), "O");
    let rows = ledger(&sim).await;
    assert_eq!(
        (&rows[0]["kind"], &rows[0]["state"], rows.len()),
        (&json!("cash-receipt"), &json!("cancelled"), 2)
    );
}

#[tokio::test]
async fn cards_are_charged_with_their_proofs() {
    let sim = listening().await;
    let (status, approval) = card(&sim, &paying("ORD5", "12")).await;
    assert_eq!((status.as_str(), approval.len()), ("O", 8));
    assert_eq!(
        card(&sim, &paying("ORD5", "00")).await,
        ("X".to_owned(), "6003".to_owned())
    );
    assert_eq!(ledger(&sim).await.len(), 1);
}

#[tokio::test]
async fn wrong_frames_and_faults_end_the_connection() {
    let sim = listening().await;
    let trno = paid(&sim, "1000000000", "ORD1").await;
    let right = cancelling("1010", "0", &trno, "", "", "");
    let mut sealed = right.clone();
    sealed[4] = b'2';
    let mut stranger = right.clone();
    stranger[26] = b'1';
    for wrong in [
        &b"HTTP"[..],
        &sealed,
        &stranger,
        &cancelling("2010", "0", &trno, "", "", ""),
    ] {
        assert!(send(&sim, wrong).await.is_empty());
    }
    assert_eq!(ledger(&sim).await[0]["balance"], 1004);
    fault(&sim, "cancel", "decline:7003").await;
    assert_eq!(card(&sim, &right).await, ("X".to_owned(), "7003".to_owned()));
    fault(&sim, "cancel", "drop-before").await;
    assert!(send(&sim, &right).await.is_empty());
    assert_eq!(ledger(&sim).await[0]["balance"], 1004);
    fault(&sim, "cancel", "approve-then-drop").await;
    assert!(send(&sim, &right).await.is_empty());
    assert_eq!(ledger(&sim).await[0]["balance"], 0);
    assert_eq!(card(&sim, &right).await.1, "P10Q");
}
