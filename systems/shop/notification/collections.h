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
  std::optional<Id<User>> user_id;  // absent in rows from before keys were a user's own
  std::string template_name;        // empty likewise
};
PORTICO_DESCRIBE(RemovedKey, id, key, user_id, template_name)

// A user who has said what they want; all others want everything.
struct StoredPreferences {
  Id<User> id;
  Preferences wanted;
  Time updated_at;
};
PORTICO_DESCRIBE(StoredPreferences, id, wanted, updated_at)

struct Collections {
  explicit Collections(Store& store)
      : notifications(store.collection<Notification>(
            {index(&Notification::user_id, &Notification::created_at, &Notification::is_read),
             index(&Notification::status, &Notification::created_at),
             unique(&Notification::user_id, &Notification::template_name, &Notification::idempotency_key)})),
        failed_tries(store.collection<FailedTries>()),
        removed_keys(store.collection<RemovedKey>(
            {unique(&RemovedKey::key, &RemovedKey::user_id, &RemovedKey::template_name)})),
        preferences(store.collection<StoredPreferences>()) {}

  Collection<Notification> notifications;
  Collection<FailedTries> failed_tries;
  Collection<RemovedKey> removed_keys;
  Collection<StoredPreferences> preferences;
};

}  // namespace shop::notification
