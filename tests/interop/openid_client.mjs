// npm openid-client as a relying party, npm jose as an API.

import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { createRemoteJWKSet, importJWK, jwtVerify } from 'jose';
import { readFileSync } from 'node:fs';
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

const discover = (id, authentication) =>
  client.discovery(new URL(ISSUER), id, {}, authentication, { execute: [client.allowInsecureRequests] });
const key = await importJWK(JSON.parse(readFileSync(process.env.CLIENT_KEY)), 'RS256');
const signed = () => client.PrivateKeyJwt({ key, kid: 'interop' });

/** Signs in with what `more` asks for, and gives the verified tokens. */
async function tokensOf(config, browser, more = {}, expected = {}, username = USERNAME) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: WEB_REDIRECT_URI,
    scope: 'openid email',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    ...more,
  });
  const returned = await browser.signIn(url.href, username, PASSWORD);
  return client.authorizationCodeGrant(config, returned, { pkceCodeVerifier, expectedState, idTokenExpected: true, ...expected });
}

const signing = await discover('signing', signed());
const browser = new Browser();
let tokens;

await check('a client with private_key_jwt signs in, answered by a form', async () => {
  tokens = await tokensOf(signing, browser, { response_mode: 'form_post' });
  assert.ok(tokens.claims().sub);
});
await check('a renewal with prompt=none and id_token_hint is about the same sign-in', async () => {
  const again = await tokensOf(signing, browser, { prompt: 'none', id_token_hint: tokens.id_token, response_mode: 'form_post' });
  assert.equal(again.claims().auth_time, tokens.claims().auth_time);
});
await check('max_age is held against auth_time', async () => {
  await new Promise(resolve => setTimeout(resolve, 2100));
  const young = await tokensOf(signing, browser, { max_age: 1 }, { maxAge: 1 });
  assert.ok(young.claims().auth_time > tokens.claims().auth_time);
  const old = await tokensOf(signing, browser, { max_age: 10000 }, { maxAge: 10000 });
  assert.equal(old.claims().auth_time, young.claims().auth_time);
});
await check('claims that are asked for by name come in the ID token', async () => {
  const { email } = (await tokensOf(signing, browser, { claims: JSON.stringify({ id_token: { email: null } }) })).claims();
  assert.equal(email, 'ada@example.org');
});
await check('introspection and revocation agree', async () => {
  const { access_token } = await tokensOf(signing, browser);
  const told = await client.tokenIntrospection(signing, access_token);
  assert.ok(told.active && told.client_id === 'signing');
  await client.tokenRevocation(signing, access_token);
  assert.equal((await client.tokenIntrospection(signing, access_token)).active, false);
  await assert.rejects(client.fetchUserInfo(signing, access_token, client.skipSubjectCheck));
});
await check('a service gets a token of its own for its API', async () => {
  const batch = await discover('batch', signed());
  const { access_token, refresh_token, id_token } = await client.clientCredentialsGrant(batch, { scope: 'orders:read', resource: 'https://api.example/' });
  assert.ok(!refresh_token && !id_token);
  const { payload } = await jwtVerify(access_token, jwks, { issuer: ISSUER, audience: 'https://api.example/', typ: 'at+jwt' });
  assert.equal(payload.sub, 'batch');
});
await check('sign-out ends the session and comes back with its state', async () => {
  const { id_token } = await tokensOf(signing, browser);
  const url = client.buildEndSessionUrl(signing, { id_token_hint: id_token, post_logout_redirect_uri: 'https://app.example/bye', state: 's' });
  assert.equal((await browser.signIn(url.href)).href, 'https://app.example/bye?state=s');
  await assert.rejects(tokensOf(signing, browser, { prompt: 'none' }), { error: 'login_required' });
});
await check('a client that asks for more than a password steps up', async () => {
  const steps = await discover('lenient', signed());
  const grace = new Browser();
  const essential = JSON.stringify({ id_token: { acr: { essential: true, values: ['multi-factor'] } } });
  const of = async more => (await tokensOf(steps, grace, more, {}, 'grace')).claims();
  // Whoever has no second factor yet enrols one on the way.
  assert.equal((await of({})).acr, 'password');
  assert.equal((await of({ claims: essential })).acr, 'multi-factor');
  // Whoever has one shows it, and nothing else.
  grace.forget();
  const before = await of({});
  assert.deepEqual([before.acr, before.amr], ['password', ['pwd']]);
  const after = await of({ acr_values: 'multi-factor' });
  assert.deepEqual([after.acr, after.amr], ['multi-factor', ['pwd', 'otp', 'mfa']]);
  assert.equal(after.auth_time, before.auth_time);
});
