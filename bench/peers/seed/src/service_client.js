'use strict';

const http = require('node:http');
const axios = require('axios');
const settings = require('./settings');

// An answer of another service that is not a success, with its own status and text.
class ServiceError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Calls to one service. As written: axios with its defaults. TUNED=1: an agent of its own that keeps
// connections and takes the most recently used one, and no redirect layer.
class ServiceClient {
  constructor(name) {
    const options = {
      baseURL: settings.service_url(name),
      timeout: 5000,
      headers: { 'Content-Type': 'application/json', 'X-Internal-Key': settings.internal_key },
    };
    if (settings.tuned) {
      options.httpAgent = new http.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' });
      options.maxRedirects = 0;
      options.proxy = false;
    }
    this.name = name;
    this.client = axios.create(options);
  }

  // The token goes with the call: set on the shared client it would leak into other users' calls.
  async call(method, url, { data, token } = {}) {
    const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
    try {
      const response = await this.client.request({ method, url, data, headers });
      return response.data;
    } catch (error) {
      if (error.response) {
        throw new ServiceError(error.response.status, error.response.data?.error || 'Service call failed');
      }
      throw new ServiceError(503, `${this.name} service unavailable`);
    }
  }

  get(url, options) {
    return this.call('get', url, options);
  }

  post(url, data) {
    return this.call('post', url, { data });
  }

  put(url, data) {
    return this.call('put', url, { data });
  }
}

module.exports = { ServiceClient, ServiceError };
