"""PyPI authlib as a relying party, PyPI joserfc as an API."""

import json
import os
import re
import subprocess
import time
from html import unescape
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import errors, jwt
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64encode

# The issuer is http on this machine.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

ISSUER = os.environ["ISSUER"]
SCOPE = "openid profile email offline_access"
METADATA = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()


def check(name):
    print(f"ok   authlib: {name}")


# A person's authenticator application. Codes work once: the first is that of the period before.
APPLICATION = {"period": -1}


def code():
    """The next code, by a program that was not written here."""
    moment = f"@{int(time.time()) + APPLICATION['period'] * 30}"
    APPLICATION["period"] += 1
    words = ["oathtool", "--totp", "--base32", "--now", moment, APPLICATION["seed"]]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def sign_in(url, browser=None, username=os.environ["USERNAME"]):
    """A browser without a window: signs in, allows, gives the address it ends at. What is
    answered by a form is given as an address too."""
    browser = browser or requests.Session()
    answer = browser.get(url, allow_redirects=False, timeout=10)
    for _ in range(20):
        location = answer.headers.get("location")
        if location:
            location = urljoin(url, location)
            if urlsplit(location).netloc != urlsplit(url).netloc:
                return location
            answer = browser.get(location, allow_redirects=False, timeout=10)
            continue
        page = answer.text
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
        fields = {name: unescape(value) for name, value in hidden}
        form = re.search(r'<form[^>]*action="([^"]+)"', page)
        action = urljoin(url, unescape(form[1]) if form else "")
        if urlsplit(action).netloc != urlsplit(url).netloc:
            return f"{action}?{urlencode(fields)}"
        seed = re.search(r'<code[^>]*id="totp-seed"[^>]*>([^<]*)<', page)
        if seed:
            APPLICATION["seed"] = seed[1].replace(" ", "")
        onward = re.search(r'<a[^>]*id="continue"[^>]*href="([^"]+)"', page)
        if onward:
            onward = urljoin(url, unescape(onward[1]))
            answer = browser.get(onward, allow_redirects=False, timeout=10)
            continue
        if 'id="login-submit"' in page:
            fields |= {"username": username, "password": os.environ["PASSWORD"]}
        elif seed or 'id="code-submit"' in page:
            fields |= {"code": code()}
        elif 'id="consent-allow"' in page:
            fields |= {"decision": "allow"}
        else:
            raise AssertionError(f"a page that is neither: {answer.status_code}\n{page}")
        answer = browser.post(action, data=fields, allow_redirects=False, timeout=10)
    raise AssertionError("the sign-in does not end")


def keys():
    return KeySet.import_key_set(requests.get(METADATA["jwks_uri"], timeout=10).json())


def accept(token, audience=ISSUER):
    """What an API does with an access token (RFC 9068 §4)."""
    decoded = jwt.decode(token, keys(), algorithms=["RS256"])
    if decoded.header.get("typ") != "at+jwt":
        raise errors.InvalidClaimError("typ")
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": audience},
        sub={"essential": True},
        exp={"essential": True},
    ).validate(decoded.claims)
    return decoded.claims


def refuses(error, token, **expected):
    try:
        accept(token, **expected)
    except error:
        return
    raise AssertionError(f"accepted, and should give {error.__name__}")


def altered(token, claims):
    """The same token with more allowed than its signature says."""
    head, _, signature = token.split(".")
    body = urlsafe_b64encode(json.dumps(claims | {"scope": "admin"}).encode()).decode()
    return f"{head}.{body}.{signature}"


