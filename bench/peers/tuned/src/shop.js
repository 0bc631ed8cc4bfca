'use strict';

const bcrypt = require('bcryptjs');
const express = require('express');
const database = require('./database');
const { sign, claims_of } = require('./tokens');
const { failure, read_json, send, send_failure, handle } = require('./web');

const internal_key = process.env.INTERNAL_API_KEY || 'workshop_internal_key_2023';
const items_max = 100;
const id_pattern = /^[0-9]{1,18}$/;

function require_internal(req) {
  if (req.headers['x-internal-key'] !== internal_key) throw failure(401, 'Internal authentication required');
}

function require_user(req) {
  const claims = claims_of(req.headers.authorization);
  if (claims === null) throw failure(401, 'Invalid token');
  return claims.userId;
}

// Product ids and quantities, one line a product, in ascending order of the products.
function lines_of(body) {
  const { items } = body;
  if (!Array.isArray(items) || items.length === 0 || items.length > items_max) {
    throw failure(400, `items must be a list of 1 to ${items_max}`);
  }
  const lines = new Map();
  for (const item of items) {
    const id = String(item?.productId ?? '');
    if (!Number.isInteger(item?.quantity) || item.quantity < 1 || item.quantity > 1e6) {
      throw failure(400, 'quantity must be an integer of at least 1');
    }
    if (!id_pattern.test(id)) throw failure(404, `Product ${id} not found`);
    lines.set(id, (lines.get(id) ?? 0) + item.quantity);
  }
  return [...lines].sort(([left], [right]) => (BigInt(left) < BigInt(right) ? -1 : 1));
}

async function place(user, lines) {
  if (lines.length === 1) {
    const rows = await database.place_one(user, lines[0][0], lines[0][1]);
    if (rows.length === 1) return rows;
  }
  // Also says what was wrong when the single statement wrote nothing.
  return database.place_several(
    user,
    lines.map(([id]) => id),
    lines.map(([, quantity]) => quantity),
  );
}

function order_of(user, rows) {
  return {
    id: rows[0].order_id,
    userId: user,
    status: 'confirmed',
    totalAmount: rows[0].total,
    createdAt: rows[0].created_at,
    items: rows.map((row) => ({
      id: row.item_id,
      orderId: row.order_id,
      productId: row.product_id,
      quantity: row.quantity,
      price: row.price,
      product: {
        id: row.product_id,
        name: row.name,
        price: row.price,
        currency: row.currency,
        stock: row.stock,
      },
    })),
  };
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.disable('query parser');

app.post(
  '/api/orders',
  handle(async (req, res) => {
    const user = require_user(req);
    const rows = await place(user, lines_of(await read_json(req)));
    send(res, 201, { success: true, message: 'Order created', data: { order: order_of(user, rows) } });
  }),
);

app.get(
  '/api/products/:id',
  handle(async (req, res) => {
    const { id } = req.params;
    const [product] = id_pattern.test(id) ? await database.product(id) : [];
    if (product === undefined) throw failure(404, `Product ${id} not found`);
    send(res, 200, { success: true, message: 'Product', data: { product } });
  }),
);

app.post(
  '/api/users/register',
  handle(async (req, res) => {
    const { firstName, lastName, email, password } = await read_json(req);
    if (
      ![firstName, lastName, email, password].every((text) => typeof text === 'string' && text.length > 1)
    ) {
      throw failure(400, 'firstName, lastName, email and password are required');
    }
    const [user] = await database.add_user(firstName, lastName, email, await bcrypt.hash(password, 10));
    if (user === undefined) throw failure(409, 'Email is already registered');
    send(res, 201, { success: true, message: 'User registered', data: { user, token: sign(user) } });
  }),
);

app.post(
  '/api/users/login',
  handle(async (req, res) => {
    const { email, password } = await read_json(req);
    const [found] = await database.user_by_email(String(email));
    if (found === undefined || !(await bcrypt.compare(String(password), found.password))) {
      throw failure(401, 'Invalid email or password');
    }
    const { password: hash, ...user } = found;
    send(res, 200, { success: true, message: 'Login successful', data: { user, token: sign(user) } });
  }),
);

app.post(
  '/api/categories',
  handle(async (req, res) => {
    require_internal(req);
    const { name, description = '' } = await read_json(req);
    const [category] = await database.add_category(name, description);
    if (category === undefined) throw failure(409, 'Category exists');
    send(res, 201, { success: true, message: 'Category created', data: { category } });
  }),
);

app.post(
  '/api/products',
  handle(async (req, res) => {
    require_internal(req);
    const { name, description = '', price, categoryId, stock, tags = [] } = await read_json(req);
    const [product] = await database.add_product(categoryId, name, description, price, stock, tags);
    send(res, 201, { success: true, message: 'Product created', data: { product } });
  }),
);

app.get('/health', (req, res) => send(res, 200, { success: true, message: 'healthy' }));
app.use((req, res) => send(res, 404, { success: false, error: 'Not found' }));
app.use((error, req, res, next) => send_failure(res, error));

const port = Number(process.env.PORT || 3003);
const server = app.listen(port, '127.0.0.1', () => console.log(`shop on port ${port}`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
