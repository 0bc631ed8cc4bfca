// What users do with their notifications: reading, marking, removing.
#pragma once

#include "portico/service/service.h"
#include "systems/shop/notification/collections.h"

namespace shop::notification {

class Inbox {
 public:
  Inbox(Store& store, const Collections& collections) : store_(store), in_(collections) {}
  void serve(Service& service);

 private:
  Task<std::vector<Notification>> list(Call& call, OfUser input);
  Task<std::vector<Notification>> list_unread(Call& call, OfUser input);
  Task<Count> count_unread(Call& call, OfUser input);
  Task<Notification> mark_read(Call& call, ById<Notification> input);
  Task<Notification> mark_unread(Call& call, ById<Notification> input);
  Task<Nothing> remove(Call& call, ById<Notification> input);

  Task<std::vector<Notification>> page(Call& call, OfUser input, bool unread_only);
  Task<Notification> mark(Call& call, Id<Notification> id, bool read);
  // The caller's own notification; throws not_found or forbidden.
  Task<Notification> own(Unit& unit, Id<Notification> id);

  Store& store_;
  const Collections& in_;
};

}  // namespace shop::notification