def signs_in(what, client_id, secret, method, redirect_uri):
    session = OAuth2Session(
        client_id,
        secret,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    verifier, nonce = generate_token(64), generate_token(20)
    url, state = session.create_authorization_url(
        METADATA["authorization_endpoint"], code_verifier=verifier, nonce=nonce, prompt="consent"
    )
    token = session.fetch_token(
        METADATA["token_endpoint"],
        authorization_response=sign_in(url),
        state=state,
        code_verifier=verifier,
    )
    claims = jwt.decode(token["id_token"], keys(), algorithms=["RS256"]).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
    ).validate(claims)
    check(f"{what} trades its code and verifies the ID token")

    person = session.get(METADATA["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"] and person["email"] == "ada@example.org", person
    check(f"{what} reads UserInfo")

    first = dict(session.token)
    second = session.refresh_token(METADATA["token_endpoint"], refresh_token=first["refresh_token"])
    third = session.refresh_token(METADATA["token_endpoint"], refresh_token=second["refresh_token"])
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    check(f"{what} refreshes, and each refresh token is another")

    access = third["access_token"]
    refuses(errors.BadSignatureError, altered(access, accept(access)))
    refuses(errors.InvalidClaimError, access, audience="https://another.example")
    refuses(errors.InvalidClaimError, token["id_token"], audience=client_id)
    check(f"an API accepts the access token of {what}, and neither an altered one nor an ID token")

    for dead in (first, third):
        try:
            session.refresh_token(METADATA["token_endpoint"], refresh_token=dead["refresh_token"])
        except OAuthError as error:
            assert error.error == "invalid_grant", error
        else:
            raise AssertionError("a dead refresh token was accepted")
    check(f"{what} cannot go back to an old refresh token, and the family is dead")


env = os.environ
signs_in("a native client", env["CLIENT_ID"], None, "none", env["REDIRECT_URI"])
signs_in(
    "a client with client_secret_basic",
    env["WEB_CLIENT_ID"],
    env["WEB_CLIENT_SECRET"],
    "client_secret_basic",
    env["WEB_REDIRECT_URI"],
)
signs_in(
    "a client with client_secret_post",
    env["POST_CLIENT_ID"],
    env["POST_CLIENT_SECRET"],
    "client_secret_post",
    env["WEB_REDIRECT_URI"],
)


def signing_session(client_id, **more):
    """A client that proves who it is by its key."""
    with open(env["CLIENT_KEY"], encoding="utf-8") as file:
        key = json.load(file)
    method = "private_key_jwt"
    methods = {"token_endpoint_auth_method": method, "revocation_endpoint_auth_method": method}
    session = OAuth2Session(client_id, key, **methods, **more)
    signed = PrivateKeyJWT(METADATA["token_endpoint"], alg="RS256", headers={"kid": key["kid"]})
    session.register_client_auth_method(signed)
    return session


batch = signing_session("batch", scope="orders:read")
token = batch.fetch_token(METADATA["token_endpoint"], grant_type="client_credentials")
assert "refresh_token" not in token and "id_token" not in token, token
assert accept(token["access_token"], audience="https://api.example/")["sub"] == "batch"
check("a service with private_key_jwt gets a token of its own")

told = batch.introspect_token(METADATA["introspection_endpoint"], token=token["access_token"]).json()
assert told["active"] and told["client_id"] == "batch", told
answer = batch.revoke_token(METADATA["revocation_endpoint"], token=token["access_token"])
assert answer.status_code == 200, answer.text
told = batch.introspect_token(METADATA["introspection_endpoint"], token=token["access_token"]).json()
assert told == {"active": False}, told
check("introspection and revocation agree")


# A browser that stays: answered by a form, renewed without a page, and signed out.
browser = requests.Session()
web = signing_session("signing", scope="openid", redirect_uri=env["WEB_REDIRECT_URI"], code_challenge_method="S256")


def answered(**more):
    verifier = generate_token(64)
    url, state = web.create_authorization_url(METADATA["authorization_endpoint"], code_verifier=verifier, **more)
    return sign_in(url, browser), {"state": state, "code_verifier": verifier}


def redeemed(**more):
    address, kept = answered(**more)
    token = web.fetch_token(METADATA["token_endpoint"], authorization_response=address, **kept)
    return token, jwt.decode(token["id_token"], keys(), algorithms=["RS256"]).claims


token, first = redeemed(response_mode="form_post")
check("a client with private_key_jwt signs in, answered by a form")

token, second = redeemed(prompt="none", id_token_hint=token["id_token"])
assert second["sub"] == first["sub"]
check("a renewal with prompt=none and id_token_hint is about the same person")

token, third = redeemed(max_age=600)
time.sleep(2)
token, fourth = redeemed(max_age=1)
assert fourth["auth_time"] > third["auth_time"], (third, fourth)
check("max_age is held against auth_time")

leave = {
    "id_token_hint": token["id_token"],
    "post_logout_redirect_uri": "https://app.example/bye",
    "state": "later",
}
address = sign_in(add_params_to_uri(METADATA["end_session_endpoint"], leave.items()), browser)
assert address == "https://app.example/bye?state=later", address
address, _ = answered(prompt="none")
assert parse_qs(urlsplit(address).query)["error"] == ["login_required"], address
check("sign-out ends the session and comes back with its state")

lenient = signing_session(
    "lenient", scope="openid", redirect_uri=env["WEB_REDIRECT_URI"], code_challenge_method="S256"
)


def claims_of(visitor, **more):
    verifier = generate_token(64)
    endpoint = METADATA["authorization_endpoint"]
    url, state = lenient.create_authorization_url(endpoint, code_verifier=verifier, **more)
    address = sign_in(url, visitor, "hedy")
    kept = {"state": state, "code_verifier": verifier}
    token = lenient.fetch_token(METADATA["token_endpoint"], authorization_response=address, **kept)
    return jwt.decode(token["id_token"], keys(), algorithms=["RS256"]).claims


hedy = requests.Session()
essential = {"id_token": {"acr": {"essential": True, "values": ["multi-factor"]}}}
assert claims_of(hedy)["acr"] == "password"
assert claims_of(hedy, claims=json.dumps(essential))["acr"] == "multi-factor"
hedy = requests.Session()
before = claims_of(hedy)
after = claims_of(hedy, acr_values="multi-factor")
assert (before["acr"], before["amr"]) == ("password", ["pwd"]), before
assert (after["acr"], after["amr"]) == ("multi-factor", ["pwd", "otp", "mfa"]), after
assert after["auth_time"] == before["auth_time"], (before, after)
check("a client that asks for more than a password steps up")
