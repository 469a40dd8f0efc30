//! From a route to its operation.

use super::decode::Params;
use super::error::V1Error;
use super::routes::Route;
use super::subscribe::{customers, pay, schedule};
use super::{Answer, Call, cancel, codes, escrow, payments, prepare, receipts, vbank};
use crate::adapters::EscrowAction;

/// Runs an operation.
///
/// # Errors
/// Every refusal, worded.
pub async fn run(route: Route, call: Call, mut params: Params) -> Result<Answer, V1Error> {
    let params = &mut params;
    match route {
        Route::Payment => payments::one(&call, params).await,
        Route::Balance => payments::balance(&call).await,
        Route::Payments => payments::several(&call, params).await,
        Route::Find => payments::find(&call, params).await,
        Route::FindAll => payments::find_all(&call, params).await,
        Route::ByStatus => payments::by_status(&call, params).await,
        Route::Cancel => Box::pin(cancel::cancel(&call, params)).await,
        Route::Prepare => prepare::prepare(&call, params).await,
        Route::PrepareAgain => prepare::again(&call, params).await,
        Route::Prepared => prepare::prepared(&call).await,
        Route::Cards => codes::cards(),
        Route::Card => codes::card(call.id(0)),
        Route::Banks => codes::banks(),
        Route::Bank => codes::bank(call.id(0)),
        Route::Channels => codes::channels(&call),
        Route::Tier => Err(V1Error::unknown_tier()),
        Route::Onetime => Box::pin(pay::onetime(&call, params)).await,
        Route::Again => Box::pin(pay::again(&call, params)).await,
        Route::Schedule => Box::pin(schedule::create(&call, params)).await,
        Route::Unschedule => schedule::unschedule(&call, params).await,
        Route::Schedules => schedule::list(&call, params).await,
        Route::CustomerSchedules => schedule::of_customer(&call, params).await,
        Route::Scheduled => schedule::get(&call).await,
        Route::MoveSchedule => Box::pin(schedule::put(&call, params)).await,
        Route::Reschedule => Box::pin(schedule::reschedule(&call, params)).await,
        Route::RetrySchedule => Box::pin(schedule::retry(&call)).await,
        Route::Customers => customers::several(&call, params).await,
        Route::Customer => customers::one(&call).await,
        Route::IssueKey => Box::pin(customers::create(&call, params)).await,
        Route::DeleteKey => Box::pin(customers::delete(&call, params)).await,
        Route::CustomerPayments => customers::payments(&call, params).await,
        Route::IssueAccount => Box::pin(vbank::issue(&call, params)).await,
        Route::CloseAccount => Box::pin(vbank::close(&call)).await,
        Route::Receipt => receipts::get(&call).await,
        Route::IssueReceipt => Box::pin(receipts::issue(&call, params)).await,
        Route::CancelReceipt => Box::pin(receipts::cancel(&call)).await,
        Route::ExternalReceipt => receipts::get_external(&call).await,
        Route::IssueExternalReceipt => Box::pin(receipts::issue_external(&call, params)).await,
        Route::CancelExternalReceipt => Box::pin(receipts::cancel_external(&call)).await,
        Route::Logis => escrow::get(&call).await,
        Route::RegisterLogis => Box::pin(escrow::tell(&call, params, EscrowAction::Register)).await,
        Route::ModifyLogis => Box::pin(escrow::tell(&call, params, EscrowAction::Modify)).await,
        Route::Token | Route::NotServed(_) => Err(V1Error::no_route()),
    }
}
