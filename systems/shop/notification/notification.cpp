#include "systems/shop/notification/notification.h"

#include "portico/host/system.h"
#include "systems/shop/notification/dev_mail.h"
#include "systems/shop/notification/inbox.h"
#include "systems/shop/notification/preferences.h"
#include "systems/shop/notification/queue.h"
#include "systems/shop/notification/subscriptions.h"
#include "systems/shop/notification/worker.h"

namespace shop::notification {

PORTICO_API_DEFINITION(Api)

namespace {

// The service's parts, which share its collections and providers.
class NotificationService {
 public:
  explicit NotificationService(ServiceParts& parts)
      : collections_(parts.store()),
        providers_(parts),
        queue_(parts.store(), collections_),
        inbox_(parts.store(), collections_),
        preferences_(parts.store(), collections_),
        worker_(parts.store(), collections_, providers_, parts.client<user::Api>("user"),
                parts.observer().metrics),
        subscriptions_(collections_, providers_, parts.code_key(), parts.config().text("mail.admin"),
                       parts.config().text("mail.login_url")),
        dev_mail_(providers_, parts.config().text("mail.login_url")) {
    queue_.serve(parts.service());
    inbox_.serve(parts.service());
    preferences_.serve(parts.service());
    worker_.serve(parts.service());
    subscriptions_.serve(parts.service());
    dev_mail_.serve(parts.service());
  }

 private:
  Collections collections_;
  Providers providers_;
  Queue queue_;
  Inbox inbox_;
  OwnPreferences preferences_;
  Worker worker_;
  Subscriptions subscriptions_;
  DevMail dev_mail_;
};

}  // namespace

std::shared_ptr<void> make_service(ServiceParts& parts) {
  return std::make_shared<NotificationService>(parts);
}

}  // namespace shop::notification
