//! Grants with the people who gave them and the tokens that hang on them: what nearly every
//! request of a client asks for, in one statement each.

use super::codes::CodeRow;
use super::grants::GrantRow;
use super::refresh_tokens::RefreshTokenRow;
use super::row::{joined_row, to_json};
use super::users::UserRow;
use super::{Result, View, run};
use crate::model::{AuthorizationCode, Grant, RefreshToken, User};

joined_row!(FamilyRow { grant: GrantRow = "g_", user: UserRow = "u_" });
joined_row!(CodeFamilyRow { code: CodeRow = "", grant: GrantRow = "g_", user: UserRow = "u_" });
joined_row!(RefreshFamilyRow {
    token: RefreshTokenRow = "",
    grant: GrantRow = "g_",
    user: UserRow = "u_",
});

/// A statement that gives these columns beside whole grants and whole people.
macro_rules! select_families {
    ($columns:literal, $($from:literal),+) => {
        concat!(
            "SELECT ",
            $columns,
            " g.id AS g_id, g.user_id AS g_user_id, g.client_id AS g_client_id,
             g.session_id AS g_session_id, g.scope AS g_scope, g.resources AS g_resources,
             g.claims AS g_claims, g.outlives_session AS g_outlives_session,
             g.seen_generation AS g_seen_generation, g.auth_time AS g_auth_time, g.amr AS g_amr,
             g.acr AS g_acr, g.created_at AS g_created_at, g.expires_at AS g_expires_at,
             g.revoked_at AS g_revoked_at,
             u.id AS u_id, u.username AS u_username, u.email AS u_email,
             u.email_verified AS u_email_verified, u.profile AS u_profile,
             u.password_hash AS u_password_hash, u.disabled_at AS u_disabled_at,
             u.sign_outs AS u_sign_outs, u.version AS u_version,
             u.created_at AS u_created_at, u.updated_at AS u_updated_at ",
            $($from),+
        )
    };
}

macro_rules! select_refresh_families {
    ($which:literal) => {
        select_families!(
            "token.token_hash, token.grant_id, token.generation, token.issued_at,
             token.expires_at, token.used_at, token.used_from, token.superseded_at,
             (SELECT MIN(used_at) FROM refresh_tokens rival
              WHERE rival.grant_id = token.grant_id AND rival.generation = token.generation
                  AND rival.token_hash <> token.token_hash) AS rival_used_at,
             (SELECT MIN(used_at) FROM refresh_tokens successor
              WHERE successor.grant_id = token.grant_id
                  AND successor.generation = token.generation + 1) AS successor_used_at,",
            "FROM refresh_tokens token JOIN grants g ON g.id = token.grant_id
                 JOIN users u ON u.id = g.user_id
             WHERE token.token_hash ",
            $which
        )
    };
}

impl View {
    /// The grants with these ids that there are, with the people who gave them.
    pub(super) async fn find_families(&mut self, ids: &[&str]) -> Result<Vec<(Grant, User)>> {
        let rows: Vec<FamilyRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_families!(
                "",
                "FROM grants g JOIN users u ON u.id = g.user_id
                 WHERE g.id IN (SELECT value FROM json_each($1))"
            ))
            .bind(to_json(&ids)?),
            sqlx::query_as(select_families!(
                "",
                "FROM grants g JOIN users u ON u.id = g.user_id WHERE g.id = ANY($1)"
            ))
            .bind(ids)
        )?;
        let family = |row: FamilyRow| Ok((row.grant.try_into()?, row.user.try_into()?));
        rows.into_iter().map(family).collect()
    }

    /// The code with this hash, used or not, with its family.
    pub async fn find_code(
        &mut self,
        hash: &str,
    ) -> Result<Option<(AuthorizationCode, Grant, User)>> {
        let row: Option<CodeFamilyRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_families!(
                "code.grant_id, code.client_id, code.redirect_uri, code.code_challenge, code.nonce,
                 code.expires_at, code.redeemed_at,",
                "FROM authorization_codes code JOIN grants g ON g.id = code.grant_id
                     JOIN users u ON u.id = g.user_id
                 WHERE code.code_hash = $1"
            ))
            .bind(hash)
        )?;
        let Some(CodeFamilyRow { code, grant, user }) = row else { return Ok(None) };
        Ok(Some((code.into(), grant.try_into()?, user.try_into()?)))
    }

    /// The refresh token with this hash, dead or alive, with its family.
    pub async fn find_refresh_token(
        &mut self,
        hash: &str,
    ) -> Result<Option<(RefreshToken, Grant, User)>> {
        Ok(self.find_refresh_tokens(&[hash]).await?.pop())
    }

    /// The refresh tokens with these hashes that there are, dead or alive, with their families.
    pub(super) async fn find_refresh_tokens(
        &mut self,
        hashes: &[&str],
    ) -> Result<Vec<(RefreshToken, Grant, User)>> {
        let rows: Vec<RefreshFamilyRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_refresh_families!("IN (SELECT value FROM json_each($1))"))
                .bind(to_json(&hashes)?),
            sqlx::query_as(select_refresh_families!("= ANY($1)")).bind(hashes)
        )?;
        let family = |row: RefreshFamilyRow| {
            Ok((row.token.into(), row.grant.try_into()?, row.user.try_into()?))
        };
        rows.into_iter().map(family).collect()
    }
}
