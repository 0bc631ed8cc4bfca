'use strict';

const { create, handle, listen, failure } = require('./app');
const { require_internal } = require('./auth');
const { connect } = require('./database');

const query = connect('notification_service');
const app = create('notification');

const kinds = new Set(['email', 'sms', 'push']);
const columns = `id, user_id AS "userId", title, description, notification_type AS "notificationType", status,
  is_read AS "isRead", created_at AS "createdAt"`;

// The workshop queues in Redis; a queue in memory is cheaper and loses its jobs with the process.
const jobs = [];
let working = false;

async function work() {
  working = true;
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    try {
      await query(`UPDATE notifications SET status = 'sent', sent_at = now() WHERE id = $1`, [job.id]);
    } catch (error) {
      console.error('notification job failed:', error.message);
    }
  }
  working = false;
}

app.post(
  '/api/notifications',
  require_internal,
  handle(async (req, res) => {
    const { userId, title, description, notificationType } = req.body;
    if (!userId || !title || !description || !kinds.has(notificationType)) {
      throw failure(400, 'userId, title, description and notificationType are required');
    }
    const [notification] = await query(
      `INSERT INTO notifications (user_id, title, description, notification_type) VALUES ($1, $2, $3, $4)
     RETURNING ${columns}`,
      [userId, title, description, notificationType],
    );
    jobs.push({ id: notification.id });
    if (!working) work();
    res.status(201).json({ success: true, message: 'Notification queued', data: notification });
  }),
);

listen(app, 'notification');
