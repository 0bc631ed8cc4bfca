'use strict';

const { create, handle, listen, failure } = require('./app');
const { require_internal } = require('./auth');
const { connect } = require('./database');

const query = connect('product_service');
const app = create('product');

const columns = `id, category_id AS "categoryId", name, description, price, currency, stock, tags,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

function id_of(req) {
  if (!/^[0-9]{1,18}$/.test(req.params.id)) throw failure(404, `Product ${req.params.id} not found`);
  return req.params.id;
}

async function find(id) {
  const [product] = await query(`SELECT ${columns} FROM products WHERE id = $1`, [id]);
  if (!product) throw failure(404, `Product ${id} not found`);
  return product;
}

app.post(
  '/api/categories',
  require_internal,
  handle(async (req, res) => {
    const { name, description = '' } = req.body;
    if (typeof name !== 'string' || name === '') throw failure(400, 'name is required');
    const [category] = await query(
      `INSERT INTO categories (name, description) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING
     RETURNING id, name, description, created_at AS "createdAt"`,
      [name, description],
    );
    if (!category) throw failure(409, 'Category exists');
    res.status(201).json({ success: true, message: 'Category created', data: { category } });
  }),
);

app.post(
  '/api/products',
  require_internal,
  handle(async (req, res) => {
    const { name, description = '', price, categoryId, stock, tags = [] } = req.body;
    if (typeof name !== 'string' || name === '' || !(price > 0) || !Number.isInteger(stock) || stock < 0) {
      throw failure(400, 'name, price above 0 and stock of at least 0 are required');
    }
    const [product] = await query(
      `INSERT INTO products (category_id, name, description, price, stock, tags)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
      [categoryId, name, description, price, stock, tags],
    );
    res.status(201).json({ success: true, message: 'Product created', data: { product } });
  }),
);

app.get(
  '/api/products/:id',
  handle(async (req, res) => {
    res.json({ success: true, message: 'Product', data: { product: await find(id_of(req)) } });
  }),
);

app.put(
  '/api/products/:id/stock',
  require_internal,
  handle(async (req, res) => {
    const id = id_of(req);
    const { quantity } = req.body;
    if (!Number.isInteger(quantity)) throw failure(400, 'quantity must be an integer');
    const [product] = await query(
      `UPDATE products SET stock = stock + $2, updated_at = now()
     WHERE id = $1 AND stock + $2 >= 0 RETURNING ${columns}`,
      [id, quantity],
    );
    if (!product) {
      const { name, stock } = await find(id);
      throw failure(
        409,
        `Insufficient stock for product ${name}. Available: ${stock}, Requested: ${-quantity}`,
      );
    }
    res.json({ success: true, message: 'Stock updated', data: { product } });
  }),
);

listen(app, 'product');
