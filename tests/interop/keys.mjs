// Makes a key pair for a client: the private half for the libraries, the public half, as a
// JWK set, for the provider.

import { writeFileSync } from 'node:fs';
import { exportJWK, generateKeyPair } from 'jose';

const [, , folder] = process.argv;
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const common = { kid: 'interop', alg: 'RS256', use: 'sig' };
const jwks = { keys: [{ ...await exportJWK(publicKey), ...common }] };
writeFileSync(`${folder}/client.jwks`, JSON.stringify(jwks));
writeFileSync(`${folder}/client.jwk`, JSON.stringify({ ...await exportJWK(privateKey), ...common }), { mode: 0o600 });
