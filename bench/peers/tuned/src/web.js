'use strict';

const body_bytes_max = 64 * 1024;

function failure(status, message) {
  return Object.assign(new Error(message), { status });
}

// The JSON body. Small bodies come in one chunk, which is parsed as it is: several times cheaper than
// express.json().
function read_json(req) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    req.on('data', (chunk) => {
      size += chunk.length;
      if (size <= body_bytes_max) chunks.push(chunk);
    });
    req.on('error', reject);
    req.on('end', () => {
      if (size > body_bytes_max) return reject(failure(413, 'Body too large'));
      try {
        const body = JSON.parse(
          chunks.length === 1 ? chunks[0].toString() : Buffer.concat(chunks).toString(),
        );
        if (body === null || typeof body !== 'object') throw new Error('not an object');
        resolve(body);
      } catch (error) {
        reject(failure(400, 'Body must be a JSON object'));
      }
    });
  });
}

function send(res, status, value) {
  const text = JSON.stringify(value);
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  res.end(text);
}

function send_failure(res, error) {
  const status = error.status || 500;
  if (status === 500) console.error(error);
  send(res, status, { success: false, error: status === 500 ? 'Internal server error' : error.message });
}

// An express handler from an async function; what it throws becomes an answer.
function handle(handler) {
  return (req, res) => {
    handler(req, res).catch((error) => send_failure(res, error));
  };
}

module.exports = { failure, read_json, send, send_failure, handle };
