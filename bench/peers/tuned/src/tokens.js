'use strict';

const crypto = require('node:crypto');
const jwt = require('jsonwebtoken');

const key = crypto.createSecretKey(
  Buffer.from(process.env.JWT_SECRET || 'workshop_shared_jwt_secret_key_32_bytes'),
);

// Verified tokens, so that a signature is checked once a token; the oldest entry leaves when full.
const verified_max = 10000;
const verified = new Map();

function sign(user) {
  return jwt.sign({ userId: user.id, role: user.role }, key, {
    algorithm: 'HS256',
    subject: user.id,
    expiresIn: '24h',
  });
}

// The claims of a bearer header, or null.
function claims_of(header) {
  if (header === undefined || !header.startsWith('Bearer ')) return null;
  const known = verified.get(header);
  if (known !== undefined) {
    if (known.exp * 1000 > Date.now()) return known;
    verified.delete(header);
    return null;
  }
  let claims;
  try {
    claims = jwt.verify(header.slice(7), key, { algorithms: ['HS256'] });
  } catch (error) {
    return null;
  }
  if (verified.size >= verified_max) verified.delete(verified.keys().next().value);
  verified.set(header, claims);
  return claims;
}

module.exports = { sign, claims_of };
