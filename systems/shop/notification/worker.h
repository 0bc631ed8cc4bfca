// Sending what is queued, by the notification's type.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/notification/collections.h"
#include "systems/shop/notification/providers.h"

namespace shop::notification {

// Three tries, 2 s and 4 s apart at most (full jitter); those that fail because a neighbour is down do not
// count for a day. Few at once, so that a slow mail server lets each of them come to its end within the time.
SubscribeOptions sending_options();

class Worker {
 public:
  Worker(Store& store, const Collections& collections, const Providers& providers, Client<user::Api> users,
         Metrics& metrics);
  void serve(Service& service);

 private:
  // At least once: what is sent already is left alone. After the last try the notification has failed; a
  // replayed dead letter tries again.
  Task<void> process(Call& call, NotificationQueued event);

  // The provider's id; empty where nothing leaves.
  Task<std::string> send(Call& call, const Notification& notification);
  Task<bool> is_unwanted(Call& call, const Notification& notification);
  Task<void> note_skipped(Call& call, Id<Notification> id);
  Task<void> note_sent(Call& call, const Notification& notification, std::string external_id);
  Task<void> note_failure(Call& call, const Notification& notification, Error error);

  Store& store_;
  const Collections& in_;
  const Providers& providers_;
  Client<user::Api> users_;
  Counter &sent_, &failed_, &skipped_;
};

}  // namespace shop::notification
