//! Decides who may see which profile, with users and tokens from whatever serves `wasi:keyvalue/readwrite`.
//!
//! Bucket `tokens`: token → user id. Bucket `users`: `ID/display-name` and `ID/email-address`.

wit_bindgen::generate!({ path: "../wit", world: "authentication", generate_all });

use example::http::shared_types::UserProfile;
use example::logger::log::{Level, write};
use exports::example::http::auth::{ApiResult, Guest};
use wasi::keyvalue::readwrite::{self, Error};
use wasi::keyvalue::types::Bucket;

struct Authentication;
export!(Authentication);

impl Guest for Authentication {
    fn authenticate(token: String, user_id: String) -> ApiResult {
        match decide(&token, &user_id) {
            Ok(result) => result,
            Err(error) => {
                // Closed where in doubt: a store that fails lets nobody in.
                write(Level::Error, &format!("auth: the store failed: {}", error.trace()));
                ApiResult::Unauthorized
            }
        }
    }
}

fn decide(token: &str, user_id: &str) -> Result<ApiResult, Error> {
    let Some(caller) = text(&Bucket::open_bucket("tokens")?, token)? else {
        write(Level::Warn, "auth: unknown token");
        return Ok(ApiResult::Unauthorized);
    };
    let users = Bucket::open_bucket("users")?;
    // A slash would reach into another user's keys.
    let known = !user_id.contains('/') && readwrite::exists(&users, &format!("{user_id}/display-name"))?;
    if !known {
        write(Level::Info, &format!("auth: {caller} asked for {user_id}, who does not exist"));
        return Ok(ApiResult::NotFound);
    }
    let field = |name: &str| text(&users, &format!("{user_id}/{name}"));
    let profile = UserProfile {
        display_name: field("display-name")?.unwrap_or_default(),
        email_address: field("email-address")?.unwrap_or_default(),
        id: user_id.into(),
    };
    write(Level::Info, &format!("auth: {caller} may see {user_id}"));
    Ok(ApiResult::Ok(profile))
}

/// The value of a key as text; bytes that are not UTF-8 are replaced.
fn text(bucket: &Bucket, key: &str) -> Result<Option<String>, Error> {
    let Some(value) = readwrite::get(bucket, key)? else { return Ok(None) };
    let bytes = value.incoming_value_consume_sync()?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
