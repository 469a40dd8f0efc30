//! From a route to its operation.

use super::decode::Params;
use super::error::V1Error;
use super::routes::Route;
use super::{Answer, Call, cancel, codes, payments, prepare};

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
        Route::Token | Route::NotServed(_) => Err(V1Error::no_route()),
    }
}
