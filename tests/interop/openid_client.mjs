// npm openid-client as a relying party, npm jose as an API.

import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Browser } from './browser.mjs';

const { ISSUER, USERNAME, PASSWORD } = process.env;
const SCOPE = 'openid profile email offline_access';

async function check(name, claim) {
  await claim();
  console.log(`ok   openid-client: ${name}`);
}

async function signsIn(what, clientId, redirectUri, authentication) {
  const config = await client.discovery(new URL(ISSUER), clientId, {}, authentication, {
    execute: [client.allowInsecureRequests],
  });
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const browser = new Browser();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: SCOPE,
    prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const returned = await browser.signIn(url.href, USERNAME, PASSWORD);

  let tokens;
  await check(`${what} trades its code`, async () => {
    tokens = await client.authorizationCodeGrant(config, returned, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    assert.ok(tokens.claims().sub && tokens.claims().auth_time && tokens.claims().sid);
    assert.equal(tokens.token_type, 'bearer');
  });
  await check(`${what} reads UserInfo`, async () => {
    const person = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    assert.equal(person.email, 'ada@example.org');
    assert.equal(person.given_name, 'Ada');
  });
  await check(`${what} renews without a page`, async () => {
    const again = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile',
      prompt: 'none',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    const silent = await browser.signIn(again.href);
    await client.authorizationCodeGrant(config, silent, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    });
  });
  await check(`${what} refreshes, and each refresh token is another`, async () => {
    const first = await client.refreshTokenGrant(config, tokens.refresh_token);
    const second = await client.refreshTokenGrant(config, first.refresh_token);
    assert.equal(second.claims().sub, tokens.claims().sub);
    assert.equal(new Set([tokens, first, second].map(t => t.refresh_token)).size, 3);
    tokens = { first: tokens, second };
  });
  await check(`an API accepts the access token of ${what}, and neither an altered one nor an ID token`, async () => {
    const { access_token, id_token } = tokens.second;
    const claims = await accept(access_token);
    await assert.rejects(accept(altered(access_token, claims)), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
    await assert.rejects(accept(access_token, { audience: 'https://another.example' }), { claim: 'aud' });
    await assert.rejects(accept(id_token, { audience: clientId }), { claim: 'typ' });
  });
  await check(`${what} cannot go back to an old refresh token, and the family is dead`, async () => {
    const dead = { code: 'OAUTH_RESPONSE_BODY_ERROR', error: 'invalid_grant' };
    await assert.rejects(client.refreshTokenGrant(config, tokens.first.refresh_token), dead);
    await assert.rejects(client.refreshTokenGrant(config, tokens.second.refresh_token), dead);
    await assert.rejects(client.fetchUserInfo(config, tokens.second.access_token, client.skipSubjectCheck));
  });
}

const jwks = createRemoteJWKSet(new URL(`${ISSUER}/jwks`));

/** What an API does with an access token (RFC 9068 §4). */
async function accept(token, expected) {
  const { payload } = await jwtVerify(token, jwks, {
    issuer: ISSUER,
    audience: ISSUER,
    typ: 'at+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
    ...expected,
  });
  assert.ok(payload.scope.includes('openid'));
  return payload;
}

/** The same token with more allowed than its signature says. */
function altered(token, claims) {
  const [head, , signature] = token.split('.');
  return [head, Buffer.from(JSON.stringify({ ...claims, scope: 'admin' })).toString('base64url'), signature].join('.');
}

const { CLIENT_ID, REDIRECT_URI, WEB_CLIENT_ID, WEB_CLIENT_SECRET, WEB_REDIRECT_URI } = process.env;
const { POST_CLIENT_ID, POST_CLIENT_SECRET } = process.env;
await signsIn('a native client', CLIENT_ID, REDIRECT_URI, client.None());
await signsIn('a client with client_secret_basic', WEB_CLIENT_ID, WEB_REDIRECT_URI, client.ClientSecretBasic(WEB_CLIENT_SECRET));
await signsIn('a client with client_secret_post', POST_CLIENT_ID, WEB_REDIRECT_URI, client.ClientSecretPost(POST_CLIENT_SECRET));
