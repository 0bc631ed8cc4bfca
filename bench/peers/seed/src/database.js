'use strict';

const { Pool, types } = require('pg');
const { tuned } = require('./settings');

// Prices are numeric in the tables and numbers in JSON.
types.setTypeParser(types.builtins.NUMERIC, Number);

// A query function over a pool. TUNED=1 gives every text a name, so that PostgreSQL parses and plans it once
// a connection.
function connect(database) {
  const pool = new Pool({
    host: process.env.DB_HOST || '127.0.0.1',
    port: Number(process.env.DB_PORT || 5432),
    user: process.env.DB_USERNAME || 'postgres',
    password: process.env.DB_PASSWORD || 'password',
    database: process.env.DB_NAME || database,
  });
  const names = new Map();
  return async function query(text, values) {
    if (!tuned) return (await pool.query(text, values)).rows;
    let name = names.get(text);
    if (name === undefined) {
      name = `statement_${names.size}`;
      names.set(text, name);
    }
    return (await pool.query({ name, text, values })).rows;
  };
}

module.exports = { connect };
