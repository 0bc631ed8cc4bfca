'use strict';

// Every environment name the four services read, with the workshop's defaults.
const tuned = process.env.TUNED === '1';

const ports = { user: 3001, product: 3002, order: 3003, notification: 3004 };

function service_url(name) {
  return process.env[`${name.toUpperCase()}_SERVICE_URL`] || `http://127.0.0.1:${ports[name]}`;
}

module.exports = {
  tuned,
  ports,
  service_url,
  jwt_secret: process.env.JWT_SECRET || 'workshop_shared_jwt_secret_key_32_bytes',
  jwt_expires_in: process.env.JWT_EXPIRES_IN || '24h',
  internal_key: process.env.INTERNAL_API_KEY || 'workshop_internal_key_2023',
  bcrypt_rounds: 10,
};
