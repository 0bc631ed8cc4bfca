'use strict';

const crypto = require('node:crypto');
const jwt = require('jsonwebtoken');
const settings = require('./settings');

// One secret for all services: with one secret a service, as the workshop's files have it, the order service
// could never accept the user service's token.
const key = settings.tuned ? crypto.createSecretKey(Buffer.from(settings.jwt_secret)) : settings.jwt_secret;

function sign(user) {
  return jwt.sign({ userId: user.id, email: user.email, role: user.role }, key, {
    algorithm: 'HS256',
    subject: user.id,
    expiresIn: settings.jwt_expires_in,
  });
}

function require_user(req, res, next) {
  const header = req.headers.authorization || '';
  if (!header.startsWith('Bearer ')) {
    return res.status(401).json({ success: false, error: 'Access token required' });
  }
  try {
    req.token = header.slice(7);
    req.user = jwt.verify(req.token, key, { algorithms: ['HS256'] });
  } catch (error) {
    return res.status(401).json({ success: false, error: 'Invalid token' });
  }
  next();
}

function require_internal(req, res, next) {
  if (req.headers['x-internal-key'] !== settings.internal_key) {
    return res.status(401).json({ success: false, error: 'Internal authentication required' });
  }
  next();
}

module.exports = { sign, require_user, require_internal };
