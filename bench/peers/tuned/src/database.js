'use strict';

const { Pool, types } = require('pg');

types.setTypeParser(types.builtins.NUMERIC, Number);

// More connections than PostgreSQL can work on at once only add context switches; these keep it busy while
// others wait for the disk, and share its flushes.
const pool = new Pool({
  host: process.env.DB_HOST || '127.0.0.1',
  port: Number(process.env.DB_PORT || 5432),
  user: 'postgres',
  database: process.env.DB_NAME || 'shop',
  max: Number(process.env.DB_POOL || 16),
  idleTimeoutMillis: 0,
  options: '-c plan_cache_mode=force_generic_plan',
});

const failures = { SH401: 401, SH404: 404, SH409: 409 };

// A named statement: parsed and planned once a connection.
function statement(name, text) {
  return async (...values) => {
    try {
      return (await pool.query({ name, text, values })).rows;
    } catch (error) {
      if (failures[error.code] !== undefined) error.status = failures[error.code];
      throw error;
    }
  };
}

const product_columns = `id, category_id AS "categoryId", name, description, price, currency, stock, tags`;

module.exports = {
  add_user: statement(
    'add_user',
    `INSERT INTO users (first_name, last_name, email, password) VALUES ($1, $2, lower($3), $4)
     ON CONFLICT (email) DO NOTHING
     RETURNING id, first_name AS "firstName", last_name AS "lastName", email, role`,
  ),
  user_by_email: statement(
    'user_by_email',
    `SELECT id, first_name AS "firstName", last_name AS "lastName", email, role, password
     FROM users WHERE email = lower($1)`,
  ),
  add_category: statement(
    'add_category',
    `INSERT INTO categories (name, description) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING
     RETURNING id, name, description`,
  ),
  add_product: statement(
    'add_product',
    `INSERT INTO products (category_id, name, description, price, stock, tags)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${product_columns}`,
  ),
  product: statement('product', `SELECT ${product_columns} FROM products WHERE id = $1`),

  // An order of one product, all of it in one statement and so in one transaction and one round trip: no row
  // when the user or the product is missing or the stock is too small, and then nothing is written.
  place_one: statement(
    'place_one',
    `WITH sold AS (
       UPDATE products SET stock = stock - $3::integer
       WHERE id = $2 AND stock >= $3::integer AND EXISTS (SELECT FROM users WHERE id = $1)
       RETURNING id, name, price, stock, currency),
     placed AS (
       INSERT INTO orders (user_id, status, total_amount)
       SELECT $1, 'confirmed', price * $3::integer FROM sold
       RETURNING id, total_amount, created_at),
     item AS (
       INSERT INTO order_items (order_id, product_id, quantity, price)
       SELECT placed.id, sold.id, $3::integer, sold.price FROM placed, sold RETURNING id),
     note AS (
       INSERT INTO notifications (user_id, title, description, notification_type)
       SELECT $1, 'Order Confirmation', 'Order #' || id || ' is placed. Total: $' || total_amount, 'email'
       FROM placed)
     SELECT placed.id AS order_id, placed.created_at, placed.total_amount AS total, item.id AS item_id,
       sold.id AS product_id, $3::integer AS quantity, sold.price, sold.name, sold.stock, sold.currency
     FROM placed, item, sold`,
  ),
  place_several: statement('place_several', 'SELECT * FROM place_order($1, $2, $3)'),
};
