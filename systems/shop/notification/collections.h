// What the notification service stores, besides the mails of its outbox.
#pragma once

#include "portico/store/store.h"
#include "systems/shop/notification/api.h"

namespace shop::notification {

// How often sending a notification has failed; gone once it is sent.
struct FailedTries {
  Id<FailedTries> id;  // the notification's id
  int64_t count = 0;
};
PORTICO_DESCRIBE(FailedTries, id, count)

// The idempotency key of a notification that its user has removed: what asks for it again gets none.
struct RemovedKey {
  Id<RemovedKey> id;  // the notification's id
  Text<1, 200> key;
};
PORTICO_DESCRIBE(RemovedKey, id, key)

struct Collections {
  explicit Collections(Store& store)
      : notifications(store.collection<Notification>(
            {index(&Notification::user_id, &Notification::created_at, &Notification::is_read),
             index(&Notification::status, &Notification::created_at),
             unique(&Notification::idempotency_key)})),
        failed_tries(store.collection<FailedTries>()),
        removed_keys(store.collection<RemovedKey>({unique(&RemovedKey::key)})) {}

  Collection<Notification> notifications;
  Collection<FailedTries> failed_tries;
  Collection<RemovedKey> removed_keys;
};

}  // namespace shop::notification
