'use strict';

const bcrypt = require('bcryptjs');
const { create, handle, listen, failure } = require('./app');
const { sign, require_user, require_internal } = require('./auth');
const { connect } = require('./database');
const settings = require('./settings');

const query = connect('user_service');
const app = create('user');

const columns = `id, first_name AS "firstName", last_name AS "lastName", email, role,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

async function find(id) {
  const [user] = await query(`SELECT ${columns} FROM users WHERE id = $1`, [id]);
  if (!user) throw failure(404, 'User not found');
  return user;
}

app.post(
  '/api/users/register',
  handle(async (req, res) => {
    const { firstName, lastName, email, password } = req.body;
    if (
      ![firstName, lastName, email, password].every((text) => typeof text === 'string' && text.length > 1)
    ) {
      throw failure(400, 'firstName, lastName, email and password are required');
    }
    const hash = await bcrypt.hash(password, settings.bcrypt_rounds);
    const [user] = await query(
      `INSERT INTO users (first_name, last_name, email, password) VALUES ($1, $2, lower($3), $4)
     ON CONFLICT (email) DO NOTHING RETURNING ${columns}`,
      [firstName, lastName, email, hash],
    );
    if (!user) throw failure(409, 'Email is already registered');
    res.status(201).json({ success: true, message: 'User registered', data: { user, token: sign(user) } });
  }),
);

app.post(
  '/api/users/login',
  handle(async (req, res) => {
    const { email, password } = req.body;
    const [found] = await query(`SELECT ${columns}, password FROM users WHERE email = lower($1)`, [
      String(email),
    ]);
    if (!found || !(await bcrypt.compare(String(password), found.password))) {
      throw failure(401, 'Invalid email or password');
    }
    const { password: hash, ...user } = found;
    res.json({ success: true, message: 'Login successful', data: { user, token: sign(user) } });
  }),
);

app.get(
  '/api/users/profile',
  require_user,
  handle(async (req, res) => {
    res.json({ success: true, message: 'Profile', data: { user: await find(req.user.userId) } });
  }),
);

app.get(
  '/api/users/internal/:userId',
  require_internal,
  handle(async (req, res) => {
    res.json({ success: true, message: 'User', data: { user: await find(req.params.userId) } });
  }),
);

listen(app, 'user');
