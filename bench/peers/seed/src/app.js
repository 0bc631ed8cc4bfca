'use strict';

const express = require('express');
const settings = require('./settings');

// The parts every service has: JSON bodies, a health route, errors as JSON, listening and stopping.
function create(name) {
  const app = express();
  app.use(express.json());
  app.get('/health', (req, res) => {
    res.json({ success: true, message: `${name} service is healthy`, timestamp: new Date().toISOString() });
  });
  return app;
}

// Hands what an async handler throws to the error handler, which express 4 does not do.
function handle(handler) {
  return (req, res, next) => handler(req, res).catch(next);
}

function listen(app, name) {
  app.use((req, res) => res.status(404).json({ success: false, error: 'Not found' }));
  app.use((error, req, res, next) => {
    const status = error.status || 500;
    if (status === 500) console.error(error);
    res
      .status(status)
      .json({ success: false, error: status === 500 ? 'Internal server error' : error.message });
  });
  const port = Number(process.env.PORT || settings.ports[name]);
  const server = app.listen(port, '127.0.0.1', () => console.log(`${name} service on port ${port}`));
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

function failure(status, message) {
  return Object.assign(new Error(message), { status });
}

module.exports = { create, handle, listen, failure };
