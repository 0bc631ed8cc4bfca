// Taking notifications in: stored and queued in one unit, once a key.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/notification/collections.h"

namespace shop::notification {

// Stores the notification and publishes NotificationQueued, unless its user has one of the same template and
// key: that one is returned then. What its user has removed is not made again.
Task<Notification> enqueue(Unit& unit, const Collections& in, Notification notification);

class Queue {
 public:
  Queue(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<Notification> send(Call& call, NewNotification input);
  // Throws when something has waited for longer than trying takes.
  Task<void> check(Call& call);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::notification
