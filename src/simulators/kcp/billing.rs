//! Batch keys (배치키, 자동결제): from a blob or a card number, charged and deleted through `/gw/hub/v1/payment`.

use super::args::{Refusal, Reply, named, refusal};
use super::direct::{card_terms, order, typed};
use super::merchants::KeyIn;
use super::payment::{Card, Means, Method, Payment};
use super::{Ctx, Kcp};
use crate::simulators::clock::{compact, iso_kst};
use crate::simulators::ids;
use crate::simulators::ledger::{Row, RowKind, lock};
use std::sync::{Arc, Mutex};

/// A registered card.
#[derive(Debug, Clone)]
pub(super) struct BatchKey {
    key: Arc<str>,
    site: Arc<str>,
    group: String,
    order: String,
    card: Card,
    at: i64,
    gone: bool,
}

impl BatchKey {
    pub fn row(&self) -> Row {
        Row {
            provider: "kcp",
            mid: self.site.to_string(),
            tid: self.key.to_string(),
            order_id: self.order.clone(),
            kind: RowKind::Billing,
            amount: 0,
            balance: 0,
            state: if self.gone { "deleted" } else { "issued" }.to_owned(),
            at: iso_kst(self.at),
            at_ms: self.at,
        }
    }
}

/// Whether this is the group that the site opened.
pub(super) fn group(open: Option<&str>, given: &str) -> Result<(), Refusal> {
    match open {
        Some(group) if group == given => Ok(()),
        _ => Err(refusal("5209")),
    }
}

impl Kcp {
    /// A card becomes a key.
    pub(super) fn issue_key(&self, ctx: &Ctx<'_>, card: Card, order: &str, for_group: &str) -> Reply {
        group(ctx.site.group.as_deref(), for_group)?;
        let acted = ctx.acts_all_the_same()?;
        let key = loop {
            // Sixteen digits, two of them the year.
            let year = compact(ctx.now);
            let key: Arc<str> = Arc::from(format!("{}{}", year.get(2..8).unwrap_or_default(), ids::digits(10)));
            let record = BatchKey {
                key: Arc::clone(&key),
                site: Arc::clone(&ctx.site.cd),
                group: for_group.to_owned(),
                order: order.to_owned(),
                card: card.clone(),
                at: ctx.now,
                gone: false,
            };
            if self.keys.insert(&key, record).is_ok() {
                break key;
            }
        };
        let digit = |set: bool| if set { "1" } else { "0" };
        let fields = named(&[
            ("res_cd", "0000"),
            ("res_msg", "정상처리"),
            ("card_cd", card.code),
            ("card_name", card.name),
            ("batch_key", &key),
            ("card_bank_cd", "0004"),
            ("card_bin_type_01", digit(card.corporate)),
            ("card_bin_type_02", digit(card.check)),
            ("van_tx_id", &ids::digits(20)),
            ("join_cd", "0000"),
        ]);
        Ok(super::cancel::told(acted, fields).into())
    }

    /// `card_tx_type=12100000`
    pub(super) fn issue_key_by_card(&self, ctx: &Ctx<'_>) -> Reply {
        if !ctx.site.key_by_card {
            return Err(refusal("8998"));
        }
        ctx.args.one_of("sign_txtype", &["0001"])?;
        let for_group = ctx.args.need("group_id", 20)?;
        let card = typed(ctx, ctx.site.key_in == KeyIn::Checked)?;
        self.issue_key(ctx, card, ctx.args.text("ordr_idxx"), for_group)
    }

    /// The key, alive or not, of this site and group.
    fn key(&self, ctx: &Ctx<'_>, key: &str, for_group: &str) -> Result<Arc<Mutex<BatchKey>>, Refusal> {
        group(ctx.site.group.as_deref(), for_group)?;
        let found = self.keys.get(key).filter(|record| {
            let held = lock(record);
            held.site == ctx.site.cd && held.group == for_group && !held.gone
        });
        found.ok_or_else(|| refusal("5530"))
    }

    /// `card_tx_type=11511000`
    pub(super) fn charge_key(&self, ctx: &Ctx<'_>) -> Reply {
        let order = order(ctx)?;
        let key = ctx.args.need("bt_batch_key", 16)?;
        let record = self.key(ctx, key, ctx.args.text("bt_group_id"))?;
        let mut card = lock(&record).card.clone();
        card_terms(ctx, &mut card, order.amount)?;
        let means = Means::Card(card);
        self.settle(ctx, Payment::new(&ctx.site.cd, order, Method::Card, means, ctx.now))
    }

    /// `pay_method=BATCH`
    pub(super) fn delete_key(&self, ctx: &Ctx<'_>) -> Reply {
        ctx.args.one_of("tx_type", &["10005010"])?;
        let key = ctx.args.need("batch_key", 16)?;
        let record = self.key(ctx, key, ctx.args.text("group_id"))?;
        let acted = ctx.acts_all_the_same()?;
        lock(&record).gone = true;
        let fields = named(&[("res_cd", "0000"), ("res_msg", "정상처리")]);
        Ok(super::cancel::told(acted, fields).into())
    }
}
